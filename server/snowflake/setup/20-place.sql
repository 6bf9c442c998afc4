-- Where it is kept. Needs SYSADMIN, or a role with CREATE DATABASE and CREATE WAREHOUSE.
CREATE WAREHOUSE IF NOT EXISTS {{warehouse}} WAREHOUSE_SIZE = XSMALL AUTO_SUSPEND = 60 AUTO_RESUME = TRUE INITIALLY_SUSPENDED = TRUE COMMENT = 'Maily: backfills, erasure and retention. Streaming needs none.';
-- Transient, without Time Travel: Fail-safe would keep what a reader had erased for 7 days more, where nobody can delete it.
CREATE TRANSIENT DATABASE IF NOT EXISTS {{database}} DATA_RETENTION_TIME_IN_DAYS = 0;
CREATE TRANSIENT SCHEMA IF NOT EXISTS {{database}}.{{schema}} DATA_RETENTION_TIME_IN_DAYS = 0 COMMENT = 'Maily in {{region}}. One region''s answers, and no other''s.';
USE SCHEMA {{database}}.{{schema}};
CREATE STAGE IF NOT EXISTS LOADING FILE_FORMAT = (TYPE = JSON) COMMENT = 'Files of a backfill, removed as they are loaded.';
