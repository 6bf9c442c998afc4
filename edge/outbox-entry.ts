// What the worker hands to an outbox, and what became of it.
import type { ProblemCode } from "../sdk/problem.ts";

/** An answer as the worker admitted it; instants in Unix milliseconds. */
export interface AnswerEntry {
  readonly kind: "answer";
  /** Tenant, campaign and reader. */
  readonly reader: string;
  readonly submissionId: string;
  /** Of all that the reader sent. */
  readonly contentSha256: string;
  readonly givenAt: number;
  readonly admittedAt: number;
  /** The JSON of a `SealedRecord`. */
  readonly record: string;
  /** JWS */
  readonly receipt: string;
}

export interface WithdrawalEntry {
  readonly kind: "withdrawal";
  readonly reader: string;
  readonly admittedAt: number;
  /** The JSON of a `WithdrawalRecord`. */
  readonly record: string;
  readonly receipt: string;
}

export type Entry = AnswerEntry | WithdrawalEntry;

export type Outcome =
  | { readonly status: "stored" }
  | { readonly status: "seen"; readonly receipt: string }
  | {
      readonly status: "refused";
      readonly code: ProblemCode;
      readonly retryAfterSeconds?: number;
    };

/** One of `IntakeBatch.entries` as JSON. The record is this edge's own JSON, a receipt needs no escape. */
export const entryText = ({ record, receipt }: Entry): string =>
  `{"record":${record},"receipt":"${receipt}"}`;
