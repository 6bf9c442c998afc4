// One batch into the tables, inside the transaction that the caller holds. Whatever comes twice, or in another order,
// leaves the same rows.
import { BIGINT, INTEGER, LIST, listValue, type DuckDBConnection } from "@duckdb/node-api";
import { eraseDeliveriesOf, refuseActivities } from "../activities/refuse.ts";
import { instant, readerName } from "./keys.ts";
import { refuseEvents } from "./events.ts";
import { newcomerChange, newcomersOf, storeNewcomers, type Newcomer } from "./newcomers.ts";
import { storePreferences } from "./preferences.ts";
import { countReaders, storeWithdrawals } from "./readers.ts";
import { finishRequests, storeRequests } from "./requests.ts";
import { commitNumber, storeOutgoing } from "./outgoing.ts";
import { recordsOf } from "./published.ts";
import type { Batch, DeadLetterRow, ReaderChange, Row, SubmissionRow, Written } from "./rows.ts";
import { appendTo, execute } from "./statements.ts";
import type { Sorted } from "./store-new.ts";
import { storeAnswers, storeSubmissions } from "./submissions.ts";
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
  const parameters = {
    values: [listValue([...nextOffsets.keys()]), listValue([...nextOffsets.values()])],
    types: [LIST(INTEGER), LIST(BIGINT)],
  };
  // All are there but for the first time: an update costs half of an upsert.
  const { rowsChanged } = await execute(
    connection,
    `UPDATE ${table} SET
       next_offset = greatest(next_offset, list_extract($2::BIGINT[], list_position($1::INTEGER[], "partition")))
     WHERE list_contains($1::INTEGER[], "partition")`,
    parameters,
  );
  if (rowsChanged === nextOffsets.size) return;
  await execute(
    connection,
    `INSERT INTO ${table} SELECT unnest(?), unnest(?)
     ON CONFLICT DO UPDATE SET next_offset = greatest(${table}.next_offset, excluded.next_offset)`,
    parameters,
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

/** What became of a batch's answers. */
interface Answered {
  readonly newcomers: readonly Newcomer[];
  /** Of all others. */
  readonly others: Sorted<SubmissionRow>;
  readonly fresh: readonly SubmissionRow[];
}

/** Stores answers and their values, and of readers who are new all that there is; of others what is new is in `incoming`. */
async function storeAnswered(
  connection: DuckDBConnection,
  rows: readonly Row[],
  newcomers: readonly Newcomer[],
  commit: bigint,
): Promise<Answered> {
  await storeNewcomers(connection, newcomers, commit);
  const isNew = new Set(newcomers.map(({ row }) => row));
  const submissions = rows.filter((row) => row.kind === "submission");
  const others = await storeSubmissions(
    connection,
    submissions.filter((row) => !isNew.has(row)),
  );
  await storeAnswers(connection, [...newcomers, ...others.keyed]);
  const fresh = new Set([...isNew, ...others.fresh]);
  // In the order in which they came.
  return { newcomers, others, fresh: submissions.filter((row) => fresh.has(row)) };
}

/** Brings readers and counters up to date: what holds of each reader from now on. */
async function count(
  connection: DuckDBConnection,
  { newcomers, others }: Answered,
  commit: bigint,
  marked: boolean,
): Promise<ReaderChange[]> {
  const recounted =
    others.keyed.length > 0 || marked
      ? await countReaders(connection, others.fresh, commit, marked)
      : [];
  if (others.keyed.length > 0) await execute(connection, "DELETE FROM incoming");
  const keys = new Map(newcomers.map(({ row, reader }) => [newcomerChange(row, commit), reader]));
  const counted = [...keys.keys(), ...recounted];
  await tally(connection, counted, keys);
  return counted;
}

/**
 * Everything of `batch`, or, where it throws, nothing once the caller has rolled back. The staging tables are empty before and
 * after: what a failed batch left in them is rolled back with it. With `guess`, readers who cannot be known are taken for new
 * without a look; where DuckDB's `Constraint Error` says that one was known, then again without.
 */
export async function writeBatch(
  connection: DuckDBConnection,
  batch: Batch,
  guess = true,
): Promise<Written> {
  const withdrawals = batch.rows.filter((row) => row.kind === "withdrawal");
  const requests = batch.rows.filter((row) => row.kind === "request");
  const newcomers = guess ? await newcomersOf(connection, batch.rows) : [];
  // First, so that nothing from before an erasure is stored, wherever it lies in the batch.
  const asked = await storeRequests(connection, requests);
  const commit = await commitNumber(connection);
  const answered = await storeAnswered(connection, batch.rows, newcomers, commit);
  const { fresh: stored, others } = answered;
  const preferences = batch.rows.filter((row) => row.kind === "preferences");
  const preferred = await storePreferences(connection, preferences);
  const withdrawn = await storeWithdrawals(connection, withdrawals);
  const changed = [...stored, ...preferred.fresh, ...withdrawals, ...requests];
  const marked = preferences.length + withdrawals.length + requests.length > 0;
  const counted = await count(connection, answered, commit, marked);
  const real = new Set(changed.filter(({ test }) => !test).map(readerName));
  const readers = counted.filter((change) => real.has(readerName(change)));
  const refusals = [
    ...withdrawals,
    ...requests.filter(({ request }) => request === "erase"),
    ...[...stored, ...preferred.fresh].filter((row) => row.refusesEvents),
  ];
  await refuseEvents(connection, refusals);
  // Nothing was ever kept of a reader who is new.
  const known = counted.filter(({ isNew }) => isNew !== true);
  const activities = await refuseActivities(connection, known);
  const erasing = requests.filter(({ request }) => request === "erase");
  await eraseDeliveriesOf(connection, erasing);
  const deadLetters = deadLettersOf(batch, [...others.reused, ...preferred.reused]);
  if (batch.replay) await settle(connection, batch, deadLetters);
  await storeDeadLetters(connection, deadLetters);
  await finishRequests(connection, requests);
  await storeOffsets(connection, batch.nextOffsets);
  const news = {
    requests: asked,
    answers: stored,
    preferences: preferred.fresh,
    refusals,
    readers,
  };
  const waiting = await storeOutgoing(
    connection,
    recordsOf(batch.publish, { ...news, withdrawals: withdrawn, deadLetters }),
    commit,
  );
  return {
    stored,
    duplicates:
      others.duplicates +
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
