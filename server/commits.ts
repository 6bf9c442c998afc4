// What was read, on its way into the warehouse: one commit after the other, each of all that came meanwhile, in the stream's
// order. The next records are read while one is under way. What is not committed when the process dies is still on the stream:
// offsets are committed with the rows.
import { Problem } from "../sdk/problem.ts";
import { faultOf, log } from "./log.ts";
import { backOffMs, pause } from "./stream/deliver.ts";
import { batchBytesMax, retryAfterSeconds, type StoredRecord } from "./stream/stream.ts";
import type { Row } from "./warehouse/rows.ts";

/** Rows that were read and are not committed: with so many nothing more is read. */
export const uncommittedRowsMax = 2_000;
/** The same of their records' bytes. */
export const uncommittedBytesMax = 4 * batchBytesMax;
/** Rows of one commit, but for the rest of the batch that reaches it. */
const commitRowsMax = 1_000;
/** And bytes of their records: what DuckDB has no memory for, it would refuse again and again. */
export const commitBytesMax = batchBytesMax;
/** A commit costs nearly the same for one row as for a hundred: after one, so many times as long as it took is waited … */
const restTimes = 4;
/** … and at most so long, or until a whole commit waits. */
const restMsMax = 250;

/** One delivered batch, read: a row for each record. */
export interface Taken {
  readonly records: readonly StoredRecord[];
  readonly rows: readonly Row[];
}

interface Waiter {
  /** Resolved with the commit of so many batches from the front. */
  batches: number;
  readonly resolve: () => void;
  readonly reject: (reason: Problem) => void;
}

const away = (): Problem => new Problem("region-unavailable", { retryAfterSeconds });

/** About what the records measure: of texts their characters. */
function bytesOf({ records }: Taken): number {
  let bytes = 0;
  for (const { key, headers, value } of records) {
    bytes += key.length + value.length;
    for (const [name, text] of Object.entries(headers)) bytes += name.length + text.length;
  }
  return bytes;
}

export class Commits<Batch extends Taken> {
  readonly #commit: (batches: readonly Batch[]) => Promise<void>;
  readonly #stopping = new AbortController();
  readonly #waiting: Batch[] = [];
  #waiters: Waiter[] = [];
  #rows = 0;
  #bytes = 0;
  #failures = 0;
  #restsUntil = 0;
  #endRest: (() => void) | undefined;
  #running: Promise<void> | undefined;

  /** `commit` writes all rows and the offsets after them; where it rejects, it is called again with the same and maybe more. */
  constructor(commit: (batches: readonly Batch[]) => Promise<void>) {
    this.#commit = commit;
  }

  /** Rows that were read and are not committed. */
  get uncommittedRows(): number {
    return this.#rows;
  }

  /** Commits refused in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** The first record of a partition that was taken and is not committed. */
  firstUncommitted(partition: number): bigint | undefined {
    for (const { records } of this.#waiting)
      for (const record of records) if (record.partition === partition) return record.offset;
    return undefined;
  }

  /** Resolves when another batch may be taken. Rejects with Problem `region-unavailable` while commits are refused. */
  async room(): Promise<void> {
    while (this.#rows >= uncommittedRowsMax || this.#bytes >= uncommittedBytesMax)
      await this.#committed(1);
    if (this.#failures > 0 || this.#stopping.signal.aborted) throw away();
  }

  /** It is committed from here on, however often that is refused. Wait for `room` before. */
  take(batch: Batch): void {
    this.#waiting.push(batch);
    this.#rows += batch.rows.length;
    this.#bytes += bytesOf(batch);
    if (this.#isWhole) this.#endRest?.();
    this.#running ??= this.#run();
  }

  /** When all that was taken until now is committed. Rejects with Problem `region-unavailable` while commits are refused. */
  settled(): Promise<void> {
    return this.#committed(this.#waiting.length);
  }

  /** Commits what waits as long as that is not refused; the rest is on the stream. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  #committed(batches: number): Promise<void> {
    if (batches === 0) return Promise.resolve();
    // The next try may be long in coming, and after a stop there is none.
    if (this.#failures > 0) return Promise.reject(away());
    return new Promise((resolve, reject) => {
      this.#waiters.push({ batches, resolve, reject });
    });
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (this.#waiting.length > 0) {
      await this.#rest();
      const group = this.#group();
      const begun = performance.now();
      try {
        await this.#commit(group);
        this.#done(group);
      } catch (error) {
        this.#refused(error);
        if (signal.aborted) break;
        await pause(backOffMs(this.#failures), signal);
      }
      const now = performance.now();
      this.#restsUntil = now + Math.min(restMsMax, restTimes * (now - begun));
    }
    // At once: what is taken from here on begins anew.
    this.#running = undefined;
  }

  /** Whether a whole commit waits. */
  get #isWhole(): boolean {
    return this.#rows >= commitRowsMax || this.#bytes >= commitBytesMax;
  }

  async #rest(): Promise<void> {
    const milliseconds = this.#restsUntil - performance.now();
    if (milliseconds <= 0 || this.#isWhole) return;
    const ended = new Promise<void>((resolve) => {
      this.#endRest = resolve;
    });
    await Promise.race([pause(milliseconds, this.#stopping.signal), ended]);
    this.#endRest = undefined;
  }

  #group(): readonly Batch[] {
    let [rows, bytes] = [0, 0];
    const end = this.#waiting.findIndex((batch) => {
      [rows, bytes] = [rows + batch.rows.length, bytes + bytesOf(batch)];
      return rows >= commitRowsMax || bytes >= commitBytesMax;
    });
    return end < 0 ? [...this.#waiting] : this.#waiting.slice(0, end + 1);
  }

  #done(group: readonly Batch[]): void {
    this.#failures = 0;
    this.#waiting.splice(0, group.length);
    for (const batch of group) {
      this.#rows -= batch.rows.length;
      this.#bytes -= bytesOf(batch);
    }
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) {
      waiter.batches -= group.length;
      if (waiter.batches <= 0) waiter.resolve();
      else this.#waiters.push(waiter);
    }
  }

  #refused(error: unknown): void {
    this.#failures++;
    log("commit-refused", {
      rows: this.#rows,
      failures: this.#failures,
      fault: error instanceof Problem ? error.code : faultOf(error),
    });
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter.reject(away());
  }
}
