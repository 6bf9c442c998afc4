// The values of stored answers, read back.
import { LIST, listValue, UUID, DuckDBUUIDValue, type DuckDBConnection } from "@duckdb/node-api";
import { PiiKind } from "../../sdk/schema/opened.ts";
import { numberCell, textCell, textsCell } from "./cells.ts";
import type { AnswerRow } from "./rows.ts";

/** By submission, whose keys are given as text. */
export async function valuesOf(
  connection: DuckDBConnection,
  submissions: readonly string[],
): Promise<Map<string, AnswerRow[]>> {
  const values = new Map(submissions.map((key): [string, AnswerRow[]] => [key, []]));
  if (values.size === 0) return values;
  const found = await connection.runAndReadAll(
    `SELECT submission::VARCHAR, question, position, "option", "number", "text", "date"::VARCHAR, redacted, cleared
     FROM answers WHERE submission IN (SELECT unnest(?)) ORDER BY question, position`,
    [listValue(submissions.map((key) => DuckDBUUIDValue.fromUint128(uint128Of(key))))],
    [LIST(UUID)],
  );
  for (const cells of found.getRowsJS()) {
    const [submission, question, position, option, number, text, date, redacted, cleared] = cells;
    values.get(textCell(submission))?.push({
      question: textCell(question),
      position: numberCell(position),
      ...(option !== null && { option: textCell(option) }),
      ...(number !== null && { number: numberCell(number) }),
      ...(text !== null && { text: textCell(text) }),
      ...(date !== null && { date: textCell(date) }),
      ...(redacted !== null && {
        redacted: textsCell(redacted).map((kind) => PiiKind.parse(kind)),
      }),
      ...(cleared !== null && { cleared: cleared === true }),
    });
  }
  return values;
}

export const uint128Of = (uuid: string): bigint => BigInt(`0x${uuid.replaceAll("-", "")}`);
