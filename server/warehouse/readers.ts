// The one row a reader has: the answer that counts. Kept up with every batch, so that results need no look at history.
import type { DuckDBConnection } from "@duckdb/node-api";
import { instant, readerKey, submissionKey } from "./keys.ts";
import { appendTo, execute } from "./statements.ts";
import type { SubmissionRow, WithdrawalRow } from "./rows.ts";

// Of a reader's answers in this batch the latest, and the stored one only gives way to a later one. A reader who has
// ever withdrawn is not decided here but recounted from the history.
const countIncoming = `
  INSERT INTO readers
  SELECT reader_key, latest.tenant, latest.campaign, latest.reader, submissions,
         latest.key, latest.admitted_at, latest."offset", latest.outcome, NULL
  FROM (SELECT reader_key, count(*) AS submissions,
               arg_max({key: key, tenant: tenant, campaign: campaign, reader: reader, outcome: outcome,
                        admitted_at: admitted_at, "offset": "offset"}, (admitted_at, "offset")) AS latest
        FROM incoming WHERE NOT test GROUP BY reader_key)
  ON CONFLICT DO UPDATE SET
    submissions = readers.submissions + excluded.submissions,
    "current" = CASE WHEN (excluded.admitted_at, excluded."offset") > (readers.admitted_at, readers."offset")
                THEN excluded."current" ELSE readers."current" END,
    outcome = CASE WHEN (excluded.admitted_at, excluded."offset") > (readers.admitted_at, readers."offset")
              THEN excluded.outcome ELSE readers.outcome END,
    "offset" = CASE WHEN (excluded.admitted_at, excluded."offset") > (readers.admitted_at, readers."offset")
               THEN excluded."offset" ELSE readers."offset" END,
    admitted_at = greatest(excluded.admitted_at, readers.admitted_at)
  WHERE readers.withdrawn_at IS NULL
  RETURNING key`;

const touchWithdrawn = `
  INSERT INTO touched
  SELECT DISTINCT reader_key FROM incoming
  WHERE NOT test AND reader_key IN (SELECT key FROM readers WHERE withdrawn_at IS NOT NULL)`;

// Only consent given after the last withdrawal counts (DECISIONS 8). Scans the history, for the few who withdrew.
const recount = `
  UPDATE readers SET submissions = counted.submissions, "current" = counted.latest.key, outcome = counted.latest.outcome,
                     admitted_at = counted.latest.admitted_at, "offset" = counted.latest."offset"
  FROM (SELECT r.key, count(s.key) AS submissions,
               arg_max({key: s.key, outcome: s.outcome, admitted_at: s.admitted_at, "offset": s."offset"},
                       (s.admitted_at, s."offset")) FILTER (s.key IS NOT NULL) AS latest
        FROM (SELECT DISTINCT key FROM touched) t
        JOIN readers r ON r.key = t.key
        LEFT JOIN submissions s ON s.reader_key = r.key AND NOT s.test AND s.given_at > r.withdrawn_at
        GROUP BY r.key) counted
  WHERE readers.key = counted.key`;

async function stageWithdrawals(
  connection: DuckDBConnection,
  rows: readonly WithdrawalRow[],
): Promise<void> {
  await appendTo(connection, { table: "withdrawing", temporary: true }, (appender) => {
    for (const row of rows) {
      appender.appendUUID(submissionKey(row));
      appender.appendUUID(readerKey(row));
      appender.appendUInteger(row.tenant);
      appender.appendVarchar(row.campaign);
      appender.appendVarchar(row.reader);
      appender.appendVarchar(row.submissionId);
      appender.appendVarchar(row.receiptId);
      appender.appendTimestampMilliseconds(instant(row.admittedAt));
      appender.endRow();
    }
  });
}

const insertWithdrawals = `
  INSERT INTO withdrawals
  SELECT DISTINCT ON (key) key, tenant, campaign, reader, submission_id, receipt_id, admitted_at FROM withdrawing
  ON CONFLICT DO NOTHING RETURNING key`;

const markWithdrawn = `
  INSERT INTO readers
  SELECT reader_key, any_value(tenant), any_value(campaign), any_value(reader), 0, NULL, NULL, NULL, NULL, max(admitted_at)
  FROM withdrawing GROUP BY reader_key
  ON CONFLICT DO UPDATE SET withdrawn_at = greatest(readers.withdrawn_at, excluded.withdrawn_at)`;

/** Stores withdrawals and marks their readers for a recount; how many were not stored before. */
export async function storeWithdrawals(
  connection: DuckDBConnection,
  rows: readonly WithdrawalRow[],
): Promise<number> {
  if (rows.length === 0) return 0;
  await stageWithdrawals(connection, rows);
  const inserted = await connection.runAndReadAll(insertWithdrawals);
  // A repeat moves nothing: its time is no later than what is stored.
  await connection.run(markWithdrawn);
  await connection.run("INSERT INTO touched SELECT DISTINCT reader_key FROM withdrawing");
  await connection.run("DELETE FROM withdrawing");
  return inserted.currentRowCount;
}

/** Brings the readers up to date with `incoming`, whose rows are `fresh`, and with withdrawals stored just before. */
export async function countReaders(
  connection: DuckDBConnection,
  fresh: readonly SubmissionRow[],
  withdrew: boolean,
): Promise<void> {
  const readers = new Set(fresh.filter((row) => !row.test).map((row) => readerKey(row).toString()));
  let recounted = withdrew;
  if (readers.size > 0) {
    const decided = await execute(connection, countIncoming);
    if (decided.currentRowCount < readers.size) {
      await connection.run(touchWithdrawn);
      recounted = true;
    }
  }
  if (!recounted) return;
  await connection.run(recount);
  await connection.run("DELETE FROM touched");
}
