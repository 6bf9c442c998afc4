-- What the topics answers.{{region}} and events.{{region}} bring, as it is. Delivered at least once: ID names a fact for ever.
CREATE TRANSIENT TABLE IF NOT EXISTS RECORDS (
  ID VARCHAR(200) NOT NULL COMMENT 'Names this fact in its region for ever: a record that comes again has the same.',
  KIND VARCHAR(32) NOT NULL COMMENT 'answer, withdrawal, preferences, request, state or campaign.',
  TENANT NUMBER(10,0) NOT NULL COMMENT 'Whose campaign.',
  CAMPAIGN VARCHAR(64) NOT NULL COMMENT 'The campaign.',
  READER VARCHAR(64) COMMENT 'The reader''s pseudonym, one campaign''s.',
  SUBMISSION_ID VARCHAR(64) COMMENT 'The reader''s own id of it.',
  SEQUENCE NUMBER(19,0) COMMENT 'Of a state: of one reader the highest holds.',
  CORRECTION NUMBER(10,0) COMMENT 'Of an answer: of one SUBMISSION_ID the highest holds.',
  GIVEN_AT TIMESTAMP_NTZ(3) COMMENT 'When, by the device''s clock. UTC.',
  ADMITTED_AT TIMESTAMP_NTZ(3) COMMENT 'When the edge took it. UTC.',
  CHANGED_AT TIMESTAMP_NTZ(3) COMMENT 'Of a state: since when. UTC.',
  RECORD VARIANT NOT NULL COMMENT 'The record, by docs/schemas/opened.v1.json.',
  SOURCE_TOPIC VARCHAR(249) COMMENT 'Where it came from; null from a backfill.',
  SOURCE_PARTITION NUMBER(10,0),
  SOURCE_OFFSET NUMBER(19,0),
  LANDED_AT TIMESTAMP_NTZ(3) COMMENT 'When it came here. UTC.'
) DATA_RETENTION_TIME_IN_DAYS = 0 COMMENT = 'Facts of readers as ingest published them.';
CREATE TRANSIENT TABLE IF NOT EXISTS EVENT_RECORDS (
  ID VARCHAR(200) NOT NULL COMMENT 'Names this fact in its region for ever.',
  KIND VARCHAR(32) NOT NULL COMMENT 'event or refusal.',
  TENANT NUMBER(10,0) NOT NULL COMMENT 'Whose campaign.',
  CAMPAIGN VARCHAR(64) NOT NULL COMMENT 'The campaign.',
  READER VARCHAR(64) COMMENT 'The reader''s pseudonym, one campaign''s.',
  GIVEN_AT TIMESTAMP_NTZ(3) COMMENT 'When leave was given. UTC.',
  ADMITTED_AT TIMESTAMP_NTZ(3) COMMENT 'When the edge took it. UTC.',
  REFUSED_AT TIMESTAMP_NTZ(3) COMMENT 'Of a refusal: until when events are deleted. UTC.',
  RECORD VARIANT NOT NULL COMMENT 'The record, by docs/schemas/event.v1.json.',
  SOURCE_TOPIC VARCHAR(249),
  SOURCE_PARTITION NUMBER(10,0),
  SOURCE_OFFSET NUMBER(19,0),
  LANDED_AT TIMESTAMP_NTZ(3)
) DATA_RETENTION_TIME_IN_DAYS = 0 COMMENT = 'What readers did on the page, with leave to record it.';
-- needs: account
-- Rows that a pipe refuses are kept where the loader's role can see them, and not only counted.
ALTER TABLE RECORDS SET ERROR_LOGGING = TRUE;
ALTER TABLE EVENT_RECORDS SET ERROR_LOGGING = TRUE;
-- needs: standard
-- What senders report is not on the topics: a backfill brings it.
{{table:ACTIVITIES}};
{{table:DELIVERIES}};
CREATE TRANSIENT TABLE IF NOT EXISTS TENANT_ACCESS (
  ROLE_NAME VARCHAR(255) NOT NULL COMMENT 'An account role, upper case.',
  TENANT NUMBER(10,0) NOT NULL COMMENT 'Whose rows it may see.'
) COMMENT = 'Which role sees which tenant; without a row, none.';
CREATE TRANSIENT TABLE IF NOT EXISTS BACKFILLS (
  NAME VARCHAR(200) NOT NULL COMMENT 'What is filled, and from which file.',
  POSITION NUMBER(19,0) NOT NULL COMMENT 'Rows that are in.',
  CHANGED_AT TIMESTAMP_NTZ(3) NOT NULL
) COMMENT = 'How far backfills came: the highest position holds.';
