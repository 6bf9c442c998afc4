// One batch into the tables, inside the transaction that the caller holds. Whatever comes twice, or in another order,
// leaves the same rows.
import {
  BIGINT,
  DuckDBDateValue,
  INTEGER,
  LIST,
  listValue,
  UUID,
  VARCHAR,
  type DuckDBAppender,
  type DuckDBConnection,
  type DuckDBUUIDValue,
} from "@duckdb/node-api";
import { bytesCell, textCell } from "./cells.ts";
import { instant, readerKey, submissionKey } from "./keys.ts";
import { countReaders, storeWithdrawals } from "./readers.ts";
import type { AnswerRow, Batch, DeadLetterRow, SubmissionRow, Written } from "./rows.ts";
import { appendTo, execute } from "./statements.ts";

interface Keyed {
  readonly row: SubmissionRow;
  readonly key: DuckDBUUIDValue;
}

const sameAnswer = (row: SubmissionRow, envelopeSha256: Uint8Array): boolean =>
  Buffer.compare(row.envelopeSha256, envelopeSha256) === 0;

/** What became of a batch's submissions. */
interface Sorted {
  readonly fresh: readonly SubmissionRow[];
  readonly duplicates: number;
  /** Another answer under an id used before: kept as dead letters, for they were acknowledged too. */
  readonly reused: readonly SubmissionRow[];
}

const incomingTable = { table: "incoming", temporary: true };

function appendIncoming(appender: DuckDBAppender, rows: Iterable<Keyed>): void {
  for (const { row, key } of rows) {
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
}

async function keptDigests(
  connection: DuckDBConnection,
  keys: readonly DuckDBUUIDValue[],
): Promise<Map<string, Uint8Array>> {
  const reader = await connection.runAndReadAll(
    "SELECT key::VARCHAR, envelope_sha256 FROM submissions WHERE key IN (SELECT unnest(?))",
    [listValue(keys)],
    [LIST(UUID)],
  );
  return new Map(reader.getRowsJS().map(([key, digest]) => [textCell(key), bytesCell(digest)]));
}

/** Stores what is new and leaves exactly that in `incoming`. */
async function storeSubmissions(
  connection: DuckDBConnection,
  rows: readonly SubmissionRow[],
): Promise<Sorted> {
  if (rows.length === 0) return { fresh: [], duplicates: 0, reused: [] };
  const incoming = new Map<string, Keyed>();
  const again: Keyed[] = [];
  for (const row of rows) {
    const key = submissionKey(row);
    if (incoming.has(key.toString())) again.push({ row, key });
    else incoming.set(key.toString(), { row, key });
  }
  await appendTo(connection, incomingTable, (appender) =>
    appendIncoming(appender, incoming.values()),
  );
  const inserted = await execute(
    connection,
    "INSERT INTO submissions SELECT * FROM incoming ON CONFLICT DO NOTHING RETURNING key::VARCHAR",
  );
  const isFresh = new Set(inserted.getRowsJS().map(([key]) => textCell(key)));
  const fresh: SubmissionRow[] = [];
  const stale: Keyed[] = [];
  for (const [key, keyed] of incoming)
    if (isFresh.has(key)) fresh.push(keyed.row);
    else stale.push(keyed);
  const repeats = [...stale, ...again];
  if (repeats.length === 0) return { fresh, duplicates: 0, reused: [] };
  const kept = await keptDigests(
    connection,
    repeats.map(({ key }) => key),
  );
  const reused = repeats.filter(
    ({ row, key }) => !sameAnswer(row, kept.get(key.toString()) ?? new Uint8Array()),
  );
  if (stale.length > 0)
    await connection.run(
      "DELETE FROM incoming WHERE key IN (SELECT unnest(?))",
      [listValue(stale.map(({ key }) => key))],
      [LIST(UUID)],
    );
  return {
    fresh,
    duplicates: repeats.length - reused.length,
    reused: reused.map(({ row }) => row),
  };
}

const dayMs = 86_400_000;
const dayOf = (date: string): DuckDBDateValue =>
  new DuckDBDateValue(Date.parse(`${date}T00:00:00Z`) / dayMs);

function appendAnswer(
  appender: DuckDBAppender,
  { tenant, campaign }: SubmissionRow,
  key: DuckDBUUIDValue,
  { question, position, option, number, text, date }: AnswerRow,
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
  appender.endRow();
}

async function storeAnswers(
  connection: DuckDBConnection,
  rows: readonly SubmissionRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await appendTo(connection, { table: "answers", temporary: false }, (appender) => {
    for (const row of rows) {
      const key = submissionKey(row);
      for (const answer of row.answers) appendAnswer(appender, row, key, answer);
    }
  });
}

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

async function storeOffsets(
  connection: DuckDBConnection,
  nextOffsets: Batch["nextOffsets"],
): Promise<void> {
  if (nextOffsets.size === 0) return;
  await execute(
    connection,
    `INSERT INTO offsets SELECT unnest(?), unnest(?)
     ON CONFLICT DO UPDATE SET next_offset = greatest(offsets.next_offset, excluded.next_offset)`,
    {
      values: [listValue([...nextOffsets.keys()]), listValue([...nextOffsets.values()])],
      types: [LIST(INTEGER), LIST(BIGINT)],
    },
  );
}

/**
 * Everything of `batch`, or, where it throws, nothing once the caller has rolled back. The staging tables are empty before and
 * after: what a failed batch left in them is rolled back with it.
 */
export async function writeBatch(connection: DuckDBConnection, batch: Batch): Promise<Written> {
  const withdrawals = batch.rows.filter((row) => row.kind === "withdrawal");
  const submissions = batch.rows.filter((row) => row.kind === "submission");
  const { fresh, duplicates, reused } = await storeSubmissions(connection, submissions);
  await storeAnswers(connection, fresh);
  const withdrawn = await storeWithdrawals(connection, withdrawals);
  await countReaders(connection, fresh, withdrawals.length > 0);
  const deadLetters = [
    ...batch.rows.filter((row) => row.kind === "dead-letter"),
    ...reused.map(({ campaign, source }): DeadLetterRow => ({
      kind: "dead-letter",
      code: "submission-reused",
      campaign,
      source,
    })),
  ];
  if (batch.replay) await settle(connection, batch, deadLetters);
  await storeDeadLetters(connection, deadLetters);
  await storeOffsets(connection, batch.nextOffsets);
  if (submissions.length > 0) await execute(connection, "DELETE FROM incoming");
  return {
    stored: fresh,
    duplicates: duplicates + withdrawals.length - withdrawn,
    withdrawals: withdrawn,
    deadLetters,
    campaigns: new Set([...fresh, ...withdrawals].map(({ campaign }) => campaign)),
  };
}
