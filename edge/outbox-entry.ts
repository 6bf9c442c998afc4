// What the worker hands to an outbox, and what became of it.
import type { ProblemCode } from "../sdk/problem.ts";

interface Admitted {
  /** Tenant, campaign and reader. */
  readonly reader: string;
  /** Unix milliseconds. */
  readonly admittedAt: number;
  /** The JSON of an `EdgeRecord`. */
  readonly record: string;
  /** What the reader is answered, now and to a repeat: a JWS, or for a request and events the instant of admission. */
  readonly receipt: string;
  /** The traceparent of the span that keeps it, where its way is traced. */
  readonly trace?: string;
}

interface Named extends Admitted {
  readonly submissionId: string;
  /** Of all that the reader sent. */
  readonly contentSha256: string;
}

/** What a reader consented to as it was sent: an answer from the page, one from inside a mail, preferences. */
export interface ConsentedEntry extends Named {
  readonly kind: "answer" | "choices" | "preferences";
  /** Unix milliseconds. */
  readonly givenAt: number;
  /** Of a test send: no haste is seen in it. */
  readonly test: boolean;
}

export interface RequestEntry extends Named {
  readonly kind: "request";
  /** Nothing given until now may follow it. */
  readonly withdraws: boolean;
  /** It gives nothing: no rate may refuse it. */
  readonly takesBack: boolean;
}

export interface WithdrawalEntry extends Admitted {
  readonly kind: "withdrawal";
}

/** What a reader did. Not remembered here: the region's server tells a repeat by its id. */
export interface EventsEntry extends Admitted {
  readonly kind: "events";
  /** Of the consent, Unix milliseconds. */
  readonly givenAt: number;
}

export type Entry = ConsentedEntry | RequestEntry | WithdrawalEntry | EventsEntry;

/** `confirm`: the answer is held (SPEC §3.13). */
export type Outcome =
  | { readonly status: "stored"; readonly confirm?: true }
  | { readonly status: "seen"; readonly receipt: string; readonly confirm?: true }
  | {
      readonly status: "refused";
      readonly code: ProblemCode;
      readonly retryAfterSeconds?: number;
    };

/** One of `IntakeBatch.entries` as JSON. The record is this edge's own JSON, a receipt needs no escape. */
export const entryText = ({ record, receipt, trace }: Entry): string =>
  trace === undefined
    ? `{"record":${record},"receipt":"${receipt}"}`
    : `{"record":${record},"receipt":"${receipt}","trace":"${trace}"}`;
