// The tables of an outbox object, and how they came to be (edge/schema.ts).
import { migrate as migrateTo, type Migration, type Schema } from "./schema.ts";

/** Each is applied once, in order; what is released is never edited, only added to. */
const migrations: readonly Migration[] = [
  {
    up: `CREATE TABLE pinned (region TEXT NOT NULL);
   CREATE TABLE outbox (
     first INTEGER PRIMARY KEY,
     entries INTEGER NOT NULL,
     admitted_at INTEGER NOT NULL,
     text TEXT NOT NULL
   );
   CREATE TABLE parked (
     id INTEGER PRIMARY KEY,
     parked_at INTEGER NOT NULL,
     code TEXT NOT NULL,
     entry TEXT NOT NULL
   );
   CREATE TABLE seen (
     id INTEGER PRIMARY KEY,
     reader TEXT NOT NULL,
     submission_id TEXT NOT NULL,
     content_sha256 TEXT NOT NULL,
     admitted_at INTEGER NOT NULL,
     receipt TEXT NOT NULL,
     UNIQUE (reader, submission_id)
   );
   CREATE TABLE withdrawals (
     reader TEXT PRIMARY KEY,
     withdrawn_at INTEGER NOT NULL,
     receipt TEXT NOT NULL
   ) WITHOUT ROWID;
   CREATE INDEX withdrawals_by_age ON withdrawals (withdrawn_at);`,
    // Before it there is nothing.
    readableFrom: 1,
  },
  {
    // answer, choices, preferences, request; `test` for an answer of a test send.
    up: "ALTER TABLE seen ADD COLUMN kind TEXT NOT NULL DEFAULT 'answer'",
    down: `CREATE TABLE undone_2 AS SELECT reader, submission_id, kind FROM seen WHERE kind <> 'answer';
   ALTER TABLE seen DROP COLUMN kind;`,
    again: `UPDATE seen SET kind = undone_2.kind FROM undone_2
     WHERE undone_2.reader = seen.reader AND undone_2.submission_id = seen.submission_id;
   DROP TABLE undone_2;`,
    // An older edge would take a request for an answer, and hold what comes beside it.
    readableFrom: 2,
  },
  {
    // The shard that has a reader, since the region's number of shards changed. What is parked is counted by its index.
    up: `CREATE TABLE homes (
     reader TEXT PRIMARY KEY,
     shard INTEGER NOT NULL,
     since INTEGER NOT NULL
   ) WITHOUT ROWID;
   CREATE INDEX homes_by_age ON homes (since);
   CREATE INDEX parked_by_age ON parked (parked_at);`,
    down: `DROP INDEX parked_by_age;
   DROP INDEX homes_by_age;
   ALTER TABLE homes RENAME TO undone_3;`,
    again: `INSERT OR IGNORE INTO homes SELECT * FROM undone_3;
   DROP TABLE undone_3;`,
    // An older edge would admit what a reader has withdrawn elsewhere.
    readableFrom: 3,
  },
];

export const outboxSchema: Schema = { name: "outbox", migrations, runsFrom: migrations.length };

/** `target` is the text of SCHEMA_TARGET. Throws SchemaRefusal where this edge cannot run on the object's tables. */
export const migrate = (storage: DurableObjectStorage, target?: string): void =>
  migrateTo(storage, outboxSchema, target);
