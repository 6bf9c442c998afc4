-- What a file of version 1 became with version 2, on top of version-1.sql: preferences, requests, erasures.
INSERT INTO maily_schema VALUES (2);
CREATE TABLE preferences (
     key UUID PRIMARY KEY,
     reader_key UUID NOT NULL,
     tenant UINTEGER NOT NULL, campaign VARCHAR NOT NULL, reader VARCHAR NOT NULL,
     submission_id VARCHAR NOT NULL, envelope_sha256 BLOB NOT NULL, receipt_id VARCHAR NOT NULL,
     revision UINTEGER NOT NULL, test BOOLEAN NOT NULL,
     language VARCHAR NOT NULL, notice USMALLINT NOT NULL, purposes VARCHAR[] NOT NULL, consented BOOLEAN NOT NULL,
     given_at TIMESTAMP_MS NOT NULL, admitted_at TIMESTAMP_MS NOT NULL,
     topics VARCHAR[] NOT NULL, frequency VARCHAR,
     "partition" INTEGER NOT NULL, "offset" BIGINT NOT NULL);
CREATE TABLE requests (
     key UUID PRIMARY KEY,
     reader_key UUID NOT NULL,
     tenant UINTEGER NOT NULL, campaign VARCHAR NOT NULL, reader VARCHAR NOT NULL,
     submission_id VARCHAR NOT NULL, request VARCHAR NOT NULL, via VARCHAR NOT NULL,
     admitted_at TIMESTAMP_MS NOT NULL, "partition" INTEGER NOT NULL, "offset" BIGINT NOT NULL);
CREATE TABLE erasures (key UUID PRIMARY KEY, erased_at TIMESTAMP_MS NOT NULL);
ALTER TABLE readers ADD COLUMN last_at TIMESTAMP_MS;
ALTER TABLE readers ADD COLUMN held BOOLEAN;
ALTER TABLE readers ADD COLUMN consented BOOLEAN;
