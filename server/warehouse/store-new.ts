// Sealed records become rows once: an id is its reader's own, and what an erasure took away does not come back.
import {
  LIST,
  listValue,
  UUID,
  type DuckDBConnection,
  type DuckDBUUIDValue,
} from "@duckdb/node-api";
import { bytesCell, textCell } from "./cells.ts";
import { decidedAt, submissionKey } from "./keys.ts";
import { execute } from "./statements.ts";
import type { ReaderOf } from "./rows.ts";

/** What every such row has. `envelopeSha256` tells a repeat from another content under the same id. */
interface Identified extends ReaderOf {
  readonly submissionId: string;
  readonly envelopeSha256: Uint8Array;
}

/** Where rows go. The staging table has the table's columns, in its order. */
interface Destination<Row> {
  readonly staging: "incoming" | "preferring";
  readonly table: "submissions" | "preferences";
  readonly stage: (
    connection: DuckDBConnection,
    rows: readonly { readonly row: Row; readonly key: DuckDBUUIDValue }[],
  ) => Promise<void>;
}

/** What became of a batch's rows. */
export interface Sorted<Row> {
  readonly fresh: readonly Row[];
  /** The same with their keys. */
  readonly keyed: readonly { readonly row: Row; readonly key: DuckDBUUIDValue }[];
  readonly duplicates: number;
  /** Another content under an id used before: kept as dead letters, for they were acknowledged too. */
  readonly reused: readonly Row[];
}

const insertNew = ({ staging, table }: Destination<never>): string =>
  `INSERT INTO ${table} SELECT * FROM ${staging}
   WHERE NOT EXISTS (SELECT 1 FROM erasures e WHERE e.key = ${staging}.reader_key AND e.erased_at >= ${decidedAt(staging)})
   ON CONFLICT DO NOTHING RETURNING key::VARCHAR`;

async function keptDigests(
  connection: DuckDBConnection,
  table: string,
  keys: readonly DuckDBUUIDValue[],
): Promise<Map<string, Uint8Array>> {
  const reader = await connection.runAndReadAll(
    `SELECT key::VARCHAR, envelope_sha256 FROM ${table} WHERE key IN (SELECT unnest(?))`,
    [listValue(keys)],
    [LIST(UUID)],
  );
  return new Map(reader.getRowsJS().map(([key, digest]) => [textCell(key), bytesCell(digest)]));
}

/** Stores what is new and leaves exactly that in the staging table. */
export async function storeNew<Row extends Identified>(
  connection: DuckDBConnection,
  rows: readonly Row[],
  destination: Destination<Row>,
): Promise<Sorted<Row>> {
  if (rows.length === 0) return { fresh: [], keyed: [], duplicates: 0, reused: [] };
  const { staging, table, stage } = destination;
  const staged = new Map<string, { row: Row; key: DuckDBUUIDValue }>();
  const repeats: { row: Row; key: DuckDBUUIDValue }[] = [];
  for (const row of rows) {
    const key = submissionKey(row);
    if (staged.has(key.toString())) repeats.push({ row, key });
    else staged.set(key.toString(), { row, key });
  }
  await stage(connection, [...staged.values()]);
  const inserted = await execute(connection, insertNew(destination));
  const isFresh = new Set(inserted.getRowsJS().map(([key]) => textCell(key)));
  const keyed: { row: Row; key: DuckDBUUIDValue }[] = [];
  const stale: DuckDBUUIDValue[] = [];
  for (const [text, { row, key }] of staged)
    if (isFresh.has(text)) keyed.push({ row, key });
    else {
      stale.push(key);
      repeats.push({ row, key });
    }
  const fresh = keyed.map(({ row }) => row);
  if (repeats.length === 0) return { fresh, keyed, duplicates: 0, reused: [] };
  const kept = await keptDigests(
    connection,
    table,
    repeats.map(({ key }) => key),
  );
  const reused = repeats.filter(({ row, key }) => {
    const digest = kept.get(key.toString());
    // Neither stored now nor before: it was erased.
    return digest !== undefined && Buffer.compare(row.envelopeSha256, digest) !== 0;
  });
  if (stale.length > 0)
    await connection.run(
      `DELETE FROM ${staging} WHERE key IN (SELECT unnest(?))`,
      [listValue(stale)],
      [LIST(UUID)],
    );
  return {
    fresh,
    keyed,
    duplicates: repeats.length - reused.length,
    reused: reused.map(({ row }) => row),
  };
}
