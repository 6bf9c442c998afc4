// What readers ask of the sender. Each is kept as an event; an erasure also takes away, in the same transaction, all that
// the reader had agreed to until then.
import type { DuckDBConnection } from "@duckdb/node-api";
import { numberCell, textCell } from "./cells.ts";
import { decidedAt, instant, readerKey, submissionKey } from "./keys.ts";
import type { ReaderOf, RequestRow } from "./rows.ts";
import { unpublishErased } from "./outgoing.ts";
import { appendTo } from "./statements.ts";

async function stageRequests(
  connection: DuckDBConnection,
  rows: readonly RequestRow[],
): Promise<void> {
  await appendTo(connection, { table: "requesting", temporary: true }, (appender) => {
    for (const row of rows) {
      appender.appendUUID(submissionKey(row));
      appender.appendUUID(readerKey(row));
      appender.appendUInteger(row.tenant);
      appender.appendVarchar(row.campaign);
      appender.appendVarchar(row.reader);
      appender.appendVarchar(row.submissionId);
      appender.appendVarchar(row.request);
      appender.appendVarchar(row.via);
      appender.appendTimestampMilliseconds(instant(row.admittedAt));
      appender.appendInteger(row.source.partition);
      appender.appendBigInt(row.source.offset);
      appender.endRow();
    }
  });
}

const insertRequests = `
  INSERT INTO requests SELECT DISTINCT ON (key) * FROM requesting ORDER BY "offset"
  ON CONFLICT DO NOTHING RETURNING key::VARCHAR`;

const erasedReaders = "SELECT reader_key FROM requesting WHERE request = 'erase'";
// The same comparison as a withdrawal's: what was agreed to later is another matter.
const takenAway = `
  SELECT s.key FROM submissions s JOIN erasures e ON e.key = s.reader_key
  WHERE s.reader_key IN (${erasedReaders}) AND ${decidedAt("s")} <= e.erased_at`;

const erase = [
  `INSERT INTO erasures
   SELECT reader_key, max(admitted_at) FROM requesting WHERE request = 'erase' GROUP BY reader_key
   ON CONFLICT DO UPDATE SET erased_at = greatest(erasures.erased_at, excluded.erased_at)`,
  `INSERT INTO readers (key, tenant, campaign, reader, submissions, withdrawn_at)
   SELECT reader_key, any_value(tenant), any_value(campaign), any_value(reader), 0, max(admitted_at)
   FROM requesting WHERE request = 'erase' GROUP BY reader_key
   ON CONFLICT DO UPDATE SET withdrawn_at = greatest(readers.withdrawn_at, excluded.withdrawn_at)`,
  `DELETE FROM answers WHERE submission IN (${takenAway})`,
  `DELETE FROM submissions WHERE key IN (${takenAway})`,
  `DELETE FROM preferences WHERE key IN (
     SELECT p.key FROM preferences p JOIN erasures e ON e.key = p.reader_key
     WHERE p.reader_key IN (${erasedReaders}) AND ${decidedAt("p")} <= e.erased_at)`,
  unpublishErased,
  `INSERT INTO touched SELECT DISTINCT reader_key FROM requesting WHERE request = 'erase'`,
];

// A pseudonym is one campaign's, and a record's key is tenant and pseudonym.
// Not by USING: of a letter that two requests meet, DuckDB would delete the key twice, and refuse.
const eraseLetters = `
  DELETE FROM dead_letters d WHERE EXISTS (
    SELECT 1 FROM requesting r
    WHERE r.request = 'erase' AND d.record_key = r.tenant || '|' || r.reader
      AND d."partition" = r."partition" AND d."offset" < r."offset")`;

/** Stores requests, erases what they say, and marks those readers for a recount. Which were not stored before. */
export async function storeRequests(
  connection: DuckDBConnection,
  rows: readonly RequestRow[],
): Promise<readonly RequestRow[]> {
  if (rows.length === 0) return [];
  await stageRequests(connection, rows);
  const inserted = await connection.runAndReadAll(insertRequests);
  // A repeated erasure moves nothing: its time is no later than what is stored.
  if (rows.some(({ request }) => request === "erase"))
    for (const statement of erase) await connection.run(statement);
  const fresh = new Set(inserted.getRowsJS().map(([key]) => textCell(key)));
  // The first of each id alone.
  return rows.filter((row) => fresh.delete(submissionKey(row).toString()));
}

/** The last step, once the batch's dead letters are stored: those of erased readers go as well. */
export async function finishRequests(
  connection: DuckDBConnection,
  rows: readonly RequestRow[],
): Promise<void> {
  if (rows.length === 0) return;
  if (rows.some(({ request }) => request === "erase")) await connection.run(eraseLetters);
  await connection.run("DELETE FROM requesting");
}

/** A reader who wants no more mail; `at` in Unix milliseconds. */
export interface Unsubscribed {
  readonly reader: string;
  readonly at: number;
}

/** Readers of a campaign whose latest word on it is `unsubscribe`, by pseudonym from after `after` on, at most `limit`. */
export async function listUnsubscribed(
  connection: DuckDBConnection,
  { tenant, campaign, reader: after }: ReaderOf,
  limit: number,
): Promise<Unsubscribed[]> {
  const found = await connection.runAndReadAll(
    `SELECT reader, epoch_ms(latest.admitted_at) FROM (
       SELECT reader, arg_max({request: request, admitted_at: admitted_at}, (admitted_at, "offset")) AS latest
       FROM requests WHERE tenant = ? AND campaign = ? AND reader > ? AND request <> 'erase' GROUP BY reader)
     WHERE latest.request = 'unsubscribe' ORDER BY reader LIMIT ?`,
    [tenant, campaign, after, limit],
  );
  return found
    .getRowsJS()
    .map(([reader, at]) => ({ reader: textCell(reader), at: numberCell(at) }));
}
