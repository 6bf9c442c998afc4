// The tables, and the steps by which an older file becomes the newest: one array an earlier version, never edited.
import type { DuckDBConnection } from "@duckdb/node-api";
import { Problem } from "../../sdk/problem.ts";
import { recountAll } from "./readers.ts";
import { duckdbStaging } from "./schema/duckdb-ddl.ts";
import { duckdbViews } from "./schema/views.ts";
import { retally } from "./retally.ts";

// Keys are 128 bits of SHA-256 over what names the thing, tenant and campaign included (keys.ts): half the size of the
// texts in an index, as quick to join as a number, and no tenant can name another's.
const first = [
  `CREATE TABLE submissions (
     key UUID PRIMARY KEY,
     reader_key UUID NOT NULL,
     tenant UINTEGER NOT NULL, campaign VARCHAR NOT NULL, reader VARCHAR NOT NULL,
     submission_id VARCHAR NOT NULL, envelope_sha256 BLOB NOT NULL, receipt_id VARCHAR NOT NULL,
     revision UINTEGER NOT NULL, test BOOLEAN NOT NULL, channel VARCHAR NOT NULL,
     language VARCHAR NOT NULL, notice USMALLINT NOT NULL, purposes VARCHAR[] NOT NULL,
     given_at TIMESTAMP_MS NOT NULL, admitted_at TIMESTAMP_MS NOT NULL, outcome VARCHAR,
     "partition" INTEGER NOT NULL, "offset" BIGINT NOT NULL)`,
  `CREATE TABLE answers (
     submission UUID NOT NULL,
     tenant UINTEGER NOT NULL, campaign VARCHAR NOT NULL,
     question VARCHAR NOT NULL, position UTINYINT NOT NULL,
     "option" VARCHAR, "number" DOUBLE, "text" VARCHAR, "date" DATE)`,
  // One row a reader: the answer that counts, if any, and the last withdrawal.
  `CREATE TABLE readers (
     key UUID PRIMARY KEY,
     tenant UINTEGER NOT NULL, campaign VARCHAR NOT NULL, reader VARCHAR NOT NULL,
     submissions UINTEGER NOT NULL,
     "current" UUID, admitted_at TIMESTAMP_MS, "offset" BIGINT, outcome VARCHAR,
     withdrawn_at TIMESTAMP_MS)`,
  `CREATE TABLE withdrawals (
     key UUID PRIMARY KEY,
     tenant UINTEGER NOT NULL, campaign VARCHAR NOT NULL, reader VARCHAR NOT NULL,
     submission_id VARCHAR NOT NULL, receipt_id VARCHAR NOT NULL, admitted_at TIMESTAMP_MS NOT NULL)`,
  `CREATE TABLE dead_letters (
     "partition" INTEGER NOT NULL, "offset" BIGINT NOT NULL,
     topic VARCHAR NOT NULL, code VARCHAR NOT NULL, campaign VARCHAR,
     record_key VARCHAR NOT NULL, headers VARCHAR NOT NULL, value BLOB NOT NULL,
     appended_at TIMESTAMP_MS NOT NULL, failed_at TIMESTAMP_MS NOT NULL, attempts UINTEGER NOT NULL,
     PRIMARY KEY ("partition", "offset"))`,
  `CREATE TABLE offsets ("partition" INTEGER PRIMARY KEY, next_offset BIGINT NOT NULL)`,
];

const second = [
  // All that came from the preference page; of each reader the latest counts.
  `CREATE TABLE preferences (
     key UUID PRIMARY KEY,
     reader_key UUID NOT NULL,
     tenant UINTEGER NOT NULL, campaign VARCHAR NOT NULL, reader VARCHAR NOT NULL,
     submission_id VARCHAR NOT NULL, envelope_sha256 BLOB NOT NULL, receipt_id VARCHAR NOT NULL,
     revision UINTEGER NOT NULL, test BOOLEAN NOT NULL,
     language VARCHAR NOT NULL, notice USMALLINT NOT NULL, purposes VARCHAR[] NOT NULL, consented BOOLEAN NOT NULL,
     given_at TIMESTAMP_MS NOT NULL, admitted_at TIMESTAMP_MS NOT NULL,
     topics VARCHAR[] NOT NULL, frequency VARCHAR,
     "partition" INTEGER NOT NULL, "offset" BIGINT NOT NULL)`,
  `CREATE TABLE requests (
     key UUID PRIMARY KEY,
     reader_key UUID NOT NULL,
     tenant UINTEGER NOT NULL, campaign VARCHAR NOT NULL, reader VARCHAR NOT NULL,
     submission_id VARCHAR NOT NULL, request VARCHAR NOT NULL, via VARCHAR NOT NULL,
     admitted_at TIMESTAMP_MS NOT NULL, "partition" INTEGER NOT NULL, "offset" BIGINT NOT NULL)`,
  // By reader: what was agreed to until then is deleted, and is not taken again.
  `CREATE TABLE erasures (key UUID PRIMARY KEY, erased_at TIMESTAMP_MS NOT NULL)`,
  // The latest admission of all; whether the only answers are held; what the preference page says, null without any.
  `ALTER TABLE readers ADD COLUMN last_at TIMESTAMP_MS`,
  `ALTER TABLE readers ADD COLUMN held BOOLEAN`,
  `ALTER TABLE readers ADD COLUMN consented BOOLEAN`,
];

const third = [
  // One row an event, flat, for whatever reads files of columns.
  `CREATE TABLE events (
     key UUID PRIMARY KEY,
     reader_key UUID NOT NULL,
     tenant UINTEGER NOT NULL, campaign VARCHAR NOT NULL, reader VARCHAR NOT NULL,
     batch VARCHAR NOT NULL, position UTINYINT NOT NULL,
     revision UINTEGER NOT NULL, test BOOLEAN NOT NULL, channel VARCHAR NOT NULL,
     language VARCHAR NOT NULL, notice USMALLINT NOT NULL,
     kind VARCHAR NOT NULL, question VARCHAR, "option" USMALLINT, milliseconds UINTEGER,
     happened_at TIMESTAMP_MS NOT NULL, given_at TIMESTAMP_MS NOT NULL, admitted_at TIMESTAMP_MS NOT NULL)`,
  // By reader: events that were agreed to until then are deleted, and are not taken again.
  `CREATE TABLE event_refusals (key UUID PRIMARY KEY, refused_at TIMESTAMP_MS NOT NULL)`,
  `CREATE TABLE event_offsets ("partition" INTEGER PRIMARY KEY, next_offset BIGINT NOT NULL)`,
];

const fourth = [
  `ALTER TABLE answers ADD COLUMN redacted VARCHAR[]`,
  `ALTER TABLE answers ADD COLUMN cleared BOOLEAN`,
  `ALTER TABLE readers ADD COLUMN purposes VARCHAR[]`,
  // The commit that last changed the reader.
  `ALTER TABLE readers ADD COLUMN sequence BIGINT`,
  `CREATE TABLE activities (
     key UUID PRIMARY KEY,
     reader_key UUID NOT NULL,
     tenant UINTEGER NOT NULL, campaign VARCHAR NOT NULL, reader VARCHAR NOT NULL,
     activity_id VARCHAR NOT NULL, kind VARCHAR NOT NULL, label VARCHAR, amount BIGINT, currency VARCHAR,
     purposes VARCHAR[] NOT NULL, happened_at TIMESTAMP_MS NOT NULL, received_at TIMESTAMP_MS NOT NULL)`,
  `CREATE TABLE deliveries (
     key UUID PRIMARY KEY,
     reader_key UUID NOT NULL,
     tenant UINTEGER NOT NULL, campaign VARCHAR NOT NULL, reader VARCHAR NOT NULL,
     delivery_id VARCHAR NOT NULL, kind VARCHAR NOT NULL,
     happened_at TIMESTAMP_MS NOT NULL, received_at TIMESTAMP_MS NOT NULL)`,
  `CREATE TABLE campaigns (
     tenant UINTEGER NOT NULL, campaign VARCHAR NOT NULL, revision UINTEGER NOT NULL,
     title VARCHAR NOT NULL, opens_at TIMESTAMP_MS NOT NULL, closes_at TIMESTAMP_MS NOT NULL,
     retention_days USMALLINT NOT NULL,
     PRIMARY KEY (tenant, campaign, revision))`,
  `CREATE TABLE campaign_options (
     tenant UINTEGER NOT NULL, campaign VARCHAR NOT NULL, revision UINTEGER NOT NULL,
     question VARCHAR NOT NULL, question_position USMALLINT NOT NULL, kind VARCHAR NOT NULL,
     question_text VARCHAR NOT NULL, option_position USMALLINT NOT NULL, option_id VARCHAR, option_text VARCHAR,
     PRIMARY KEY (tenant, campaign, revision, question, option_position))`,
  // What was stored is published from here, in order, and then deleted.
  `CREATE TABLE outgoing (
     seq BIGINT NOT NULL, topic VARCHAR NOT NULL, key VARCHAR NOT NULL, schema VARCHAR NOT NULL, value BLOB NOT NULL)`,
  `CREATE TABLE counters (name VARCHAR PRIMARY KEY, value BIGINT NOT NULL)`,
  // Results are kept with each commit; `tallied` says what each reader adds to them.
  `CREATE TABLE tallies (
     key UUID PRIMARY KEY,
     tenant UINTEGER NOT NULL, campaign VARCHAR NOT NULL, measure VARCHAR NOT NULL,
     question VARCHAR, "option" VARCHAR, "number" DOUBLE,
     count BIGINT NOT NULL, firsts BIGINT NOT NULL, places BIGINT NOT NULL, points DOUBLE NOT NULL)`,
  `CREATE TABLE tallied (reader_key UUID NOT NULL, adds VARCHAR NOT NULL)`,
];

interface Migration {
  readonly statements: readonly string[];
  /** The rule by which readers' answers count has changed: all are decided anew. */
  readonly recount: boolean;
}

const migrations: readonly Migration[] = [
  { statements: first, recount: false },
  { statements: second, recount: true },
  { statements: third, recount: false },
  { statements: fourth, recount: true },
];

/** The version of the tables in a file; 0 where there are none yet. */
export async function versionOf(connection: DuckDBConnection): Promise<number> {
  const found = await connection.runAndReadAll(
    "SELECT 1 FROM duckdb_tables() WHERE table_name = 'maily_schema'",
  );
  if (found.currentRowCount === 0) return 0;
  const reader = await connection.runAndReadAll("SELECT max(version) FROM maily_schema");
  return Number(reader.getRowsJS()[0]?.[0] ?? 0);
}

/** What a connection needs that writes: in memory, so that a full disk takes it too. */
export async function stage(connection: DuckDBConnection): Promise<void> {
  for (const statement of duckdbStaging) await connection.run(statement);
}

/** Brings a file up to date. Throws Problem `configuration-invalid` for one that a newer version of Maily wrote. */
export async function migrate(connection: DuckDBConnection): Promise<void> {
  await connection.run("CREATE TABLE IF NOT EXISTS maily_schema (version INTEGER NOT NULL)");
  const version = await versionOf(connection);
  if (version > migrations.length)
    throw new Problem("configuration-invalid", {
      errors: [`MAILY_DATA_DIR: its warehouse has version ${version}; run a newer Maily`],
    });
  await stage(connection);
  const pending = migrations.slice(version);
  if (pending.length > 0) {
    // In one transaction: readers are decided by today's statements, which need today's columns.
    await connection.run("BEGIN");
    for (const statement of pending.flatMap(({ statements }) => statements))
      await connection.run(statement);
    if (pending.some(({ recount }) => recount)) {
      await recountAll(connection);
      await retally(connection);
    }
    await connection.run("INSERT INTO maily_schema VALUES (?)", [migrations.length]);
    await connection.run("COMMIT");
  }
  for (const statement of duckdbViews) await connection.run(statement);
}
