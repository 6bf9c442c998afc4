// The one row a reader has: the answer that counts. Kept up with every batch, so that results need no look at history.
import {
  BIGINT,
  LIST,
  listValue,
  UUID,
  type DuckDBConnection,
  type DuckDBUUIDValue,
} from "@duckdb/node-api";
import { pairMilliseconds, several, severalMilliseconds } from "../../sdk/haste.ts";
import { numberCell, textCell } from "./cells.ts";
import { decidedAt, instant, readerKey, submissionKey } from "./keys.ts";
import { decidedChanges, recountedChanges, type Decided } from "./reader-changes.ts";
import { appendTo, execute } from "./statements.ts";
import type { ReaderChange, SubmissionRow, WithdrawalRow } from "./rows.ts";

// One answer of a reader that stands alone, more than ten seconds after the reader's last, is the one that counts. Every
// other case is not decided here but recounted from the history: what came close to another or out of its order, who has
// ever withdrawn, and who has set preferences, which speak of consent too.
const countIncoming = `
  INSERT INTO readers (key, tenant, campaign, reader, submissions, "current", admitted_at, "offset", outcome, last_at,
                       purposes, sequence)
  SELECT reader_key, latest.tenant, latest.campaign, latest.reader, submissions,
         latest.key, latest.admitted_at, latest."offset", latest.outcome, latest.admitted_at, latest.purposes, $1
  FROM (SELECT reader_key, count(*) AS submissions,
               any_value({key: key, tenant: tenant, campaign: campaign, reader: reader, outcome: outcome,
                          admitted_at: admitted_at, "offset": "offset", purposes: purposes}) AS latest
        FROM incoming WHERE NOT test GROUP BY reader_key)
  ON CONFLICT DO UPDATE SET
    submissions = readers.submissions + 1, "current" = excluded."current", outcome = excluded.outcome, held = false,
    "offset" = excluded."offset", admitted_at = excluded.admitted_at, last_at = excluded.admitted_at,
    purposes = excluded.purposes, sequence = excluded.sequence
  WHERE excluded.submissions = 1 AND readers.withdrawn_at IS NULL AND readers.consented IS NULL
    AND epoch_ms(excluded.admitted_at) - epoch_ms(readers.last_at) > ${Math.max(pairMilliseconds, severalMilliseconds)}
  RETURNING key::VARCHAR, submissions`;

/** The time of the answer so many places from this one, among its reader's. */
const neighbour = (places: number): string => {
  if (places === 0) return "ms";
  return places < 0 ? `lag(ms, ${-places}) OVER mine` : `lead(ms, ${places}) OVER mine`;
};

/** `isHeld` of sdk/haste.ts in SQL: this answer is one of `count` within so many milliseconds. */
function isAmong(count: number, milliseconds: number): string {
  const windows: string[] = [];
  for (let first = 1 - count; first <= 0; first++)
    windows.push(
      `coalesce(${neighbour(first + count - 1)} - ${neighbour(first)} <= ${milliseconds}, false)`,
    );
  return windows.join(" OR ");
}

// Only consent given after the last withdrawal counts (DECISIONS 8). Scans the history, for the few readers touched.
const recount = `
  UPDATE readers SET
    submissions = state.submissions, "current" = state.latest.key, outcome = state.latest.outcome,
    admitted_at = state.latest.admitted_at, "offset" = state.latest."offset", last_at = state.last_at,
    held = state.submissions > 0 AND state.latest IS NULL, consented = state.consented,
    -- Of the answer that counts or the preference page, whichever was decided last; none where nothing counts.
    purposes = CASE
      WHEN state.latest IS NULL OR state.consented = false THEN []::VARCHAR[]
      WHEN state.preferred IS NULL OR state.latest.decided_at > state.preferred.decided_at THEN state.latest.purposes
      ELSE state.preferred.purposes END,
    sequence = $1
  FROM (
    WITH judged AS (
      SELECT *, (${isAmong(2, pairMilliseconds)} OR ${isAmong(several, severalMilliseconds)}) AS held
      FROM (SELECT *, epoch_ms(admitted_at) AS ms FROM submissions
            WHERE NOT test AND reader_key IN (SELECT key FROM touched))
      WINDOW mine AS (PARTITION BY reader_key ORDER BY ms, "offset")),
    counted AS (
      SELECT reader_key AS key, max(admitted_at) AS last_at, count(*) FILTER (agreed) AS submissions,
             max(decided_at) FILTER (agreed AND NOT held) AS decided_at,
             arg_max({key: key, outcome: outcome, admitted_at: admitted_at, "offset": "offset",
                      decided_at: decided_at, purposes: purposes},
                     (admitted_at, "offset")) FILTER (agreed AND NOT held) AS latest
      FROM (SELECT j.*, ${decidedAt("j")} AS decided_at,
                   r.withdrawn_at IS NULL OR ${decidedAt("j")} > r.withdrawn_at AS agreed
            FROM judged j JOIN readers r ON r.key = j.reader_key)
      GROUP BY reader_key),
    preferred AS (
      SELECT reader_key AS key,
             arg_max({consented: consented, decided_at: decided_at, purposes: purposes}, (admitted_at, "offset")) AS latest
      FROM (SELECT p.reader_key, p.consented, p.purposes, ${decidedAt("p")} AS decided_at, p.admitted_at, p."offset"
            FROM preferences p JOIN readers r ON r.key = p.reader_key
            WHERE NOT p.test AND p.reader_key IN (SELECT key FROM touched)
              AND (r.withdrawn_at IS NULL OR ${decidedAt("p")} > r.withdrawn_at))
      GROUP BY reader_key)
    SELECT t.key, coalesce(c.submissions, 0) AS submissions, c.latest, c.last_at, p.latest AS preferred,
           -- An answer says as much of consent as the preference page: whichever was decided last, for an answer may have
           -- been held back. A held one says nothing.
           CASE WHEN p.latest IS NOT NULL THEN
             p.latest.consented OR coalesce(c.decided_at > p.latest.decided_at, false)
           END AS consented
    FROM (SELECT DISTINCT key FROM touched) t
    LEFT JOIN counted c ON c.key = t.key
    LEFT JOIN preferred p ON p.key = t.key) state
  WHERE readers.key = state.key`;

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
  ON CONFLICT DO NOTHING RETURNING key::VARCHAR`;

const markWithdrawn = `
  INSERT INTO readers (key, tenant, campaign, reader, submissions, withdrawn_at)
  SELECT reader_key, any_value(tenant), any_value(campaign), any_value(reader), 0, max(admitted_at)
  FROM withdrawing GROUP BY reader_key
  ON CONFLICT DO UPDATE SET withdrawn_at = greatest(readers.withdrawn_at, excluded.withdrawn_at)`;

/** Stores withdrawals and marks their readers for a recount; those that were not stored before. */
export async function storeWithdrawals(
  connection: DuckDBConnection,
  rows: readonly WithdrawalRow[],
): Promise<readonly WithdrawalRow[]> {
  if (rows.length === 0) return [];
  await stageWithdrawals(connection, rows);
  const inserted = await connection.runAndReadAll(insertWithdrawals);
  // A repeat moves nothing: its time is no later than what is stored.
  await connection.run(markWithdrawn);
  await connection.run("INSERT INTO touched SELECT DISTINCT reader_key FROM withdrawing");
  await connection.run("DELETE FROM withdrawing");
  const fresh = new Set(inserted.getRowsJS().map(([key]) => textCell(key)));
  // The first of each id alone.
  return rows.filter((row) => fresh.delete(submissionKey(row).toString()));
}

/** What `countIncoming` made of a batch's rows. */
interface Counted {
  /** By reader's key: the one answer that counts from now on. */
  readonly decided: ReadonlyMap<string, Decided>;
  /** Readers it could not decide: a new one is inserted by it whatever it has. */
  readonly undecided: readonly DuckDBUUIDValue[];
}

async function countFresh(
  connection: DuckDBConnection,
  fresh: readonly SubmissionRow[],
  sequence: bigint,
): Promise<Counted> {
  const readers = new Map<string, { key: DuckDBUUIDValue; rows: number; row: SubmissionRow }>();
  for (const row of fresh) {
    if (row.test) continue;
    const key = readerKey(row);
    const known = readers.get(key.toString());
    readers.set(key.toString(), { key, rows: (known?.rows ?? 0) + 1, row });
  }
  const decided = new Map<string, Decided>();
  if (readers.size === 0) return { decided, undecided: [] };
  const counted = await execute(connection, countIncoming, {
    values: [sequence],
    types: [BIGINT],
  });
  for (const [key, submissions] of counted.getRowsJS()) {
    const reader = readers.get(textCell(key));
    if (reader?.rows !== 1) continue;
    decided.set(textCell(key), { row: reader.row, submissions: numberCell(submissions) });
    readers.delete(textCell(key));
  }
  return { decided, undecided: Array.from(readers.values(), ({ key }) => key) };
}

/**
 * Brings the readers up to date with `incoming`, whose rows are `fresh`, and recounts those in `touched`, where some may be
 * `marked`. What holds of each from now on, under the commit's number.
 */
export async function countReaders(
  connection: DuckDBConnection,
  fresh: readonly SubmissionRow[],
  sequence: bigint,
  marked: boolean,
): Promise<ReaderChange[]> {
  const { decided, undecided } = await countFresh(connection, fresh, sequence);
  if (undecided.length > 0)
    await connection.run(
      "INSERT INTO touched SELECT unnest(?)",
      [listValue(undecided)],
      [LIST(UUID)],
    );
  if (undecided.length === 0 && !marked) return decidedChanges(decided, sequence);
  await connection.run(recount, [sequence], [BIGINT]);
  const recounted = await recountedChanges(connection, fresh);
  await connection.run("DELETE FROM touched");
  // Also decided above and then recounted: the recount knew more.
  const once = new Map(decided);
  for (const key of recounted.keys()) once.delete(key);
  return [...decidedChanges(once, sequence), ...recounted.values()];
}

/** Decides anew for every reader, where the rule itself has changed. */
export async function recountAll(connection: DuckDBConnection): Promise<void> {
  await connection.run("INSERT INTO touched SELECT key FROM readers");
  await connection.run(recount, [0n], [BIGINT]);
  await connection.run("DELETE FROM touched");
}
