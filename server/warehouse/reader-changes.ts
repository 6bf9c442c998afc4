// What a commit changed for its readers: most of it is in the batch itself; of readers who were recounted the rest is read back.
import type { DuckDBConnection } from "@duckdb/node-api";
import { numberCell, textCell, textsCell } from "./cells.ts";
import { submissionKey } from "./keys.ts";
import type { CurrentAnswer, ReaderChange, SubmissionRow } from "./rows.ts";
import { valuesOf } from "./values.ts";

export const currentOf = (row: SubmissionRow): CurrentAnswer => ({
  submissionId: row.submissionId,
  revision: row.revision,
  channel: row.channel,
  language: row.language,
  outcome: row.outcome,
  admittedAt: row.admittedAt,
  answers: row.answers,
});

/** A new answer that counts, with nothing else to be weighed against it; `submissions` is how many the reader has now. */
export interface Decided {
  readonly row: SubmissionRow;
  readonly submissions: number;
}

/** By reader's key. */
export const decidedChanges = (
  decided: ReadonlyMap<string, Decided>,
  sequence: bigint,
): ReaderChange[] =>
  Array.from(decided.values(), ({ row, submissions }) => ({
    tenant: row.tenant,
    campaign: row.campaign,
    reader: row.reader,
    sequence: Number(sequence),
    current: currentOf(row),
    purposes: row.purposes,
    submissions,
    held: false,
    // Whoever withdrew or set preferences before is recounted, and so is not among these.
    isNew: submissions === 1,
  }));

// One equality alone: with a second condition DuckDB compares every reader with every submission.
const recounted = `
  SELECT r.key::VARCHAR, r.tenant, r.campaign, r.reader, r.sequence, r.purposes, r."current"::VARCHAR,
         s.submission_id, s.revision, s.channel, s.language, s.outcome, epoch_ms(s.admitted_at),
         r.submissions, coalesce(r.held AND r.consented IS DISTINCT FROM false, false)
  FROM readers r
  LEFT JOIN submissions s ON s.key = CASE WHEN r.consented IS DISTINCT FROM false THEN r."current" END
  WHERE r.key IN (SELECT key FROM touched)`;

/** Of the readers in `touched`, by key; `fresh` spares reading back what has only just been written. */
export async function recountedChanges(
  connection: DuckDBConnection,
  fresh: readonly SubmissionRow[],
): Promise<Map<string, ReaderChange>> {
  const found = (await connection.runAndReadAll(recounted)).getRowsJS();
  const inBatch = new Map(fresh.map((row) => [submissionKey(row).toString(), row]));
  const earlier = found.flatMap((cells) =>
    cells[7] === null || inBatch.has(textCell(cells[6])) ? [] : [textCell(cells[6])],
  );
  const values = await valuesOf(connection, earlier);
  return new Map(
    found.map((cells) => {
      const [key, tenant, campaign, reader, sequence, purposes, current, submissionId] = cells;
      const [revision, channel, language, outcome, admittedAt, submissions, held] = cells.slice(8);
      const answer = (): CurrentAnswer => ({
        submissionId: textCell(submissionId),
        revision: numberCell(revision),
        channel: textCell(channel),
        language: textCell(language),
        outcome: outcome === null ? undefined : textCell(outcome),
        admittedAt: numberCell(admittedAt),
        answers: inBatch.get(textCell(current))?.answers ?? values.get(textCell(current)) ?? [],
      });
      return [
        textCell(key),
        {
          tenant: numberCell(tenant),
          campaign: textCell(campaign),
          reader: textCell(reader),
          sequence: numberCell(sequence),
          current: submissionId === null ? undefined : answer(),
          purposes: textsCell(purposes),
          submissions: numberCell(submissions),
          held: held === true,
        },
      ];
    }),
  );
}
