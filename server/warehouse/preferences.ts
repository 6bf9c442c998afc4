import {
  LIST,
  listValue,
  VARCHAR,
  type DuckDBAppender,
  type DuckDBConnection,
  type DuckDBUUIDValue,
} from "@duckdb/node-api";
import { instant, readerKey } from "./keys.ts";
import type { PreferencesRow } from "./rows.ts";
import { storeNew, type Sorted } from "./store-new.ts";

function appendPreferences(
  appender: DuckDBAppender,
  row: PreferencesRow,
  key: DuckDBUUIDValue,
): void {
  appender.appendUUID(key);
  appender.appendUUID(readerKey(row));
  appender.appendUInteger(row.tenant);
  appender.appendVarchar(row.campaign);
  appender.appendVarchar(row.reader);
  appender.appendVarchar(row.submissionId);
  appender.appendBlob(row.envelopeSha256);
  appender.appendVarchar(row.receiptId);
  appender.appendUInteger(row.revision);
  appender.appendBoolean(row.test);
  appender.appendVarchar(row.language);
  appender.appendUSmallInt(row.notice);
  appender.appendList(listValue(row.purposes), LIST(VARCHAR));
  appender.appendBoolean(row.consented);
  appender.appendTimestampMilliseconds(instant(row.givenAt));
  appender.appendTimestampMilliseconds(instant(row.admittedAt));
  appender.appendList(listValue(row.topics), LIST(VARCHAR));
  if (row.frequency === undefined) appender.appendNull();
  else appender.appendVarchar(row.frequency);
  appender.appendInteger(row.source.partition);
  appender.appendBigInt(row.source.offset);
  appender.endRow();
}

// A reader may set preferences before any answer.
const ensureReaders = `
  INSERT INTO readers (key, tenant, campaign, reader, submissions)
  SELECT DISTINCT ON (reader_key) reader_key, tenant, campaign, reader, 0 FROM preferring WHERE NOT test
  ON CONFLICT DO NOTHING`;

/** Stores what is new and marks its readers for a recount: their consent may have changed. */
export async function storePreferences(
  connection: DuckDBConnection,
  rows: readonly PreferencesRow[],
): Promise<Sorted<PreferencesRow>> {
  const sorted = await storeNew(connection, rows, {
    staging: "preferring",
    table: "preferences",
    append: appendPreferences,
  });
  if (rows.length === 0) return sorted;
  await connection.run(ensureReaders);
  await connection.run(
    "INSERT INTO touched SELECT DISTINCT reader_key FROM preferring WHERE NOT test",
  );
  await connection.run("DELETE FROM preferring");
  return sorted;
}
