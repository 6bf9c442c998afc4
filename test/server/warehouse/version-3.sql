-- What version 3 added to that: events.
INSERT INTO maily_schema VALUES (3);
CREATE TABLE events (
     key UUID PRIMARY KEY,
     reader_key UUID NOT NULL,
     tenant UINTEGER NOT NULL, campaign VARCHAR NOT NULL, reader VARCHAR NOT NULL,
     batch VARCHAR NOT NULL, position UTINYINT NOT NULL,
     revision UINTEGER NOT NULL, test BOOLEAN NOT NULL, channel VARCHAR NOT NULL,
     language VARCHAR NOT NULL, notice USMALLINT NOT NULL,
     kind VARCHAR NOT NULL, question VARCHAR, "option" USMALLINT, milliseconds UINTEGER,
     happened_at TIMESTAMP_MS NOT NULL, given_at TIMESTAMP_MS NOT NULL, admitted_at TIMESTAMP_MS NOT NULL);
CREATE TABLE event_refusals (key UUID PRIMARY KEY, refused_at TIMESTAMP_MS NOT NULL);
CREATE TABLE event_offsets ("partition" INTEGER PRIMARY KEY, next_offset BIGINT NOT NULL);
