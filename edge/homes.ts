// Where a reader's memory is, once a region's shards have changed: seen ids and withdrawals count wherever the reader comes.
//
// At most one object has a reader. Whichever is called for one that it does not have asks those of the layouts it is told of,
// and the one it gave the reader to; each of them marks the reader as gone in the transaction in which it reads what it hands
// over, and the asking one admits nothing before that is on its own disk. Rows stay where they were until they are forgotten:
// asked again, after a crash in between, an object gives the same once more, and what comes twice is there once.
import { rememberedDays } from "../sdk/consent.ts";
import { shardsOf, type Layout } from "./shards.ts";

const keptMilliseconds = rememberedDays * 86_400_000;
const forgottenRowsMax = 1_000;
/** Of one reader's submissions, the newest: a repeat of an older one gets a new receipt, and ingest still counts it once. */
const handedRowsMax = 256;

interface SeenRow extends Record<string, SqlStorageValue> {
  submission_id: string;
  content_sha256: string;
  admitted_at: number;
  receipt: string;
  kind: string;
}

interface WithdrawalRow extends Record<string, SqlStorageValue> {
  withdrawn_at: number;
  receipt: string;
}

/** What an object remembers of one reader. */
export interface ReaderMemory {
  readonly reader: string;
  /** Oldest first. */
  readonly seen: readonly SeenRow[];
  readonly withdrawal: WithdrawalRow | undefined;
  /** The shard that has the reader, where the object that was asked had given the reader away before. */
  readonly home: number | undefined;
}

/** Readers who are fetched: those who still come, whom was asked for each, and the shard they come to. */
interface Coming {
  readonly coming: Set<string>;
  readonly asked: ReadonlyMap<string, readonly number[]>;
  readonly own: number;
}

export class Homes {
  readonly #sql: SqlStorage;
  /** Whether any reader ever moved: where none did, nothing is looked up. */
  #any: boolean;
  /** Readers who are being fetched; one who is asked for meanwhile is taken out. */
  readonly #coming = new Set<Set<string>>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#any = [...sql.exec("SELECT 1 FROM homes LIMIT 1")].length > 0;
  }

  /** Whether every reader is where the layout says, because none was ever elsewhere. */
  isSettled(layout: Layout): boolean {
    return layout.length === 1 && !this.#any;
  }

  /** The shards to be asked for a reader before anything of that reader is admitted here; none where the reader is here. */
  toAsk(reader: string, layout: Layout): number[] {
    const [own, ...earlier] = shardsOf(reader, layout);
    const home = this.#homeOf(reader);
    if (home === own) return [];
    const shards = home === undefined ? earlier : [home, ...earlier];
    return [...new Set(shards)].filter((shard) => shard !== own);
  }

  #homeOf(reader: string): number | undefined {
    const [row] = this.#sql.exec<{ shard: number }>(
      "SELECT shard FROM homes WHERE reader = ?",
      reader,
    );
    return row?.shard;
  }

  #setHome(reader: string, shard: number, now: number): void {
    this.#sql.exec("INSERT OR REPLACE INTO homes VALUES (?, ?, ?)", reader, shard, now);
    this.#any = true;
  }

  /** Inside a transaction: what is remembered of a reader, who is from now on in the shard `to`. `now` in Unix milliseconds. */
  handOver(reader: string, to: number, now: number): ReaderMemory {
    for (const readers of this.#coming) readers.delete(reader);
    const home = this.#homeOf(reader);
    const newest = this.#sql.exec<SeenRow>(
      `SELECT submission_id, content_sha256, admitted_at, receipt, kind FROM seen
       WHERE reader = ? ORDER BY id DESC LIMIT ?`,
      reader,
      handedRowsMax,
    );
    const seen = [...newest].toReversed();
    const [withdrawal] = this.#sql.exec<WithdrawalRow>(
      "SELECT withdrawn_at, receipt FROM withdrawals WHERE reader = ?",
      reader,
    );
    this.#setHome(reader, to, now);
    return { reader, seen, withdrawal, home };
  }

  /** Readers who are fetched until `gaveUp` is called with what this returns. */
  expect(readers: Iterable<string>): Set<string> {
    const coming = new Set(readers);
    this.#coming.add(coming);
    return coming;
  }

  gaveUp(coming: Set<string>): void {
    this.#coming.delete(coming);
  }

  /**
   * Inside a transaction: adds what others remember of those who are expected, and has them at home in the shard `own`. Of one
   * who was asked for meanwhile, or whom an object that was asked had given to one that was not, only the memory is kept.
   * `now` in Unix milliseconds.
   */
  arrived({ coming, asked, own }: Coming, memories: readonly ReaderMemory[], now: number): void {
    for (const memory of memories) {
      this.#keep(memory);
      const { reader, home } = memory;
      const isElsewhere =
        home !== undefined && home !== own && asked.get(reader)?.includes(home) === false;
      // Whoever asks next, asks there.
      if (isElsewhere && coming.delete(reader)) this.#setHome(reader, home, now);
    }
    for (const reader of coming) this.#setHome(reader, own, now);
  }

  #keep({ reader, seen, withdrawal }: ReaderMemory): void {
    for (const row of seen)
      this.#sql.exec(
        `INSERT OR IGNORE INTO seen (reader, submission_id, content_sha256, admitted_at, receipt, kind)
         VALUES (?, ?, ?, ?, ?, ?)`,
        reader,
        row.submission_id,
        row.content_sha256,
        row.admitted_at,
        row.receipt,
        row.kind,
      );
    if (withdrawal !== undefined)
      this.#sql.exec(
        `INSERT INTO withdrawals VALUES (?, ?, ?) ON CONFLICT DO UPDATE
         SET withdrawn_at = excluded.withdrawn_at, receipt = excluded.receipt
         WHERE excluded.withdrawn_at > withdrawals.withdrawn_at`,
        reader,
        withdrawal.withdrawn_at,
        withdrawal.receipt,
      );
  }

  /** Forgets readers whose memory is forgotten everywhere; true where there are more now. `now` in Unix milliseconds. */
  forget(now: number): boolean {
    const { rowsWritten } = this.#sql.exec(
      `DELETE FROM homes WHERE reader IN
       (SELECT reader FROM homes WHERE since < ? ORDER BY since LIMIT ?)`,
      now - keptMilliseconds,
      forgottenRowsMax,
    );
    return rowsWritten >= forgottenRowsMax;
  }
}
