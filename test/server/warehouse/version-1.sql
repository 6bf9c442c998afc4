-- A warehouse as version 1 wrote it: tables of its first migration, three readers, one of whom answered twice within a
-- second and one of whom withdrew.
CREATE TABLE maily_schema (version INTEGER NOT NULL);
INSERT INTO maily_schema VALUES (1);
CREATE TABLE submissions (
  key UUID PRIMARY KEY,
  reader_key UUID NOT NULL,
  tenant UINTEGER NOT NULL, campaign VARCHAR NOT NULL, reader VARCHAR NOT NULL,
  submission_id VARCHAR NOT NULL, envelope_sha256 BLOB NOT NULL, receipt_id VARCHAR NOT NULL,
  revision UINTEGER NOT NULL, test BOOLEAN NOT NULL, channel VARCHAR NOT NULL,
  language VARCHAR NOT NULL, notice USMALLINT NOT NULL, purposes VARCHAR[] NOT NULL,
  given_at TIMESTAMP_MS NOT NULL, admitted_at TIMESTAMP_MS NOT NULL, outcome VARCHAR,
  "partition" INTEGER NOT NULL, "offset" BIGINT NOT NULL);
CREATE TABLE answers (
  submission UUID NOT NULL,
  tenant UINTEGER NOT NULL, campaign VARCHAR NOT NULL,
  question VARCHAR NOT NULL, position UTINYINT NOT NULL,
  "option" VARCHAR, "number" DOUBLE, "text" VARCHAR, "date" DATE);
CREATE TABLE readers (
  key UUID PRIMARY KEY,
  tenant UINTEGER NOT NULL, campaign VARCHAR NOT NULL, reader VARCHAR NOT NULL,
  submissions UINTEGER NOT NULL,
  "current" UUID, admitted_at TIMESTAMP_MS, "offset" BIGINT, outcome VARCHAR,
  withdrawn_at TIMESTAMP_MS);
CREATE TABLE withdrawals (
  key UUID PRIMARY KEY,
  tenant UINTEGER NOT NULL, campaign VARCHAR NOT NULL, reader VARCHAR NOT NULL,
  submission_id VARCHAR NOT NULL, receipt_id VARCHAR NOT NULL, admitted_at TIMESTAMP_MS NOT NULL);
CREATE TABLE dead_letters (
  "partition" INTEGER NOT NULL, "offset" BIGINT NOT NULL,
  topic VARCHAR NOT NULL, code VARCHAR NOT NULL, campaign VARCHAR,
  record_key VARCHAR NOT NULL, headers VARCHAR NOT NULL, value BLOB NOT NULL,
  appended_at TIMESTAMP_MS NOT NULL, failed_at TIMESTAMP_MS NOT NULL, attempts UINTEGER NOT NULL,
  PRIMARY KEY ("partition", "offset"));
CREATE TABLE offsets ("partition" INTEGER PRIMARY KEY, next_offset BIGINT NOT NULL);
INSERT INTO offsets VALUES (0, 5);
INSERT INTO submissions BY NAME
  SELECT md5('s' || "offset")::UUID AS key, md5(reader)::UUID AS reader_key, 1 AS tenant, 'AAAAAAAAAAA' AS campaign, reader,
         'submission ' || "offset" AS submission_id, ''::BLOB AS envelope_sha256, 'receipt' AS receipt_id, 1 AS revision,
         false AS test, 'web' AS channel, 'en' AS language, 1 AS notice, ['results'] AS purposes,
         TIMESTAMP_MS '2026-01-01 00:00:00' + INTERVAL (seconds) SECONDS AS given_at,
         TIMESTAMP_MS '2026-01-01 00:00:00' + INTERVAL (seconds) SECONDS AS admitted_at,
         'outcome ' || "offset" AS outcome, 0 AS "partition", "offset"
  FROM (VALUES (0, 'alone', 0), (1, 'hasty', 60), (2, 'hasty', 61), (3, 'gone', 0), (4, 'alone', 3600)) v("offset", reader, seconds);
INSERT INTO answers BY NAME
  SELECT key AS submission, tenant, campaign, 'roast' AS question, 0 AS position, 'dark' AS "option" FROM submissions;
INSERT INTO readers BY NAME
  SELECT reader_key AS key, tenant, campaign, reader, count(*) AS submissions, arg_max(key, "offset") AS "current",
         max(admitted_at) AS admitted_at, max("offset") AS "offset", arg_max(outcome, "offset") AS outcome
  FROM submissions GROUP BY ALL;
UPDATE readers SET submissions = 0, "current" = NULL, admitted_at = NULL, "offset" = NULL, outcome = NULL,
  withdrawn_at = TIMESTAMP_MS '2026-01-01 01:00:00' WHERE reader = 'gone';
