import type { DatabaseSync, StatementSync } from "node:sqlite";
import { Problem } from "../../sdk/problem.ts";
import { openSqlite, transaction } from "../sqlite.ts";
import {
  batchBytesMax,
  batchRecordsMax,
  partitionsDefault,
  recordBytes,
  type StoredRecord,
  type StreamRecord,
} from "./stream.ts";

// One SQLite file with one table for each partition of each topic, so that every table only grows at its end.
// AUTOINCREMENT keeps an offset from being used twice after its record expired.

const topicPattern = /^[a-z0-9][a-z0-9._-]{0,199}$/;
const expireRecordsMax = 1_000;

interface Partition {
  readonly insert: StatementSync;
  readonly read: StatementSync;
  readonly count: StatementSync;
  readonly end: StatementSync;
  readonly expire: StatementSync;
}

/** The records of the embedded stream on disk. Every call is synchronous; `append` returns after the fsync. */
export class SegmentStore {
  readonly #database: DatabaseSync;
  readonly #topics = new Map<string, readonly Partition[]>();

  /** Throws Problem `configuration-invalid` when the file cannot be opened, also because another process has it. */
  constructor(path: string) {
    this.#database = openSqlite(
      path,
      `CREATE TABLE IF NOT EXISTS probe (at INTEGER NOT NULL);
       CREATE TABLE IF NOT EXISTS topic (name TEXT PRIMARY KEY);`,
    );
    const names = this.#database.prepare("SELECT name FROM topic").all();
    for (const { name } of names) if (typeof name === "string") this.#open(name);
  }

  topics(): readonly string[] {
    return Array.from(this.#topics.keys());
  }

  /** Stores every record of every append in one transaction. Throws Problem `region-unavailable` when the disk will not. */
  append(
    appends: readonly { readonly topic: string; readonly records: readonly StreamRecord[] }[],
  ): void {
    for (const { topic } of appends) this.#partitions(topic);
    transaction(this.#database, () => {
      const appendedAt = Date.now();
      for (const { topic, records } of appends) {
        const partitions = this.#partitions(topic);
        for (const { key, headers, value } of records)
          partitions[partitionOf(key)]?.insert.run(appendedAt, key, JSON.stringify(headers), value);
      }
    });
  }

  /** Whether the disk takes a write. */
  probe(): boolean {
    try {
      transaction(this.#database, () =>
        this.#database.exec("DELETE FROM probe; INSERT INTO probe VALUES (unixepoch())"),
      );
      return true;
    } catch (error) {
      if (error instanceof Problem) return false;
      throw error;
    }
  }

  /** Every partition's first offset to deliver. Throws Problem `configuration-invalid` for one beyond the end. */
  startOffsets(topic: string, named: ReadonlyMap<number, bigint>): Map<number, bigint> {
    const partitions = this.#partitions(topic);
    for (const [partition, nextOffset] of named) {
      const end = partitions[partition]?.end.get()?.["next"];
      if (typeof end !== "bigint" || nextOffset > end)
        throw new Problem("configuration-invalid", {
          errors: [
            `The stream ${topic}/${partition} ends at ${String(end)}, before the stored position ${nextOffset}: this is not its stream.`,
          ],
        });
    }
    return new Map(partitions.map((_, partition) => [partition, named.get(partition) ?? 0n]));
  }

  /** The next records within the limits of one batch, taken from each partition in turn from `first` on. */
  read(topic: string, nextOffsets: ReadonlyMap<number, bigint>, first: number): StoredRecord[] {
    const batch: StoredRecord[] = [];
    let bytes = 0;
    const partitions = this.#partitions(topic);
    for (let turn = 0; turn < partitions.length; turn++) {
      const partition = (first + turn) % partitions.length;
      const nextOffset = nextOffsets.get(partition) ?? 0n;
      const rows = partitions[partition]?.read.iterate(nextOffset, batchRecordsMax - batch.length);
      for (const row of rows ?? []) {
        const record = storedRecord(topic, partition, row);
        bytes += recordBytes(record);
        // Never an empty batch: one record is always within the limit.
        if (bytes > batchBytesMax && batch.length > 0) return batch;
        batch.push(record);
      }
    }
    return batch;
  }

  countFrom(topic: string, nextOffsets: ReadonlyMap<number, bigint>): number {
    return this.#partitions(topic).reduce(
      (total, statements, partition) =>
        total + Number(statements.count.get(nextOffsets.get(partition) ?? 0n)?.["records"] ?? 0n),
      0,
    );
  }

  /** Deletes what was appended before `before` (Unix ms) and lies under the offset that `handledTo` gives. */
  expire(topic: string, before: number, handledTo: (partition: number) => bigint): void {
    for (const [partition, statements] of this.#partitions(topic).entries()) {
      let deleted = expireRecordsMax;
      while (deleted === expireRecordsMax)
        deleted = Number(statements.expire.run(handledTo(partition), before).changes);
    }
  }

  close(): void {
    this.#database.close();
  }

  #partitions(topic: string): readonly Partition[] {
    return this.#topics.get(topic) ?? this.#create(topic);
  }

  #create(topic: string): readonly Partition[] {
    if (!topicPattern.test(topic)) throw new TypeError("not a topic name");
    transaction(this.#database, () => {
      this.#database.prepare("INSERT INTO topic VALUES (?)").run(topic);
      for (let partition = 0; partition < partitionsDefault; partition++)
        this.#database.exec(
          `CREATE TABLE "${topic}/${partition}" (
             "offset" INTEGER PRIMARY KEY AUTOINCREMENT,
             appended_at INTEGER NOT NULL, key TEXT NOT NULL, headers TEXT NOT NULL, value BLOB NOT NULL)`,
        );
    });
    return this.#open(topic);
  }

  #open(topic: string): readonly Partition[] {
    const partitions = Array.from({ length: partitionsDefault }, (_, index): Partition => {
      const table = `"${topic}/${index}"`;
      const prepare = (sql: string): StatementSync => {
        const statement = this.#database.prepare(sql);
        statement.setReadBigInts(true);
        return statement;
      };
      return {
        insert: prepare(
          `INSERT INTO ${table} (appended_at, key, headers, value) VALUES (?, ?, ?, ?)`,
        ),
        read: prepare(`SELECT * FROM ${table} WHERE "offset" >= ? ORDER BY "offset" LIMIT ?`),
        count: prepare(`SELECT count(*) AS records FROM ${table} WHERE "offset" >= ?`),
        end: prepare(
          `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = '${topic}/${index}'), 0) + 1 AS next`,
        ),
        // Looks at the oldest records only: a sweep that finds nothing to do reads one bounded range.
        expire: prepare(
          `DELETE FROM ${table} WHERE "offset" IN (SELECT "offset" FROM ${table} WHERE "offset" < ?
             ORDER BY "offset" LIMIT ${expireRecordsMax}) AND appended_at < ?`,
        ),
      };
    });
    this.#topics.set(topic, partitions);
    return partitions;
  }
}

/** FNV-1a, 32 bits: spreads keys evenly; it need not withstand anybody. */
function partitionOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++)
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  return (hash >>> 0) % partitionsDefault;
}

function storedRecord(
  topic: string,
  partition: number,
  row: Record<string, unknown>,
): StoredRecord {
  const { offset, appended_at: appendedAt, key, headers, value } = row;
  if (
    typeof offset !== "bigint" ||
    typeof key !== "string" ||
    typeof headers !== "string" ||
    !(value instanceof Uint8Array)
  )
    throw new TypeError("not a record of the stream");
  return {
    topic,
    partition,
    offset,
    appendedAt: Number(appendedAt),
    key,
    value,
    // Written by `append` above from a record of texts.
    headers: JSON.parse(headers) as Readonly<Record<string, string>>,
  };
}
