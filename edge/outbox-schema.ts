// The tables of an outbox object, and how they came to be.

/** Each is applied once, in order; what is released is never edited, only added to. */
const migrations = [
  `CREATE TABLE pinned (region TEXT NOT NULL);
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
  // answer, choices, preferences, request; `test` for an answer of a test send.
  "ALTER TABLE seen ADD COLUMN kind TEXT NOT NULL DEFAULT 'answer'",
] as const;

/** Brings an object's tables to this version, in one transaction. Throws Error where a newer edge wrote them. */
export function migrate(storage: DurableObjectStorage): void {
  const { sql } = storage;
  storage.transactionSync(() => {
    sql.exec("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)");
    const [row] = sql.exec<{ version: number }>("SELECT version FROM schema_version");
    const version = row?.version ?? 0;
    if (version > migrations.length)
      throw new Error("the outbox was written by a newer version of the edge");
    if (version === migrations.length) return;
    for (const migration of migrations.slice(version)) sql.exec(migration);
    sql.exec("DELETE FROM schema_version");
    sql.exec("INSERT INTO schema_version VALUES (?)", migrations.length);
  });
}
