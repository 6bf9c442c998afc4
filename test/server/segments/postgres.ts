// The flat views as plain tables of a PostgreSQL, filled from the same views of DuckDB: what stands there is what the engine
// and DuckDB were asked about.
import type { DuckDBConnection } from "@duckdb/node-api";
import { textCell } from "../../../server/warehouse/cells.ts";

/** What a PostgreSQL of any kind can do. */
export interface Postgres {
  exec(sql: string): Promise<unknown>;
  rows(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

const tables = {
  current_answers:
    "tenant bigint, campaign text, reader text, question text, position int, option_id text, number_value float8, date_value date, channel text, language text, outcome text, revision int, admitted_at timestamp",
  current_readers:
    "tenant bigint, campaign text, reader text, channel text, language text, outcome text, revision int, admitted_at timestamp",
  current_purposes: "tenant bigint, campaign text, reader text, purpose text",
  reader_activities:
    "tenant bigint, campaign text, reader text, kind text, label text, amount bigint, currency text, happened_at timestamp",
} as const;

/** Rows put in with one statement. */
const rowsAtOnce = 2_000;

export async function copyViews(
  from: DuckDBConnection,
  to: Postgres,
  schema: string,
): Promise<void> {
  await to.exec(`DROP SCHEMA IF EXISTS ${schema} CASCADE; CREATE SCHEMA ${schema}`);
  for (const [view, columns] of Object.entries(tables)) {
    await to.exec(`CREATE TABLE ${schema}.${view} (${columns})`);
    const names = columns.split(", ").map((column) => column.split(" ")[0] ?? "");
    const cells = names.map((name) => `"${name}"::VARCHAR`).join(", ");
    const found = await from.runAndReadAll(`SELECT ${cells} FROM main.${view}`);
    const rows = found.getRowsJS();
    for (let start = 0; start < rows.length; start += rowsAtOnce) {
      const values = rows
        .slice(start, start + rowsAtOnce)
        .map(
          (row) =>
            `(${row.map((cell) => (cell === null ? "NULL" : `'${textCell(cell)}'`)).join(",")})`,
        );
      await to.exec(`INSERT INTO ${schema}.${view} VALUES ${values.join(",")}`);
    }
  }
}
