// The two ways into the tables: statements that come with every batch, planned once a connection, since planning costs
// more than a small batch itself; and appending row by row.
import type {
  DuckDBAppender,
  DuckDBConnection,
  DuckDBPreparedStatement,
  DuckDBResultReader,
  DuckDBType,
  DuckDBValue,
} from "@duckdb/node-api";

const prepared = new WeakMap<DuckDBConnection, Map<string, DuckDBPreparedStatement>>();

interface Parameters {
  readonly values: DuckDBValue[] | Record<string, DuckDBValue>;
  readonly types?: DuckDBType[] | Record<string, DuckDBType>;
}

/** Runs one of a fixed set of statements: `sql` is a constant, never made of values. */
export async function execute(
  connection: DuckDBConnection,
  sql: string,
  parameters?: Parameters,
): Promise<DuckDBResultReader> {
  const known = prepared.get(connection) ?? new Map<string, DuckDBPreparedStatement>();
  prepared.set(connection, known);
  const statement = known.get(sql) ?? (await connection.prepare(sql));
  known.set(sql, statement);
  if (parameters !== undefined) statement.bind(parameters.values, parameters.types);
  return statement.runAndReadAll();
}

export interface Target {
  readonly table: string;
  /** Of this connection alone. */
  readonly temporary: boolean;
}

/** Appends what `fill` writes, all of it or, where it throws, none. */
export async function appendTo(
  connection: DuckDBConnection,
  { table, temporary }: Target,
  fill: (appender: DuckDBAppender) => void,
): Promise<void> {
  const appender = temporary
    ? await connection.createAppender(table, "main", "temp")
    : await connection.createAppender(table);
  try {
    fill(appender);
  } catch (error) {
    // Closing writes what is buffered, and so might the garbage collector, long after the transaction was rolled back.
    appender.clear();
    throw error;
  } finally {
    appender.closeSync();
  }
}
