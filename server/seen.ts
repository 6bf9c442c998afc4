// What a region that acknowledges from its stream must remember itself: which submissions it has promised, and who has
// withdrawn. A receipt is stored first as pending, then the record is appended, then the receipt is marked stored; a
// repeat after a crash in between appends the first record again (ingest counts it once) and gets the first receipt.
import type { DatabaseSync } from "node:sqlite";
import { rememberedDays } from "../sdk/consent.ts";
import { Problem } from "../sdk/problem.ts";
import { decide, type Candidate, type Decision } from "./decide.ts";
import { log } from "./log.ts";
import { readerDigest, SeenRows, seenSchema } from "./seen-rows.ts";
import { openSqlite, transaction } from "./sqlite.ts";

const hourMs = 60 * 60 * 1000;
const keptMs = rememberedDays * 24 * hourMs;
const sweepEveryMs = 60_000;
const sweepRowsMax = 10_000;
/** Entries that wait for a commit; above it a batch is refused instead of growing the queue. */
const waitingEntriesMax = 4_096;
const retryAfterSeconds = 2;

interface Waiting {
  readonly candidates: readonly Candidate[];
  readonly resolve: (decisions: Decision[]) => void;
  readonly reject: (reason: unknown) => void;
}

export class SeenTable {
  readonly #database: DatabaseSync;
  readonly #rows: SeenRows;
  readonly #sweep: NodeJS.Timeout;
  #waiting: Waiting[] = [];
  #waitingEntries = 0;
  #stored: Candidate[] = [];

  /** Throws Problem `configuration-invalid` when the file cannot be opened. */
  constructor(path: string) {
    this.#database = openSqlite(path, seenSchema);
    this.#rows = new SeenRows(this.#database);
    this.#sweep = setInterval(() => this.expire(Date.now()), sweepEveryMs).unref();
  }

  /** Decides and remembers, durably; batches that arrive together share one commit. Problem: `region-unavailable`. */
  admit(candidates: readonly Candidate[]): Promise<Decision[]> {
    return new Promise((resolve, reject) => {
      if (this.#waitingEntries + candidates.length > waitingEntriesMax)
        throw new Problem("region-unavailable", { retryAfterSeconds });
      this.#waiting.push({ candidates, resolve, reject });
      this.#waitingEntries += candidates.length;
      if (this.#waiting.length === 1) setImmediate(() => this.#commit());
    });
  }

  /** The stream has them. Written with the next commit: until then a repeat appends once more, which changes nothing. */
  markStored(candidates: readonly Candidate[]): void {
    this.#stored.push(...candidates);
  }

  /** Forgets, some at a time, what can no longer be repeated; `now` in Unix milliseconds. */
  expire(now: number): void {
    this.#commit();
    try {
      transaction(this.#database, () => this.#rows.forget(now - keptMs, sweepRowsMax));
    } catch (error) {
      // The next sweep tries again.
      if (!(error instanceof Problem)) throw error;
      log("sweep-postponed", { code: error.code });
    }
  }

  close(): void {
    clearInterval(this.#sweep);
    this.#commit();
    this.#database.close();
  }

  #commit(): void {
    const group = this.#waiting;
    this.#waiting = [];
    this.#waitingEntries = 0;
    let decided: Decision[][];
    try {
      decided = transaction(this.#database, () => {
        this.#markStored();
        return group.map(({ candidates }) =>
          candidates.map((candidate) => decide(this.#rows, candidate)),
        );
      });
    } catch (error) {
      for (const { reject } of group) reject(error);
      return;
    }
    this.#stored = [];
    for (const [index, { resolve }] of group.entries()) resolve(decided[index] ?? []);
  }

  #markStored(): void {
    for (const { record, invitation } of this.#stored)
      this.#rows.markStored(readerDigest(invitation), record.submissionId);
  }
}
