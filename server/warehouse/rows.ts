// What is written to the warehouse, before any engine's types. A sink offers `write(batch)`: all of it, or nothing.

import type { Region } from "../../sdk/region.ts";
import type { Event } from "../../sdk/schema/event.ts";
import type { PiiKind } from "../../sdk/schema/opened.ts";
import type { Channel } from "../../sdk/schema/record.ts";
import type { ActivityChange } from "../activities/rows.ts";
import type { StoredRecord } from "../stream/stream.ts";
import type { Waiting } from "./outgoing.ts";

/**
 * One value of one question, hidden field or calculated value: an option, a number, a text or a date. Of a constant sum an
 * option with its points; of a matrix `row:column`; of what a reader wrote in the place of an option, `other` with the text.
 */
export interface AnswerRow {
  readonly question: string;
  /** The place of the value among those of its question; in a ranking 0 is best. */
  readonly position: number;
  readonly option?: string;
  readonly number?: number;
  readonly text?: string;
  /** ISO 8601. */
  readonly date?: string;
  /** Of a text: what was recognised in it and stands there as `[kind]`. */
  readonly redacted?: readonly PiiKind[];
  /** Of a text: whether a recogniser that knows names has looked at it. */
  readonly cleared?: boolean;
  /** Of a text that was asked for as such: it stays in this warehouse, and is `[kind]` wherever it is published. */
  readonly contact?: "email" | "phone";
}

/** Whose record it is: the pseudonym is one campaign's. */
export interface ReaderOf {
  readonly tenant: number;
  readonly campaign: string;
  readonly reader: string;
}

/** Times in Unix milliseconds. `source` is the record as it lay on the stream, still sealed. */
export interface SubmissionRow extends ReaderOf {
  readonly kind: "submission";
  readonly source: StoredRecord;
  readonly submissionId: string;
  /** Names the sealed answer, so that a repeat is told from another answer under the same submissionId. */
  readonly envelopeSha256: Uint8Array;
  readonly receiptId: string;
  readonly revision: number;
  readonly test: boolean;
  readonly channel: Channel;
  readonly language: string;
  readonly notice: number;
  readonly purposes: readonly string[];
  readonly givenAt: number;
  readonly admittedAt: number;
  readonly outcome: string | undefined;
  /** Whether leave to record events was asked for and not given. */
  readonly refusesEvents: boolean;
  readonly answers: readonly AnswerRow[];
}

export interface WithdrawalRow extends ReaderOf {
  readonly kind: "withdrawal";
  readonly source: StoredRecord;
  readonly submissionId: string;
  readonly receiptId: string;
  readonly test: boolean;
  readonly admittedAt: number;
}

/** What a reader set on the preference page; `purposes` are all that the reader agrees to from then on. */
export interface PreferencesRow extends ReaderOf {
  readonly kind: "preferences";
  readonly source: StoredRecord;
  readonly submissionId: string;
  readonly envelopeSha256: Uint8Array;
  readonly receiptId: string;
  readonly revision: number;
  readonly test: boolean;
  readonly language: string;
  readonly notice: number;
  readonly purposes: readonly string[];
  /** Whether they still allow to count the reader's answers. */
  readonly consented: boolean;
  readonly refusesEvents: boolean;
  readonly givenAt: number;
  readonly admittedAt: number;
  readonly topics: readonly string[];
  readonly frequency: string | undefined;
}

export interface RequestRow extends ReaderOf {
  readonly kind: "request";
  readonly source: StoredRecord;
  readonly submissionId: string;
  readonly request: "unsubscribe" | "resubscribe" | "erase";
  readonly via: "page" | "header";
  readonly test: boolean;
  readonly admittedAt: number;
}

/** What a reader did on the page, one batch of it. */
export interface EventsRow extends ReaderOf {
  readonly source: StoredRecord;
  /** The batch's. */
  readonly submissionId: string;
  readonly revision: number;
  readonly test: boolean;
  readonly channel: Channel;
  readonly language: string;
  readonly notice: number;
  readonly givenAt: number;
  readonly admittedAt: number;
  readonly events: readonly Event[];
}

/** A record that could not be read; `code` is a problem's. */
export interface DeadLetterRow {
  readonly kind: "dead-letter";
  readonly code: string;
  readonly campaign: string | undefined;
  readonly source: StoredRecord;
}

/** A dead letter's name: where its record lies on the stream. */
export type DeadLetterId = Pick<StoredRecord, "partition" | "offset">;

export type Row = SubmissionRow | WithdrawalRow | PreferencesRow | RequestRow | DeadLetterRow;

export interface Batch {
  readonly rows: readonly Row[];
  /** Partition → offset after the last record that the rows come from; stored with them. */
  readonly nextOffsets: ReadonlyMap<number, bigint>;
  /** The rows come from dead letters: those that became something else are gone with the same commit. */
  readonly replay: boolean;
  /** Where set, what is stored is also put down in `outgoing`, to be published on this region's topics. */
  readonly publish?: Region;
}

/** An answer that counts, with its values. `admittedAt` in Unix milliseconds. */
export interface CurrentAnswer {
  readonly submissionId: string;
  readonly revision: number;
  readonly channel: string;
  readonly language: string;
  readonly outcome: string | undefined;
  readonly admittedAt: number;
  readonly answers: readonly AnswerRow[];
}

/** What holds of a reader from a commit on; of several of one reader that with the highest sequence. */
export interface ReaderChange extends ReaderOf {
  /** The number of the commit; it rises in the region. */
  readonly sequence: number;
  /** The answer that counts; undefined: none does. */
  readonly current: CurrentAnswer | undefined;
  /** Agreed to now, by whichever decided last, that answer or the preference page; empty where none counts. */
  readonly purposes: readonly string[];
  /** How many answers the reader's present consent covers. */
  readonly submissions: number;
  /** Whether they are all held (SPEC §3.13). */
  readonly held: boolean;
  /** Whether nothing was known of the reader before; undefined where more than one answer had to be weighed. */
  readonly isNew?: boolean;
}

/** What a commit put down to be published, so that its publisher need not read it back. */
export interface HandedOver {
  readonly commit: bigint;
  readonly waiting: readonly Waiting[];
  /** What waits of earlier commits may have been taken back with it. */
  readonly takesBack: boolean;
}

/** What a commit changed. */
export interface Written {
  readonly stored: readonly SubmissionRow[];
  /** Repeats, and what an erasure had already taken away. */
  readonly duplicates: number;
  readonly withdrawals: number;
  readonly preferences: number;
  readonly requests: readonly RequestRow[];
  /** Those of the batch, and submissions whose id was used before for another answer. */
  readonly deadLetters: readonly DeadLetterRow[];
  /** Campaigns whose results may have changed. */
  readonly campaigns: ReadonlySet<string>;
  /** What is to be published of it. */
  readonly outgoing?: HandedOver;
  /** Readers whose answer or consent may have changed, test sends never among them. */
  readonly readers: readonly ReaderChange[];
  /** Of whom activities were deleted, since they are no longer agreed to. */
  readonly activities: readonly ActivityChange[];
}
