// What becomes of a record that a region acknowledges from its stream: SPEC §4.1 step 6, by the region's own memory.
import { hash } from "node:crypto";
import { canonicalBytes } from "../sdk/canonical.ts";
import { eventLimits } from "../sdk/events.ts";
import type { Invitation } from "../sdk/invitation.ts";
import type { ProblemCode } from "../sdk/problem.ts";
import {
  EdgeRecord,
  type ChoicesRecord,
  type EventsRecord,
  type PreferencesRecord,
  type RequestRecord,
  type SealedRecord,
  type WithdrawalRecord,
} from "../sdk/schema/record.ts";
import { readerHourlyMax, requestsHourlyMax } from "../sdk/schema/submission.ts";
import { readerDigest, type SeenRow, type SeenRows } from "./seen-rows.ts";

const hourMs = 60 * 60 * 1000;

export interface Candidate {
  readonly record: EdgeRecord;
  readonly receipt: string;
  readonly invitation: Invitation;
  /** The traceparent under which the edge kept it. */
  readonly trace?: string | undefined;
}

/** `confirm`: the answer is held (SPEC §3.13). */
export type Decision =
  | { readonly kind: "new"; readonly record: EdgeRecord; readonly confirm: boolean }
  | {
      readonly kind: "repeat";
      readonly receipt: string;
      /** Present while its append is not known to have succeeded: append it again. */
      readonly record: EdgeRecord | undefined;
      readonly confirm: boolean;
    }
  | { readonly kind: "refused"; readonly code: ProblemCode };

type Consented = SealedRecord | PreferencesRecord | ChoicesRecord;

/** What the reader sent: the edge's own ids, times and receipts differ from one try to the next. */
function contentOf(record: EdgeRecord): Uint8Array {
  switch (record.kind) {
    case "answer": {
      const { invitation, consent, envelope } = record;
      return digestOf({ invitation, consent, envelope });
    }
    case "preferences":
    case "events": {
      const { kind, invitation, consent, envelope } = record;
      return digestOf({ kind, invitation, consent, envelope });
    }
    case "choices": {
      const { kind, invitation, choices, consent } = record;
      const { notice, purposes, language } = consent;
      return digestOf({ kind, invitation, choices, notice, purposes, language });
    }
    case "request":
      return digestOf({ kind: record.kind, request: record.request });
    case "withdrawal":
      // It says nothing but that its reader withdraws.
      return hash("sha256", "withdrawal", "buffer");
  }
}

function digestOf(content: object): Uint8Array {
  return hash("sha256", canonicalBytes(content), "buffer");
}

/** What gives nothing: contents by which nothing that was taken back is given again. */
const takingBack: readonly Uint8Array[] = [
  digestOf({ kind: "request", request: "unsubscribe" }),
  digestOf({ kind: "request", request: "erase" }),
  hash("sha256", "withdrawal", "buffer"),
];

const isSame = (seen: SeenRow, content: Uint8Array): boolean =>
  Buffer.compare(seen.content, content) === 0;

const refused = (code: ProblemCode): Decision => ({ kind: "refused", code });

/** One decision, remembered with it; in the caller's transaction. */
export function decide(rows: SeenRows, candidate: Candidate): Decision {
  const { record } = candidate;
  const reader = readerDigest(candidate.invitation);
  switch (record.kind) {
    case "withdrawal":
      return decideWithdrawal(rows, reader, record, candidate);
    case "request":
      return decideRequest(rows, reader, record, candidate);
    case "events":
      return decideEvents(rows, reader, record);
    default:
      return decideConsented(rows, reader, record, candidate);
  }
}

/** Withdrawn, seen, rate, remember. */
function decideConsented(
  rows: SeenRows,
  reader: Uint8Array,
  record: Consented,
  candidate: Candidate,
): Decision {
  if (Date.parse(record.consent.givenAt) <= (rows.withdrawn(reader)?.at ?? -Infinity))
    return refused("consent-withdrawn");
  const known = knownOf(rows, reader, record);
  if (known !== undefined) return repeat(rows, reader, known, contentOf(record));
  const admittedAt = Date.parse(record.admittedAt);
  if (rows.countSince(reader, admittedAt - hourMs) >= readerHourlyMax)
    return refused("rate-limited");
  if (record.kind !== "preferences" && !candidate.invitation.test)
    rows.answered(reader, admittedAt, record.submissionId);
  return remember(rows, reader, candidate);
}

/** Withdrawn, rate. Not remembered: the warehouse tells a repeat by its id. */
function decideEvents(rows: SeenRows, reader: Uint8Array, record: EventsRecord): Decision {
  if (Date.parse(record.consent.givenAt) <= (rows.withdrawn(reader)?.at ?? -Infinity))
    return refused("consent-withdrawn");
  if (rows.watched(reader, Date.parse(record.admittedAt)) > eventLimits.batchesHourly)
    return refused("rate-limited");
  return { kind: "new", record, confirm: false };
}

/**
 * What this record repeats. The edge draws the id of choices anew with every try: the same content as what came from the
 * reader last is that once more. The same content after something else is a change of mind; and after an answer that is
 * held, where this one would not be, it is how a reader confirms inside the mail (SPEC §3.13).
 */
function knownOf(
  rows: SeenRows,
  reader: Uint8Array,
  record: Consented | RequestRecord,
): SeenRow | undefined {
  if (record.kind === "choices" || record.kind === "request") {
    const latest = rows.latest(reader);
    if (latest !== undefined && isSame(latest, contentOf(record))) {
      const confirms =
        record.kind === "choices" &&
        rows.isHeld(reader, latest.admittedAt, latest.submissionId) &&
        !rows.wouldBeHeld(reader, Date.parse(record.admittedAt));
      if (!confirms) return latest;
    }
  }
  return rows.seen(reader, record.submissionId);
}

/**
 * The edge names each withdrawal anew: one since whose last nothing came is that last one again. By what came last, not by
 * times: an edge's clock may have jumped between an answer and its withdrawal.
 */
function decideWithdrawal(
  rows: SeenRows,
  reader: Uint8Array,
  record: WithdrawalRecord,
  candidate: Candidate,
): Decision {
  const content = contentOf(record);
  const last = rows.withdrawn(reader);
  const seen = last && rows.seen(reader, last.submissionId);
  if (
    last !== undefined &&
    seen !== undefined &&
    isSame(seen, content) && // An erasure withdraws too.
    rows.latest(reader)?.submissionId === last.submissionId
  )
    return repeat(rows, reader, seen, content);
  const known = rows.seen(reader, record.submissionId);
  if (known !== undefined) return repeat(rows, reader, known, content);
  rows.withdraw(reader, Date.parse(record.admittedAt), record.submissionId);
  return remember(rows, reader, candidate);
}

function decideRequest(
  rows: SeenRows,
  reader: Uint8Array,
  record: RequestRecord,
  candidate: Candidate,
): Decision {
  const known = knownOf(rows, reader, record);
  if (known !== undefined) return repeat(rows, reader, known, contentOf(record));
  const admittedAt = Date.parse(record.admittedAt);
  if (rows.countSince(reader, admittedAt - hourMs) >= requestsHourlyMax) {
    if (record.request === "resubscribe") return refused("rate-limited");
    // To refuse what takes back would keep what is taken back: it is taken as long as it does not stand.
    const content = contentOf(record);
    const standing = rows.standing(reader, content, takingBack);
    if (standing !== undefined) return repeat(rows, reader, standing, content);
  }
  if (record.request === "erase") {
    rows.withdraw(reader, admittedAt, record.submissionId);
    rows.forgetAnswers(reader, admittedAt);
  }
  return remember(rows, reader, candidate);
}

function remember(rows: SeenRows, reader: Uint8Array, { record, receipt }: Candidate): Decision {
  rows.remember(reader, record, contentOf(record), receipt);
  const { submissionId, admittedAt } = record;
  const confirm = rows.isHeld(reader, Date.parse(admittedAt), submissionId);
  return { kind: "new", record, confirm };
}

function repeat(rows: SeenRows, reader: Uint8Array, seen: SeenRow, content: Uint8Array): Decision {
  if (!isSame(seen, content)) return refused("submission-reused");
  const { submissionId, receipt, admittedAt, pending } = seen;
  return {
    kind: "repeat",
    receipt,
    record: pending === undefined ? undefined : EdgeRecord.parse(JSON.parse(pending)),
    confirm: rows.isHeld(reader, admittedAt, submissionId),
  };
}
