import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import { bigintCell, bytesCell, numberCell, textCell } from "./cells.ts";
import type { StoredRecord } from "../stream/stream.ts";
import type { DeadLetterId } from "./rows.ts";

/** What may be said of a dead letter: nothing of the record but where it lies. Times in Unix milliseconds. */
export interface DeadLetter extends DeadLetterId {
  readonly code: string;
  readonly campaign: string | undefined;
  readonly appendedAt: number;
  readonly failedAt: number;
  readonly attempts: number;
}

const columns = `"partition", "offset", code, campaign, epoch_ms(appended_at), epoch_ms(failed_at), attempts`;

/** Which of them: of a code, of a campaign; without either all. */
export interface LetterFilter {
  readonly code?: string | undefined;
  readonly campaign?: string | undefined;
}

const ofFilter = "(?::VARCHAR IS NULL OR code = ?) AND (?::VARCHAR IS NULL OR campaign = ?)";
const filterValues = ({ code, campaign }: LetterFilter): DuckDBValue[] =>
  [code, code, campaign, campaign].map((value) => value ?? null);

/** In the order of their place on the stream, from after `after` on. */
export async function listDeadLetters(
  connection: DuckDBConnection,
  after: DeadLetterId,
  limit: number,
  filter: LetterFilter = {},
): Promise<DeadLetter[]> {
  const reader = await connection.runAndReadAll(
    `SELECT ${columns} FROM dead_letters
     WHERE ("partition", "offset") > (?, ?) AND ${ofFilter} ORDER BY "partition", "offset" LIMIT ?`,
    [after.partition, after.offset, ...filterValues(filter), limit],
  );
  return reader
    .getRowsJS()
    .map(([partition, offset, code, campaign, appendedAt, failedAt, attempts]) => ({
      partition: numberCell(partition),
      offset: bigintCell(offset),
      code: textCell(code),
      campaign: campaign === null ? undefined : textCell(campaign),
      appendedAt: numberCell(appendedAt),
      failedAt: numberCell(failedAt),
      attempts: numberCell(attempts),
    }));
}

export async function countDeadLetters(connection: DuckDBConnection): Promise<number> {
  const reader = await connection.runAndReadAll("SELECT count(*) FROM dead_letters");
  return numberCell(reader.getRowsJS()[0]?.[0]);
}

/** The campaigns that dead letters of this code name. */
export async function campaignsWaiting(
  connection: DuckDBConnection,
  code: string,
): Promise<string[]> {
  const reader = await connection.runAndReadAll(
    "SELECT DISTINCT campaign FROM dead_letters WHERE code = ? AND campaign IS NOT NULL",
    [code],
  );
  return reader.getRowsJS().map(([campaign]) => textCell(campaign));
}

/** Which dead letters to read back: one, all after a place, or those of a code and campaign. */
export type Selection = DeadLetterId | (LetterFilter & { readonly after: DeadLetterId });

/** The records themselves, as they lay on the stream, in its order. */
export async function deadRecords(
  connection: DuckDBConnection,
  selection: Selection,
  limit: number,
): Promise<StoredRecord[]> {
  const [where, values]: [string, DuckDBValue[]] =
    "after" in selection
      ? [
          `("partition", "offset") > (?, ?) AND ${ofFilter}`,
          [selection.after.partition, selection.after.offset, ...filterValues(selection)],
        ]
      : ['"partition" = ? AND "offset" = ?', [selection.partition, selection.offset]];
  const reader = await connection.runAndReadAll(
    `SELECT topic, "partition", "offset", record_key, headers, value, epoch_ms(appended_at)
     FROM dead_letters WHERE ${where} ORDER BY "partition", "offset" LIMIT ?`,
    [...values, limit],
  );
  return reader.getRowsJS().map(([topic, partition, offset, key, headers, value, appendedAt]) => {
    return {
      topic: textCell(topic),
      partition: numberCell(partition),
      offset: bigintCell(offset),
      key: textCell(key),
      // Written by this server from a record of texts.
      headers: JSON.parse(textCell(headers)) as Readonly<Record<string, string>>,
      value: Uint8Array.from(bytesCell(value)),
      appendedAt: numberCell(appendedAt),
    };
  });
}
