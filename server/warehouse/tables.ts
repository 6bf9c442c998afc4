// The tables, and the steps by which an older file becomes the newest: one array an earlier version, never edited.
import type { DuckDBConnection } from "@duckdb/node-api";
import { Problem } from "../../sdk/problem.ts";
import { recountAll } from "./readers.ts";

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

interface Migration {
  readonly statements: readonly string[];
  /** The rule by which readers' answers count has changed: all are decided anew. */
  readonly recount: boolean;
}

const migrations: readonly Migration[] = [
  { statements: first, recount: false },
  { statements: second, recount: true },
  { statements: third, recount: false },
];

/** What one batch brings, before it is known what of it is new. Temporary: in memory, and this connection's alone. */
const staging = [
  `CREATE OR REPLACE TEMP TABLE incoming (
     key UUID, reader_key UUID, tenant UINTEGER, campaign VARCHAR, reader VARCHAR,
     submission_id VARCHAR, envelope_sha256 BLOB, receipt_id VARCHAR,
     revision UINTEGER, test BOOLEAN, channel VARCHAR, language VARCHAR, notice USMALLINT, purposes VARCHAR[],
     given_at TIMESTAMP_MS, admitted_at TIMESTAMP_MS, outcome VARCHAR, "partition" INTEGER, "offset" BIGINT)`,
  `CREATE OR REPLACE TEMP TABLE withdrawing (
     key UUID, reader_key UUID, tenant UINTEGER, campaign VARCHAR, reader VARCHAR,
     submission_id VARCHAR, receipt_id VARCHAR, admitted_at TIMESTAMP_MS)`,
  `CREATE OR REPLACE TEMP TABLE preferring (
     key UUID, reader_key UUID, tenant UINTEGER, campaign VARCHAR, reader VARCHAR,
     submission_id VARCHAR, envelope_sha256 BLOB, receipt_id VARCHAR, revision UINTEGER, test BOOLEAN,
     language VARCHAR, notice USMALLINT, purposes VARCHAR[], consented BOOLEAN,
     given_at TIMESTAMP_MS, admitted_at TIMESTAMP_MS, topics VARCHAR[], frequency VARCHAR,
     "partition" INTEGER, "offset" BIGINT)`,
  `CREATE OR REPLACE TEMP TABLE requesting (
     key UUID, reader_key UUID, tenant UINTEGER, campaign VARCHAR, reader VARCHAR,
     submission_id VARCHAR, request VARCHAR, via VARCHAR, admitted_at TIMESTAMP_MS,
     "partition" INTEGER, "offset" BIGINT)`,
  `CREATE OR REPLACE TEMP TABLE failing (
     "partition" INTEGER, "offset" BIGINT, topic VARCHAR, code VARCHAR, campaign VARCHAR,
     record_key VARCHAR, headers VARCHAR, value BLOB, appended_at TIMESTAMP_MS, failed_at TIMESTAMP_MS)`,
  "CREATE OR REPLACE TEMP TABLE touched (key UUID)",
  `CREATE OR REPLACE TEMP TABLE watching (
     key UUID, reader_key UUID, tenant UINTEGER, campaign VARCHAR, reader VARCHAR, batch VARCHAR, position UTINYINT,
     revision UINTEGER, test BOOLEAN, channel VARCHAR, language VARCHAR, notice USMALLINT,
     kind VARCHAR, question VARCHAR, "option" USMALLINT, milliseconds UINTEGER,
     happened_at TIMESTAMP_MS, given_at TIMESTAMP_MS, admitted_at TIMESTAMP_MS)`,
  "CREATE OR REPLACE TEMP TABLE refusing (key UUID, refused_at TIMESTAMP_MS)",
];

/** Brings a file up to date. Throws Problem `configuration-invalid` for one that a newer version of Maily wrote. */
export async function migrate(connection: DuckDBConnection): Promise<void> {
  await connection.run("CREATE TABLE IF NOT EXISTS maily_schema (version INTEGER NOT NULL)");
  const reader = await connection.runAndReadAll("SELECT max(version) FROM maily_schema");
  const version = Number(reader.getRowsJS()[0]?.[0] ?? 0);
  if (version > migrations.length)
    throw new Problem("configuration-invalid", {
      errors: [`MAILY_DATA_DIR: its warehouse has version ${version}; run a newer Maily`],
    });
  for (const statement of staging) await connection.run(statement);
  for (const [index, { statements, recount }] of migrations.entries()) {
    if (index < version) continue;
    await connection.run("BEGIN");
    for (const statement of statements) await connection.run(statement);
    if (recount) await recountAll(connection);
    await connection.run("INSERT INTO maily_schema VALUES (?)", [index + 1]);
    await connection.run("COMMIT");
  }
}
