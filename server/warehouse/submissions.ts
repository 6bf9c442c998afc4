import {
  DuckDBDateValue,
  LIST,
  listValue,
  VARCHAR,
  type DuckDBAppender,
  type DuckDBConnection,
  type DuckDBUUIDValue,
} from "@duckdb/node-api";
import { instant, readerKey, submissionKey } from "./keys.ts";
import type { AnswerRow, SubmissionRow } from "./rows.ts";
import { appendTo } from "./statements.ts";
import { storeNew, type Sorted } from "./store-new.ts";

function appendSubmission(
  appender: DuckDBAppender,
  row: SubmissionRow,
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
  appender.appendVarchar(row.channel);
  appender.appendVarchar(row.language);
  appender.appendUSmallInt(row.notice);
  appender.appendList(listValue(row.purposes), LIST(VARCHAR));
  appender.appendTimestampMilliseconds(instant(row.givenAt));
  appender.appendTimestampMilliseconds(instant(row.admittedAt));
  if (row.outcome === undefined) appender.appendNull();
  else appender.appendVarchar(row.outcome);
  appender.appendInteger(row.source.partition);
  appender.appendBigInt(row.source.offset);
  appender.endRow();
}

const dayMs = 86_400_000;
const dayOf = (date: string): DuckDBDateValue =>
  new DuckDBDateValue(Date.parse(`${date}T00:00:00Z`) / dayMs);

function appendAnswer(
  appender: DuckDBAppender,
  { tenant, campaign }: SubmissionRow,
  key: DuckDBUUIDValue,
  { question, position, option, number, text, date, redacted, cleared }: AnswerRow,
): void {
  appender.appendUUID(key);
  appender.appendUInteger(tenant);
  appender.appendVarchar(campaign);
  appender.appendVarchar(question);
  appender.appendUTinyInt(position);
  if (option === undefined) appender.appendNull();
  else appender.appendVarchar(option);
  if (number === undefined) appender.appendNull();
  else appender.appendDouble(number);
  if (text === undefined) appender.appendNull();
  else appender.appendVarchar(text);
  if (date === undefined) appender.appendNull();
  else appender.appendDate(dayOf(date));
  if (redacted === undefined) appender.appendNull();
  else appender.appendList(listValue(redacted), LIST(VARCHAR));
  if (cleared === undefined) appender.appendNull();
  else appender.appendBoolean(cleared);
  appender.endRow();
}

/** Stores what is new, with its answers, and leaves exactly that in `incoming`. */
export async function storeSubmissions(
  connection: DuckDBConnection,
  rows: readonly SubmissionRow[],
): Promise<Sorted<SubmissionRow>> {
  const sorted = await storeNew(connection, rows, {
    staging: "incoming",
    table: "submissions",
    append: appendSubmission,
  });
  if (sorted.fresh.length > 0)
    await appendTo(connection, { table: "answers", temporary: false }, (appender) => {
      for (const row of sorted.fresh) {
        const key = submissionKey(row);
        for (const answer of row.answers) appendAnswer(appender, row, key, answer);
      }
    });
  return sorted;
}
