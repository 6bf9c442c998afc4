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

/** What was thought to be in the tables is not, or the other way round: the batch is stored anew without such thoughts. */
export class WrongGuess extends Error {}

export interface Target {
  readonly table: string;
  /** Of this connection alone. */
  readonly temporary: boolean;
}

export const appenderOf = (
  connection: DuckDBConnection,
  { table, temporary }: Target,
): Promise<DuckDBAppender> =>
  temporary ? connection.createAppender(table, "main", "temp") : connection.createAppender(table);

/** Appends what `fill` writes, all of it or, where it throws, none. */
export async function appendTo(
  connection: DuckDBConnection,
  target: Target,
  fill: (appender: DuckDBAppender) => void,
): Promise<void> {
  const appender = await appenderOf(connection, target);
  try {
    fill(appender);
    appender.flushSync();
  } catch (error) {
    // Closing writes what is buffered, and so does the garbage collector, into whatever transaction there is by then.
    appender.clear();
    throw error;
  } finally {
    appender.closeSync();
  }
}
