// Answers of readers who were never heard of, which nearly all are: nothing is there that they could meet, and so they go
// straight into the tables. Whoever may be known takes the other way (submissions.ts, readers.ts).
import { setImmediate as nextTurn } from "node:timers/promises";
import { BIGINT, type DuckDBConnection, type DuckDBUUIDValue } from "@duckdb/node-api";
import { readerKey, readerName, submissionKey } from "./keys.ts";
import { knownReadersOf } from "./known-readers.ts";
import { currentOf } from "./reader-changes.ts";
import type { DeadLetterRow, ReaderChange, Row, SubmissionRow } from "./rows.ts";
import { execute, WrongGuess } from "./statements.ts";
import { stageSubmissions, type Keyed } from "./submissions.ts";

/** Looked up without a pause. */
const lookedPerTurn = 256;

export interface Newcomer extends Keyed {
  readonly reader: DuckDBUUIDValue;
}

/** Of the answers in `rows` those that are the only row of a reader who is not known; all readers of `rows` are from now on. */
export async function newcomersOf(
  connection: DuckDBConnection,
  rows: readonly Row[],
): Promise<Newcomer[]> {
  const known = knownReadersOf(connection);
  if (known === undefined) return [];
  const once = new Map<string, Exclude<Row, DeadLetterRow>>();
  const often = new Set<string>();
  for (const row of rows) {
    if (row.kind === "dead-letter") continue;
    const name = readerName(row);
    if (once.has(name)) often.add(name);
    else once.set(name, row);
  }
  const newcomers: Newcomer[] = [];
  let looked = 0;
  for (const [name, row] of once) {
    if (++looked % lookedPerTurn === 0) await nextTurn();
    const reader = readerKey(row);
    const seen = known.has(reader);
    known.add(reader);
    if (row.kind !== "submission" || row.test || often.has(name) || seen) continue;
    newcomers.push({ row, key: submissionKey(row), reader });
  }
  return newcomers;
}

// Their only answer counts: nobody else's and no earlier one is there for it to be weighed against.
const insertReaders = `
  INSERT INTO readers (key, tenant, campaign, reader, submissions, "current", admitted_at, "offset", outcome, last_at,
                       purposes, sequence)
  SELECT reader_key, tenant, campaign, reader, 1, key, admitted_at, "offset", outcome, admitted_at, purposes, $1::BIGINT
  FROM incoming`;

const isTaken = (error: unknown): boolean =>
  error instanceof Error && /^Constraint Error: .*primary key/is.test(error.message);

/** Stores them, but for their values. Throws WrongGuess where one was known nevertheless. */
export async function storeNewcomers(
  connection: DuckDBConnection,
  newcomers: readonly Newcomer[],
  commit: bigint,
): Promise<void> {
  if (newcomers.length === 0) return;
  await stageSubmissions(connection, newcomers);
  try {
    await execute(connection, "INSERT INTO submissions SELECT * FROM incoming");
    await execute(connection, insertReaders, { values: [commit], types: [BIGINT] });
  } catch (error) {
    throw isTaken(error) ? new WrongGuess() : error;
  }
  await execute(connection, "DELETE FROM incoming");
}

export const newcomerChange = (row: SubmissionRow, commit: bigint): ReaderChange => ({
  tenant: row.tenant,
  campaign: row.campaign,
  reader: row.reader,
  sequence: Number(commit),
  current: currentOf(row),
  purposes: row.purposes,
  submissions: 1,
  held: false,
  isNew: true,
});
