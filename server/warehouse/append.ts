// Many rows into a table, columns at a time: a value costs a fraction of what it costs one by one.
import { setImmediate as nextTurn } from "node:timers/promises";
import {
  BIGINT,
  BLOB,
  BOOLEAN,
  DATE,
  DOUBLE,
  DuckDBDataChunk,
  INTEGER,
  LIST,
  TIMESTAMP_MS,
  UINTEGER,
  USMALLINT,
  UTINYINT,
  UUID,
  VARCHAR,
  type DuckDBAppender,
  type DuckDBConnection,
  type DuckDBType,
  type DuckDBValue,
} from "@duckdb/node-api";
import type { ColumnType, Table } from "./schema/columns.ts";
import { appenderOf, type Target } from "./statements.ts";

/** Appended without a pause: this thread answers the network too. DuckDB takes at most 2048. */
const rowsPerTurn = 128;
/** Handed to the table at once, which costs a millisecond for one as for many, and keeps this thread. */
const rowsPerFlush = 1_024;

const typeOf: Readonly<Record<ColumnType, DuckDBType>> = {
  uuid: UUID,
  text: VARCHAR,
  texts: LIST(VARCHAR),
  bytes: BLOB,
  boolean: BOOLEAN,
  uint8: UTINYINT,
  uint16: USMALLINT,
  uint32: UINTEGER,
  int32: INTEGER,
  int64: BIGINT,
  number: DOUBLE,
  date: DATE,
  instant: TIMESTAMP_MS,
};

/** The types of a table's columns, in their order. */
export const typesOf = ({ columns }: Pick<Table, "columns">): readonly DuckDBType[] =>
  columns.map(({ type }) => typeOf[type]);

/** By its types, emptied after each use: making one costs more than filling it with a few rows. */
const chunks = new WeakMap<readonly DuckDBType[], DuckDBDataChunk>();

/** What a table's columns hold of a row, in their order. */
export type Cells<Row> = readonly ((row: Row) => DuckDBValue)[];

function appendChunk<Row>(
  appender: DuckDBAppender,
  types: readonly DuckDBType[],
  rows: readonly Row[],
  cells: Cells<Row>,
): void {
  const chunk = chunks.get(types) ?? DuckDBDataChunk.create(types);
  chunks.set(types, chunk);
  try {
    chunk.rowCount = rows.length;
    for (const [column, cellOf] of cells.entries()) {
      const vector = chunk.getColumnVector(column);
      for (const [index, row] of rows.entries()) vector.setItem(index, cellOf(row));
      vector.flush();
    }
    appender.appendDataChunk(chunk);
  } finally {
    chunk.reset();
  }
}

/** Appends all rows or, where it throws, none once the caller has rolled back. */
export async function appendRows<Row>(
  connection: DuckDBConnection,
  target: Target & { readonly types: readonly DuckDBType[] },
  rows: readonly Row[],
  cells: Cells<Row>,
): Promise<void> {
  if (rows.length === 0) return;
  const { types } = target;
  // DuckDB would read beyond what was written.
  if (cells.length !== types.length) throw new TypeError("as many cells as columns");
  const appender = await appenderOf(connection, target);
  try {
    for (let start = 0; start < rows.length; start += rowsPerTurn) {
      const end = Math.min(start + rowsPerTurn, rows.length);
      appendChunk(appender, types, rows.slice(start, end), cells);
      if (rows.length > rowsPerTurn) await nextTurn();
      if (end === rows.length || end % rowsPerFlush === 0) appender.flushSync();
    }
  } catch (error) {
    // Closing writes what is buffered, and so does the garbage collector, into whatever transaction there is by then.
    appender.clear();
    throw error;
  } finally {
    appender.closeSync();
  }
}
