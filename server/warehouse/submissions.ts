import {
  DuckDBBlobValue,
  DuckDBDateValue,
  listValue,
  type DuckDBConnection,
  type DuckDBUUIDValue,
} from "@duckdb/node-api";
import { appendRows, typesOf, type Cells } from "./append.ts";
import { instant, readerKey } from "./keys.ts";
import type { AnswerRow, SubmissionRow } from "./rows.ts";
import { answers, submissions } from "./schema/answers.ts";
import { storeNew, type Sorted } from "./store-new.ts";

const submissionTypes = typesOf(submissions);
const answerTypes = typesOf(answers);

/** A row with its key, and its reader's where that is known. */
export interface Keyed<Row = SubmissionRow> {
  readonly row: Row;
  readonly key: DuckDBUUIDValue;
  readonly reader?: DuckDBUUIDValue;
}

const submissionCells: Cells<Keyed> = [
  ({ key }) => key,
  ({ row, reader }) => reader ?? readerKey(row),
  ({ row }) => row.tenant,
  ({ row }) => row.campaign,
  ({ row }) => row.reader,
  ({ row }) => row.submissionId,
  ({ row }) => new DuckDBBlobValue(row.envelopeSha256),
  ({ row }) => row.receiptId,
  ({ row }) => row.revision,
  ({ row }) => row.test,
  ({ row }) => row.channel,
  ({ row }) => row.language,
  ({ row }) => row.notice,
  ({ row }) => listValue(row.purposes),
  ({ row }) => instant(row.givenAt),
  ({ row }) => instant(row.admittedAt),
  ({ row }) => row.outcome ?? null,
  ({ row }) => row.source.partition,
  ({ row }) => row.source.offset,
];

export const stageSubmissions = (
  connection: DuckDBConnection,
  rows: readonly Keyed[],
): Promise<void> =>
  appendRows(
    connection,
    { table: "incoming", temporary: true, types: submissionTypes },
    rows,
    submissionCells,
  );

const dayMs = 86_400_000;
const dayOf = (date: string): DuckDBDateValue =>
  new DuckDBDateValue(Date.parse(`${date}T00:00:00Z`) / dayMs);

interface KeyedAnswer {
  readonly submission: Keyed;
  readonly answer: AnswerRow;
}

const answerCells: Cells<KeyedAnswer> = [
  ({ submission }) => submission.key,
  ({ submission }) => submission.row.tenant,
  ({ submission }) => submission.row.campaign,
  ({ answer }) => answer.question,
  ({ answer }) => answer.position,
  ({ answer }) => answer.option ?? null,
  ({ answer }) => answer.number ?? null,
  ({ answer }) => answer.text ?? null,
  ({ answer }) => (answer.date === undefined ? null : dayOf(answer.date)),
  ({ answer }) => (answer.redacted === undefined ? null : listValue(answer.redacted)),
  ({ answer }) => answer.cleared ?? null,
];

/** The values of answers that are stored. */
export const storeAnswers = (connection: DuckDBConnection, rows: readonly Keyed[]): Promise<void> =>
  appendRows(
    connection,
    { table: "answers", temporary: false, types: answerTypes },
    rows.flatMap((submission) => submission.row.answers.map((answer) => ({ submission, answer }))),
    answerCells,
  );

/** Stores what is new, but for its values, and leaves exactly that in `incoming`. */
export const storeSubmissions = (
  connection: DuckDBConnection,
  rows: readonly SubmissionRow[],
): Promise<Sorted<SubmissionRow>> =>
  storeNew(connection, rows, {
    staging: "incoming",
    table: "submissions",
    stage: stageSubmissions,
  });
