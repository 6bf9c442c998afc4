// What was stored and is still to be published, in one transaction with what it tells of: so nothing that was refused is ever
// published, and nothing that was stored is left out, whenever the process dies.
import {
  BIGINT,
  LIST,
  listValue,
  VARCHAR,
  type DuckDBAppender,
  type DuckDBConnection,
} from "@duckdb/node-api";
import { utf8 } from "../../sdk/bytes.ts";
import type { Outgoing } from "../opened/records.ts";
import type { StreamRecord } from "../stream/stream.ts";
import { schemaHeader } from "../stream/topics.ts";
import { bigintCell, bytesCell, numberCell, textCell } from "./cells.ts";
import { appendTo, execute } from "./statements.ts";

const numbered = "outgoing";

/** The last number that a commit used. A restored copy may have lost some that were published: the clock is past those. */
export async function raiseNumbers(connection: DuckDBConnection): Promise<void> {
  await connection.run(
    `INSERT INTO counters VALUES ('${numbered}', ?)
     ON CONFLICT DO UPDATE SET value = greatest(counters.value, excluded.value)`,
    [BigInt(Date.now()) * 1000n],
    [BIGINT],
  );
}

/** The last number that was used. */
export async function lastNumber(connection: DuckDBConnection): Promise<bigint> {
  const reader = await execute(connection, `SELECT value FROM counters WHERE name = '${numbered}'`);
  return bigintCell(reader.getRowsJS()[0]?.[0]);
}

/** The number of the commit under way: greater than any before. */
export const commitNumber = async (connection: DuckDBConnection): Promise<bigint> =>
  (await lastNumber(connection)) + 1n;

/** A record that waits, by its number. */
export interface Waiting {
  readonly seq: bigint;
  readonly topic: string;
  readonly record: StreamRecord;
}

function appendRecord(appender: DuckDBAppender, { seq, topic, record }: Waiting): void {
  appender.appendBigInt(seq);
  appender.appendVarchar(topic);
  appender.appendVarchar(record.key);
  appender.appendVarchar(record.headers[schemaHeader] ?? "");
  appender.appendBlob(record.value);
  appender.endRow();
}

/** Puts records down to be published, in their order, and uses up the commit's number. As they wait. */
export async function storeOutgoing(
  connection: DuckDBConnection,
  records: readonly Outgoing[],
  commit: bigint,
): Promise<readonly Waiting[]> {
  const waiting = records.map(({ topic, key, schema, value }, index): Waiting => ({
    seq: commit + BigInt(index),
    topic,
    record: { key, headers: { [schemaHeader]: schema }, value: utf8(JSON.stringify(value)) },
  }));
  if (waiting.length > 0)
    await appendTo(connection, { table: "outgoing", temporary: false }, (appender) => {
      for (const each of waiting) appendRecord(appender, each);
    });
  await execute(connection, `UPDATE counters SET value = $1 WHERE name = '${numbered}'`, {
    values: [commit + BigInt(waiting.length)],
    types: [BIGINT],
  });
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
