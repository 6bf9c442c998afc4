// What waits for the region's server: the entries of one commit in one row, in the very words in which they will be sent.
import { intakeLimits, type IntakeResult } from "../sdk/schema/record.ts";
import { Parked } from "./parked.ts";

/** Beyond these a region is not taking its answers, and new ones are refused instead of piled up. */
export const queueLimits = {
  entries: 1_000_000,
  parked: 100_000,
  ageSeconds: 259_200,
  databaseBytes: 8_589_934_592,
} as const;

/** Beyond these the room that is left is for answers: no events are taken. */
const busy = { entries: 10_000, ageSeconds: 300, databaseBytes: 1_073_741_824 } as const;

/** From this size on what is only remembered makes room for what waits. */
const crowdedBytes = 6_442_450_944;

/** Entries in a row: at their largest, 16 KB, together half of what a row of a Durable Object may have. */
const segmentEntriesMax = 64;
/** What surrounds the entries in a batch's JSON. */
const batchOverheadBytes = 64;

/** A row: entries that were acknowledged together. */
export interface Segment extends Record<string, SqlStorageValue> {
  /** The first entry's number; the others follow it. */
  readonly first: number;
  readonly entries: number;
  /** The entries' JSON, a comma between them. */
  readonly text: string;
}

export interface Backlog {
  readonly waiting: number;
  /** Of the oldest that waits. */
  readonly ageSeconds: number;
  /** Refused by the region's server, kept for its operator. */
  readonly parked: number;
}

/** The entries of a segment, one by one. */
export const entriesOf = ({ text }: Segment): string[] =>
  (JSON.parse(`[${text}]`) as unknown[]).map((entry) => JSON.stringify(entry)); // This edge wrote it.

export class OutboxQueue {
  readonly parked: Parked;
  readonly #sql: SqlStorage;
  /**
   * The first number of the last row that the region's server has, while its deletion waits for the next write: an fsync of
   * its own would cost as much as the answers'. Forgotten with the object, and those rows are sent again, which adds nothing.
   */
  #takenThrough = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.parked = new Parked(sql);
  }

  /** Inside a transaction. `admittedAt` in Unix milliseconds. */
  append(entries: readonly string[], admittedAt: number): void {
    let first = this.#ends(0).next;
    for (let start = 0; start < entries.length; start += segmentEntriesMax) {
      const segment = entries.slice(start, start + segmentEntriesMax);
      this.#sql.exec(
        "INSERT INTO outbox VALUES (?, ?, ?, ?)",
        first,
        segment.length,
        admittedAt,
        segment.join(","),
      );
      first += segment.length;
    }
  }

  /** Entries are numbered without gaps, so that a million of them need not be counted. */
  #ends(after: number): { first: number; next: number; admittedAt: number | undefined } {
    const [last] = this.#sql.exec<{ next: number }>(
      "SELECT first + entries AS next FROM outbox ORDER BY first DESC LIMIT 1",
    );
    if (last === undefined) return { first: 1, next: 1, admittedAt: undefined };
    const oldest = this.#sql
      .exec<{ first: number; admitted_at: number }>(
        "SELECT first, admitted_at FROM outbox WHERE first > ? ORDER BY first LIMIT 1",
        after,
      )
      .next().value;
    return oldest === undefined
      ? { first: last.next, next: last.next, admittedAt: undefined }
      : { first: oldest.first, next: last.next, admittedAt: oldest.admitted_at };
  }

  /** How many entries wait. */
  get size(): number {
    const { first, next } = this.#ends(this.#takenThrough);
    return next - first;
  }

  backlog(now: number): Backlog {
    const { first, next, admittedAt } = this.#ends(this.#takenThrough);
    return {
      waiting: next - first,
      ageSeconds: Math.max(0, Math.floor((now - (admittedAt ?? now)) / 1000)),
      parked: this.parked.rows,
    };
  }

  isFull(now: number): boolean {
    const { waiting, ageSeconds, parked } = this.backlog(now);
    return (
      waiting >= queueLimits.entries ||
      ageSeconds >= queueLimits.ageSeconds ||
      parked >= queueLimits.parked ||
      this.#sql.databaseSize >= queueLimits.databaseBytes
    );
  }

  /** Whether the region is behind, long before it is full. */
  isBusy(now: number): boolean {
    const { waiting, ageSeconds } = this.backlog(now);
    return (
      waiting >= busy.entries ||
      ageSeconds >= busy.ageSeconds ||
      this.#sql.databaseSize >= busy.databaseBytes
    );
  }

  isCrowded(): boolean {
    return this.#sql.databaseSize >= crowdedBytes;
  }

  /** The oldest segments, as many as fit into one intake batch. */
  next(): Segment[] {
    const segments: Segment[] = [];
    let entries = 0;
    let bodyBytes = batchOverheadBytes;
    for (const segment of this.#sql.exec<Segment>(
      "SELECT first, entries, text FROM outbox WHERE first > ? ORDER BY first LIMIT ?",
      this.#takenThrough,
      intakeLimits.records,
    )) {
      entries += segment.entries;
      // Ids, times, base64url: an entry is ASCII.
      bodyBytes += segment.text.length + 1;
      if (entries > intakeLimits.records || bodyBytes > intakeLimits.bodyBytes) break;
      segments.push(segment);
    }
    return segments;
  }

  /** The region's server has all of `segments`, the oldest: they are deleted with the next write. */
  taken(segments: readonly Segment[]): void {
    this.#takenThrough = Math.max(this.#takenThrough, segments.at(-1)?.first ?? 0);
  }

  /** Whether a deletion waits for a write. */
  get hasTaken(): boolean {
    return this.#takenThrough > 0;
  }

  /** Inside a transaction, before anything is appended; `forgetTaken` is to follow once that has succeeded. */
  deleteTaken(): void {
    if (this.hasTaken) this.#sql.exec("DELETE FROM outbox WHERE first <= ?", this.#takenThrough);
  }

  /** Numbers begin anew in an empty table. */
  forgetTaken(): void {
    this.#takenThrough = 0;
  }

  /**
   * Inside a transaction: deletes `segments`, the oldest, and parks what the region's server will never take of them. One
   * result an entry, in order.
   */
  park(segments: readonly Segment[], results: readonly IntakeResult[], now: number): void {
    const entries = segments.flatMap(entriesOf);
    for (const [index, result] of results.entries())
      if (result.status === "refused") this.parked.add(result.code, entries[index] ?? "", now);
    this.#sql.exec("DELETE FROM outbox WHERE first <= ?", segments.at(-1)?.first ?? 0);
  }
}
