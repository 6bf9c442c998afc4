// Rows that Snowflake refused and records that could not be sent: where they lie on the stream and why, never what is in
// them. They stay on the stream for as long as it keeps records, and can be sent again from there.
import { openSqlite, transaction } from "../sqlite.ts";
import type { Poison } from "./landing.ts";
import type { RowRefusal } from "./streaming.ts";

/** A sink that finds more is at odds with its tables: it stops, and says so, instead of losing count. */
export const rejectedMax = 10_000;
const listedMax = 200;

export interface Rejection {
  readonly topic: string;
  readonly partition: number;
  /** The refused rows lie at these offsets, both included. */
  readonly first: bigint;
  readonly last: bigint;
  readonly rows: number;
  readonly reason: RowRefusal | Poison;
}

export interface KeptRejection extends Rejection {
  readonly id: number;
  /** Unix milliseconds. */
  readonly at: number;
  readonly attempts: number;
}

/** What is remembered of a channel between two runs. */
export interface KnownChannel {
  readonly committed: bigint;
  readonly errors: number;
}

const schema = `
  CREATE TABLE IF NOT EXISTS rejected (
    id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, partition INTEGER NOT NULL,
    first_offset INTEGER NOT NULL, last_offset INTEGER NOT NULL, rows INTEGER NOT NULL,
    reason TEXT NOT NULL, at INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 1,
    UNIQUE (topic, partition, first_offset, last_offset));
  CREATE TABLE IF NOT EXISTS channel (
    name TEXT PRIMARY KEY, committed INTEGER NOT NULL, errors INTEGER NOT NULL);`;

const insert = `INSERT INTO rejected (topic, partition, first_offset, last_offset, rows, reason, at)
  VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET attempts = attempts + 1, rows = excluded.rows, at = excluded.at`;

const kept = (row: Record<string, unknown>): KeptRejection => ({
  id: Number(row["id"]),
  topic: String(row["topic"]),
  partition: Number(row["partition"]),
  first: BigInt(Number(row["first_offset"])),
  last: BigInt(Number(row["last_offset"])),
  rows: Number(row["rows"]),
  // Only `add` below writes it.
  reason: String(row["reason"]) as Rejection["reason"],
  at: Number(row["at"]),
  attempts: Number(row["attempts"]),
});

/** The sink's own small file. */
export class Rejections {
  readonly #database: ReturnType<typeof openSqlite>;
  #count: number;

  constructor(path: string) {
    this.#database = openSqlite(path, schema);
    this.#count = Number(
      this.#database.prepare("SELECT coalesce(sum(rows), 0) AS rows FROM rejected").get()?.["rows"],
    );
  }

  /** Rows that are not in Snowflake. */
  get count(): number {
    return this.#count;
  }

  get full(): boolean {
    return this.#count >= rejectedMax;
  }

  /** Keeps them together with what is known of their channel, if they have one. */
  add(rejections: readonly Rejection[], channel?: KnownChannel & { readonly name: string }): void {
    transaction(this.#database, () => {
      const statement = this.#database.prepare(insert);
      for (const { topic, partition, first, last, rows, reason } of rejections)
        statement.run(topic, partition, first, last, rows, reason, Date.now());
      if (channel !== undefined)
        this.#database
          .prepare("INSERT OR REPLACE INTO channel VALUES (?, ?, ?)")
          .run(channel.name, channel.committed, channel.errors);
    });
    this.#recount();
  }

  known(channel: string): KnownChannel | undefined {
    const row = this.#database.prepare("SELECT * FROM channel WHERE name = ?").get(channel);
    return row === undefined
      ? undefined
      : { committed: BigInt(Number(row["committed"])), errors: Number(row["errors"]) };
  }

  /** A page after the id `after`, oldest first. */
  list(after: number): KeptRejection[] {
    return this.#database
      .prepare("SELECT * FROM rejected WHERE id > ? ORDER BY id LIMIT ?")
      .all(after, listedMax)
      .map(kept);
  }

  get(id: number): KeptRejection | undefined {
    const row = this.#database.prepare("SELECT * FROM rejected WHERE id = ?").get(id);
    return row === undefined ? undefined : kept(row);
  }

  /** Puts what a replay found out in the place of what was known. */
  replace(id: number, found: readonly Rejection[]): void {
    const attempts = this.get(id)?.attempts ?? 0;
    transaction(this.#database, () => {
      this.#database.prepare("DELETE FROM rejected WHERE id = ?").run(id);
      const statement = this.#database.prepare(insert);
      for (const { topic, partition, first, last, rows, reason } of found) {
        statement.run(topic, partition, first, last, rows, reason, Date.now());
        this.#database
          .prepare(
            `UPDATE rejected SET attempts = ? WHERE topic = ? AND partition = ? AND first_offset = ? AND last_offset = ?`,
          )
          .run(attempts + 1, topic, partition, first, last);
      }
    });
    this.#recount();
  }

  close(): void {
    this.#database.close();
  }

  #recount(): void {
    this.#count = Number(
      this.#database.prepare("SELECT coalesce(sum(rows), 0) AS rows FROM rejected").get()?.["rows"],
    );
  }
}
