// Everything the warehouse holds of one reader, newest first.
import type { DuckDBConnection, DuckDBResultReader, DuckDBValue } from "@duckdb/node-api";
import { activitiesOf, deliveriesOf, type KeptDelivery } from "../activities/refuse.ts";
import type { ActivityRow } from "../activities/rows.ts";
import { numberCell, textCell, textsCell } from "./cells.ts";
import { eventsOf, type KeptEvent } from "./events.ts";
import { readerKey } from "./keys.ts";
import type { AnswerRow, ReaderOf } from "./rows.ts";
import { valuesOf } from "./values.ts";

/** Rows of each kind; what a reader can send in an hour is bounded, so this is months of it. */
const rowsMax = 1_000;

type Cells = ReturnType<DuckDBResultReader["getRowsJS"]>[number];

/** Times in Unix milliseconds. */
export interface KeptAnswer {
  readonly submissionId: string;
  readonly receiptId: string;
  readonly revision: number;
  readonly test: boolean;
  readonly channel: string;
  readonly language: string;
  readonly notice: number;
  readonly purposes: readonly string[];
  readonly givenAt: number;
  readonly admittedAt: number;
  readonly outcome: string | undefined;
  /** Whether it is the one that counts. */
  readonly current: boolean;
  readonly values: AnswerRow[];
}

export interface KeptPreferences {
  readonly submissionId: string;
  readonly receiptId: string;
  readonly language: string;
  readonly notice: number;
  readonly purposes: readonly string[];
  readonly givenAt: number;
  readonly admittedAt: number;
  readonly topics: readonly string[];
  readonly frequency: string | undefined;
}

export interface KeptOfReader {
  readonly answers: readonly KeptAnswer[];
  /** How many there are, those left out among them. */
  readonly answersInAll: number;
  readonly preferences: readonly KeptPreferences[];
  readonly withdrawals: readonly { submissionId: string; receiptId: string; admittedAt: number }[];
  readonly requests: readonly {
    submissionId: string;
    request: string;
    via: string;
    admittedAt: number;
  }[];
  /** What the reader did on the page. */
  readonly events: readonly KeptEvent[];
  /** What the sender's systems told of the reader, and of mails to the reader. */
  readonly activities: readonly ActivityRow[];
  readonly deliveries: readonly KeptDelivery[];
  /** Records that could not be read; they are kept sealed. */
  readonly unreadable: readonly { code: string; appendedAt: number }[];
}

const optionalText = (cell: Cells[number] | undefined): string | undefined =>
  cell === null ? undefined : textCell(cell);

async function answersOf(
  connection: DuckDBConnection,
  key: DuckDBValue,
): Promise<Pick<KeptOfReader, "answers" | "answersInAll">> {
  const found = await connection.runAndReadAll(
    `SELECT key::VARCHAR, submission_id, receipt_id, revision, test, channel, language, notice, purposes,
            epoch_ms(given_at), epoch_ms(admitted_at), outcome,
            key IN (SELECT "current" FROM readers WHERE key = $1 AND "current" IS NOT NULL),
            count(*) OVER ()
     FROM submissions WHERE reader_key = $1 ORDER BY admitted_at DESC, "offset" DESC LIMIT ${rowsMax}`,
    [key],
  );
  const answers = new Map(
    found.getRowsJS().map((cells): [string, KeptAnswer] => {
      const [submission, submissionId, receiptId, revision, test, channel, language, notice] =
        cells;
      const [purposes, givenAt, admittedAt, outcome, current] = cells.slice(8);
      return [
        textCell(submission),
        {
          submissionId: textCell(submissionId),
          receiptId: textCell(receiptId),
          revision: numberCell(revision),
          test: test === true,
          channel: textCell(channel),
          language: textCell(language),
          notice: numberCell(notice),
          purposes: textsCell(purposes),
          givenAt: numberCell(givenAt),
          admittedAt: numberCell(admittedAt),
          outcome: optionalText(outcome),
          current: current === true,
          values: [],
        },
      ];
    }),
  );
  const values = await valuesOf(connection, [...answers.keys()]);
  for (const [submission, rows] of values) answers.get(submission)?.values.push(...rows);
  return {
    answers: [...answers.values()],
    answersInAll: numberCell(found.getRowsJS()[0]?.[13] ?? 0),
  };
}

async function preferencesOf(
  connection: DuckDBConnection,
  key: DuckDBValue,
): Promise<KeptPreferences[]> {
  const found = await connection.runAndReadAll(
    `SELECT submission_id, receipt_id, language, notice, purposes, epoch_ms(given_at), epoch_ms(admitted_at), topics,
            frequency
     FROM preferences WHERE reader_key = $1 ORDER BY admitted_at DESC, "offset" DESC LIMIT ${rowsMax}`,
    [key],
  );
  return found.getRowsJS().map((cells) => {
    const [submissionId, receiptId, language, notice, purposes, givenAt, admittedAt] = cells;
    const [topics, frequency] = cells.slice(7);
    return {
      submissionId: textCell(submissionId),
      receiptId: textCell(receiptId),
      language: textCell(language),
      notice: numberCell(notice),
      purposes: textsCell(purposes),
      givenAt: numberCell(givenAt),
      admittedAt: numberCell(admittedAt),
      topics: textsCell(topics),
      frequency: optionalText(frequency),
    };
  });
}

/** What is kept of one reader, in one state of the tables; at most 1,000 rows of each kind. */
export async function keptOf(
  connection: DuckDBConnection,
  reader: ReaderOf,
): Promise<KeptOfReader> {
  const key = readerKey(reader);
  const mine = "tenant = $1 AND campaign = $2 AND reader = $3";
  const names = [reader.tenant, reader.campaign, reader.reader];
  const newest = `ORDER BY admitted_at DESC LIMIT ${rowsMax}`;
  const withdrawals = await connection.runAndReadAll(
    `SELECT submission_id, receipt_id, epoch_ms(admitted_at) FROM withdrawals WHERE ${mine} ${newest}`,
    names,
  );
  const requests = await connection.runAndReadAll(
    `SELECT submission_id, request, via, epoch_ms(admitted_at) FROM requests WHERE reader_key = $1 ${newest}`,
    [key],
  );
  const unreadable = await connection.runAndReadAll(
    `SELECT code, epoch_ms(appended_at) FROM dead_letters WHERE record_key = $1
     ORDER BY appended_at DESC LIMIT ${rowsMax}`,
    [`${reader.tenant}|${reader.reader}`],
  );
  return {
    ...(await answersOf(connection, key)),
    preferences: await preferencesOf(connection, key),
    withdrawals: withdrawals.getRowsJS().map(([submissionId, receiptId, admittedAt]) => ({
      submissionId: textCell(submissionId),
      receiptId: textCell(receiptId),
      admittedAt: numberCell(admittedAt),
    })),
    requests: requests.getRowsJS().map(([submissionId, request, via, admittedAt]) => ({
      submissionId: textCell(submissionId),
      request: textCell(request),
      via: textCell(via),
      admittedAt: numberCell(admittedAt),
    })),
    events: await eventsOf(connection, reader, rowsMax),
    activities: (await activitiesOf(connection, reader)).slice(-rowsMax).reverse(),
    deliveries: await deliveriesOf(connection, reader, rowsMax),
    unreadable: unreadable.getRowsJS().map(([code, appendedAt]) => ({
      code: textCell(code),
      appendedAt: numberCell(appendedAt),
    })),
  };
}
