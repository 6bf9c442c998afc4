// What was stored and is still to be published, in one transaction with what it tells of: so nothing that was refused is ever
// published, and nothing that was stored is left out, whenever the process dies.
import { setImmediate as nextTurn } from "node:timers/promises";
import {
  BIGINT,
  DuckDBBlobValue,
  LIST,
  listValue,
  VARCHAR,
  type DuckDBConnection,
} from "@duckdb/node-api";
import { utf8 } from "../../sdk/bytes.ts";
import type { Outgoing } from "../opened/records.ts";
import type { StreamRecord } from "../stream/stream.ts";
import { schemaHeader } from "../stream/topics.ts";
import { appendRows, typesOf, type Cells } from "./append.ts";
import { bigintCell, bytesCell, numberCell, textCell } from "./cells.ts";
import { outgoing } from "./schema/own.ts";
import { execute } from "./statements.ts";

const numbered = "outgoing";
const types = typesOf(outgoing);
/** Written out without a pause. */
const recordsPerTurn = 128;

/** The last number that a commit used. A restored copy may have lost some that were published: the clock is past those. */
export async function raiseNumbers(connection: DuckDBConnection): Promise<void> {
  await connection.run(
    `INSERT INTO counters VALUES ('${numbered}', ?)
     ON CONFLICT DO UPDATE SET value = greatest(counters.value, excluded.value)`,
    [BigInt(Date.now()) * 1000n],
    [BIGINT],
  );
}

/** So many numbers are taken at a time: the table says up to which they may have been used. */
const numbersTaken = 1_000_000n;

interface Numbers {
  last: bigint;
  /** All of them may be used, once the table says so. */
  to: bigint;
}
const numbersOf = new WeakMap<DuckDBConnection, Numbers>();

async function numbers(connection: DuckDBConnection): Promise<Numbers> {
  const known = numbersOf.get(connection);
  if (known !== undefined) return known;
  const reader = await execute(connection, `SELECT value FROM counters WHERE name = '${numbered}'`);
  const last = bigintCell(reader.getRowsJS()[0]?.[0]);
  const read = { last, to: last };
  numbersOf.set(connection, read);
  return read;
}

/** The last number that was used. */
export const lastNumber = async (connection: DuckDBConnection): Promise<bigint> =>
  (await numbers(connection)).last;

/** The number of the commit under way: greater than any before. */
export const commitNumber = async (connection: DuckDBConnection): Promise<bigint> =>
  (await lastNumber(connection)) + 1n;

/**
 * Of a commit that is rolled back, what was used stays used, and what was only taken is taken anew by the next: numbers must not
 * run ahead of the clock, which `raiseNumbers` trusts to be past them.
 */
export function forgetNumbers(connection: DuckDBConnection): void {
  const known = numbersOf.get(connection);
  if (known !== undefined) known.to = known.last;
}

/** A record that waits, by its number. */
export interface Waiting {
  readonly seq: bigint;
  readonly topic: string;
  readonly record: StreamRecord;
}

const cells: Cells<Waiting> = [
  ({ seq }) => seq,
  ({ topic }) => topic,
  ({ record }) => record.key,
  ({ record }) => record.headers[schemaHeader] ?? "",
  ({ record }) => new DuckDBBlobValue(record.value),
];

/** Puts records down to be published, in their order, and uses up the commit's number. As they wait. */
export async function storeOutgoing(
  connection: DuckDBConnection,
  records: Iterable<Outgoing>,
  commit: bigint,
): Promise<readonly Waiting[]> {
  const waiting: Waiting[] = [];
  for (const { topic, key, schema, value } of records) {
    waiting.push({
      seq: commit + BigInt(waiting.length),
      topic,
      record: { key, headers: { [schemaHeader]: schema }, value: utf8(JSON.stringify(value)) },
    });
    if (waiting.length % recordsPerTurn === 0) await nextTurn();
  }
  await appendRows(connection, { table: "outgoing", temporary: false, types }, waiting, cells);
  const used = await numbers(connection);
  used.last = commit + BigInt(waiting.length);
  if (used.last > used.to) {
    used.to = used.last + numbersTaken;
    await execute(connection, `UPDATE counters SET value = $1::BIGINT WHERE name = '${numbered}'`, {
      values: [used.to],
      types: [BIGINT],
    });
  }
  return waiting;
}

const decided = (value: string): string =>
  `least((${value} ->> 'givenAt')::TIMESTAMP, (${value} ->> 'admittedAt')::TIMESTAMP)`;
const json = "decode(o.value)"; // In brackets wherever it is read: `->>` binds weaker than `=` and AND.

// What an erasure took away, and events that are no longer agreed to, wait here no longer either.
export const unpublishErased = `
  DELETE FROM outgoing o USING requesting r
  WHERE r.request = 'erase' AND o.key = r.tenant || '|' || r.reader
    AND (${json} ->> 'kind') IN ('answer', 'preferences') AND ${decided(json)} <= r.admitted_at`;

const unpublishRefused = `
  DELETE FROM outgoing o USING (SELECT unnest($1) AS key, unnest($2) AS refused_at) r
  WHERE o.key = r.key AND (${json} ->> 'kind') = 'event' AND epoch_ms(${decided(json)}) <= r.refused_at`;

/** Readers by `tenant|reader`, with the time of the refusal in Unix milliseconds. */
export async function unpublishEvents(
  connection: DuckDBConnection,
  refused: ReadonlyMap<string, number>,
): Promise<void> {
  await execute(connection, unpublishRefused, {
    values: [
      listValue([...refused.keys()]),
      listValue(Array.from(refused.values(), (at) => BigInt(at))),
    ],
    types: [LIST(VARCHAR), LIST(BIGINT)],
  });
}

/** The next records after `after`, in order, at most `limit`. `region` is their header. */
export async function waitingRecords(
  connection: DuckDBConnection,
  after: bigint,
  limit: number,
): Promise<Waiting[]> {
  const reader = await execute(
    connection,
    `SELECT seq, topic, key, schema, value FROM outgoing WHERE seq > $1 ORDER BY seq LIMIT $2`,
    { values: [after, limit], types: [BIGINT, BIGINT] },
  );
  return reader.getRowsJS().map(([seq, topic, key, schema, value]) => ({
    seq: bigintCell(seq),
    topic: textCell(topic),
    record: {
      key: textCell(key),
      headers: { [schemaHeader]: textCell(schema) },
      value: bytesCell(value),
    },
  }));
}

/** How many wait after `after`. */
export async function countWaiting(connection: DuckDBConnection, after: bigint): Promise<number> {
  const reader = await execute(connection, "SELECT count(*) FROM outgoing WHERE seq > $1", {
    values: [after],
    types: [BIGINT],
  });
  return numberCell(reader.getRowsJS()[0]?.[0]);
}

/** Deletes what was published, up to and with `to`. */
export async function forgetPublished(connection: DuckDBConnection, to: bigint): Promise<void> {
  await execute(connection, "DELETE FROM outgoing WHERE seq <= $1", {
    values: [to],
    types: [BIGINT],
  });
}
