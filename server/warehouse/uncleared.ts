// Answers with a text that no recogniser of names has looked at.
import {
  BOOLEAN,
  DuckDBUUIDValue,
  INTEGER,
  LIST,
  listValue,
  UUID,
  VARCHAR,
  type DuckDBConnection,
} from "@duckdb/node-api";
import type { PiiKind } from "../../sdk/schema/opened.ts";
import { Channel } from "../../sdk/schema/record.ts";
import { numberCell, textCell, textsCell } from "./cells.ts";
import type { AnswerRow, SubmissionRow } from "./rows.ts";
import { uint128Of, valuesOf } from "./values.ts";

/** An answer as its tables hold it, named by its key there. */
export type KeptSubmission = Omit<
  SubmissionRow,
  "kind" | "source" | "envelopeSha256" | "refusesEvents"
> & { readonly key: string };

const columns = `s.key::VARCHAR, s.tenant, s.campaign, s.reader, s.submission_id, s.receipt_id, s.revision, s.test, s.channel,
  s.language, s.notice, s.purposes, epoch_ms(s.given_at), epoch_ms(s.admitted_at), s.outcome`;

/**
 * The next after the key `after`, by key, at most `limit`. Of nobody who took back what the answer was given for: their texts are
 * looked at by nobody any more, and not told again.
 */
export async function unclearedAnswers(
  connection: DuckDBConnection,
  after: string,
  limit: number,
): Promise<KeptSubmission[]> {
  const found = await connection.runAndReadAll(
    `SELECT ${columns} FROM submissions s
     WHERE s.key > ?::UUID AND s.key IN (SELECT submission FROM answers WHERE cleared = false)
       AND s.reader_key NOT IN (
         SELECT key FROM readers WHERE consented = false OR ("current" IS NULL AND withdrawn_at IS NOT NULL))
     ORDER BY s.key LIMIT ?`,
    [after, limit],
  );
  const rows = found.getRowsJS();
  const values = await valuesOf(
    connection,
    rows.map(([key]) => textCell(key)),
  );
  return rows.map((cells) => {
    const [key, tenant, campaign, reader, submissionId, receiptId, revision, test] = cells;
    const [channel, language, notice, purposes, givenAt, admittedAt, outcome] = cells.slice(8);
    return {
      key: textCell(key),
      tenant: numberCell(tenant),
      campaign: textCell(campaign),
      reader: textCell(reader),
      submissionId: textCell(submissionId),
      receiptId: textCell(receiptId),
      revision: numberCell(revision),
      test: test === true,
      channel: Channel.parse(channel),
      language: textCell(language),
      notice: numberCell(notice),
      purposes: textsCell(purposes),
      givenAt: numberCell(givenAt),
      admittedAt: numberCell(admittedAt),
      outcome: outcome === null ? undefined : textCell(outcome),
      answers: values.get(textCell(key)) ?? [],
    };
  });
}

/** A text to be put in the place of the one that was not cleared. */
export interface ClearedText {
  readonly key: string;
  readonly row: AnswerRow;
}

// An erasure since the texts were read has taken their rows: those are not updated, and not published again.
const update = `
  UPDATE answers SET "text" = t."text", redacted = string_split(nullif(t.redacted, ''), ','), cleared = t.cleared
  FROM (SELECT unnest($keys) AS key, unnest($questions) AS question, unnest($positions) AS position,
               unnest($texts) AS "text", unnest($redacted) AS redacted, unnest($cleared) AS cleared) t
  WHERE answers.submission = t.key AND answers.question = t.question AND answers.position = t.position
    AND answers.cleared = false
  RETURNING answers.submission::VARCHAR`;

/** Which answers had such a text, by key. */
export async function storeCleared(
  connection: DuckDBConnection,
  texts: readonly ClearedText[],
): Promise<Set<string>> {
  const updated = await connection.runAndReadAll(
    update,
    {
      keys: listValue(texts.map(({ key }) => DuckDBUUIDValue.fromUint128(uint128Of(key)))),
      questions: listValue(texts.map(({ row }) => row.question)),
      positions: listValue(texts.map(({ row }) => row.position)),
      texts: listValue(texts.map(({ row }) => row.text ?? "")),
      redacted: listValue(texts.map(({ row }) => (row.redacted ?? ([] as PiiKind[])).join(","))),
      cleared: listValue(texts.map(({ row }) => row.cleared === true)),
    },
    {
      keys: LIST(UUID),
      questions: LIST(VARCHAR),
      positions: LIST(INTEGER),
      texts: LIST(VARCHAR),
      redacted: LIST(VARCHAR),
      cleared: LIST(BOOLEAN),
    },
  );
  return new Set(updated.getRowsJS().map(([key]) => textCell(key)));
}
