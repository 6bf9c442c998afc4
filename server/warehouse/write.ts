// One batch into the tables, inside the transaction that the caller holds. Whatever comes twice, or in another order,
// leaves the same rows.
import { BIGINT, INTEGER, LIST, listValue, type DuckDBConnection } from "@duckdb/node-api";
import { eraseDeliveriesOf, refuseActivities } from "../activities/refuse.ts";
import { instant } from "./keys.ts";
import { refuseEvents } from "./events.ts";
import { storePreferences } from "./preferences.ts";
import { countReaders, storeWithdrawals } from "./readers.ts";
import { finishRequests, storeRequests } from "./requests.ts";
import { commitNumber, storeOutgoing } from "./outgoing.ts";
import { recordsOf } from "./published.ts";
import type { Batch, DeadLetterRow, ReaderOf, Written } from "./rows.ts";
import { appendTo, execute } from "./statements.ts";
import { storeSubmissions } from "./submissions.ts";
import { tally } from "./tallies.ts";

async function storeDeadLetters(
  connection: DuckDBConnection,
  rows: readonly DeadLetterRow[],
): Promise<void> {
  if (rows.length === 0) return;
  const failedAt = instant(Date.now());
  await appendTo(connection, { table: "failing", temporary: true }, (appender) => {
    for (const { source, code, campaign } of rows) {
      appender.appendInteger(source.partition);
      appender.appendBigInt(source.offset);
      appender.appendVarchar(source.topic);
      appender.appendVarchar(code);
      if (campaign === undefined) appender.appendNull();
      else appender.appendVarchar(campaign);
      appender.appendVarchar(source.key);
      appender.appendVarchar(JSON.stringify(source.headers));
      appender.appendBlob(source.value);
      appender.appendTimestampMilliseconds(instant(source.appendedAt));
      appender.appendTimestampMilliseconds(failedAt);
      appender.endRow();
    }
  });
  await connection.run(
    `INSERT INTO dead_letters SELECT *, 1 FROM failing
     ON CONFLICT DO UPDATE SET code = excluded.code, failed_at = excluded.failed_at, attempts = dead_letters.attempts + 1`,
  );
  await connection.run("DELETE FROM failing");
}

async function settle(
  connection: DuckDBConnection,
  { rows }: Batch,
  deadLetters: readonly DeadLetterRow[],
): Promise<void> {
  const still = new Set(deadLetters.map(({ source }) => source));
  const settled = rows.map(({ source }) => source).filter((source) => !still.has(source));
  await connection.run(
    `DELETE FROM dead_letters WHERE ("partition", "offset") IN (SELECT unnest(?), unnest(?))`,
    [
      listValue(settled.map(({ partition }) => partition)),
      listValue(settled.map(({ offset }) => offset)),
    ],
    [LIST(INTEGER), LIST(BIGINT)],
  );
}

export async function storeOffsets(
  connection: DuckDBConnection,
  nextOffsets: Batch["nextOffsets"],
  table: "offsets" | "event_offsets" = "offsets",
): Promise<void> {
  if (nextOffsets.size === 0) return;
  await execute(
    connection,
    `INSERT INTO ${table} SELECT unnest(?), unnest(?)
     ON CONFLICT DO UPDATE SET next_offset = greatest(${table}.next_offset, excluded.next_offset)`,
    {
      values: [listValue([...nextOffsets.keys()]), listValue([...nextOffsets.values()])],
      types: [LIST(INTEGER), LIST(BIGINT)],
    },
  );
}

/** Those of the batch, and what came under an id that something else has. */
const deadLettersOf = (
  { rows }: Batch,
  reused: readonly Pick<DeadLetterRow, "campaign" | "source">[],
): DeadLetterRow[] => [
  ...rows.filter((row) => row.kind === "dead-letter"),
  ...reused.map(({ campaign, source }): DeadLetterRow => ({
    kind: "dead-letter",
    code: "submission-reused",
    campaign,
    source,
  })),
];

const readerName = ({ tenant, campaign, reader }: ReaderOf): string =>
  `${tenant}|${campaign}|${reader}`;

/**
 * Everything of `batch`, or, where it throws, nothing once the caller has rolled back. The staging tables are empty before and
 * after: what a failed batch left in them is rolled back with it.
 */
export async function writeBatch(connection: DuckDBConnection, batch: Batch): Promise<Written> {
  const withdrawals = batch.rows.filter((row) => row.kind === "withdrawal");
  const requests = batch.rows.filter((row) => row.kind === "request");
  // First, so that nothing from before an erasure is stored, wherever it lies in the batch.
  const asked = await storeRequests(connection, requests);
  const submissions = batch.rows.filter((row) => row.kind === "submission");
  const submitted = await storeSubmissions(connection, submissions);
  const preferences = batch.rows.filter((row) => row.kind === "preferences");
  const preferred = await storePreferences(connection, preferences);
  const withdrawn = await storeWithdrawals(connection, withdrawals);
  const changed = [...submitted.fresh, ...preferred.fresh, ...withdrawals, ...requests];
  const commit = await commitNumber(connection);
  const marked = preferences.length + withdrawals.length + requests.length > 0;
  const counted =
    changed.length > 0 ? await countReaders(connection, submitted.fresh, commit, marked) : [];
  await tally(connection, counted);
  const real = new Set(changed.filter(({ test }) => !test).map(readerName));
  const readers = counted.filter((change) => real.has(readerName(change)));
  const refusals = [
    ...withdrawals,
    ...requests.filter(({ request }) => request === "erase"),
    ...[...submitted.fresh, ...preferred.fresh].filter((row) => row.refusesEvents),
  ];
  await refuseEvents(connection, refusals);
  // Nothing was ever kept of a reader who is new.
  const known = counted.filter(({ isNew }) => isNew !== true);
  const activities = await refuseActivities(connection, known);
  const erasing = requests.filter(({ request }) => request === "erase");
  await eraseDeliveriesOf(connection, erasing);
  const deadLetters = deadLettersOf(batch, [...submitted.reused, ...preferred.reused]);
  if (batch.replay) await settle(connection, batch, deadLetters);
  await storeDeadLetters(connection, deadLetters);
  await finishRequests(connection, requests);
  await storeOffsets(connection, batch.nextOffsets);
  const waiting = await storeOutgoing(
    connection,
    recordsOf(batch.publish, {
      requests: asked,
      answers: submitted.fresh,
      preferences: preferred.fresh,
      withdrawals: withdrawn,
      refusals,
      readers,
      deadLetters,
    }),
    commit,
  );
  if (submissions.length > 0) await execute(connection, "DELETE FROM incoming");
  return {
    stored: submitted.fresh,
    duplicates:
      submitted.duplicates +
      preferred.duplicates +
      (withdrawals.length - withdrawn.length) +
      (requests.length - asked.length),
    withdrawals: withdrawn.length,
    preferences: preferred.fresh.length,
    requests: asked,
    deadLetters,
    campaigns: new Set(changed.map(({ campaign }) => campaign)),
    readers,
    activities,
    outgoing: { commit, waiting, takesBack: refusals.length > 0 },
  };
}
