// One definition of the tables: what files become, whatever version they had, what other engines make, what the document says.
import { readFile } from "node:fs/promises";
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { expect, test } from "vitest";
import { OpenedRecord } from "../../../sdk/schema/opened.ts";
import { migrate } from "../../../server/warehouse/tables.ts";
import { documentFile, tablesDocument } from "../../../server/warehouse/schema/document.ts";
import { duckdbTable, duckdbType } from "../../../server/warehouse/schema/duckdb-ddl.ts";
import { narrowed, type Shape } from "../../../server/warehouse/schema/narrowed.ts";
import { snowflakeTables } from "../../../server/warehouse/schema/snowflake-ddl.ts";
import { tables, tablesVersion } from "../../../server/warehouse/schema/tables.ts";
import { views } from "../../../server/warehouse/schema/views.ts";

const kept = (name: string): Promise<string> => readFile(new URL(name, import.meta.url), "utf8");

async function inMemory(): Promise<DuckDBConnection> {
  return (await DuckDBInstance.create(":memory:", { threads: "1" })).connect();
}

/** Tables as DuckDB has them: columns in their order, with type and whether they may be null, and keys. */
async function standing(connection: DuckDBConnection): Promise<unknown[]> {
  const columns = await connection.runAndReadAll(
    `SELECT table_name, column_name, data_type, is_nullable FROM duckdb_columns()
     WHERE NOT internal AND database_name = 'memory' AND table_name IN
       (SELECT table_name FROM duckdb_tables() WHERE NOT temporary) AND table_name <> 'maily_schema'
     ORDER BY table_name, column_index`,
  );
  const keys = await connection.runAndReadAll(
    `SELECT table_name, array_to_string(constraint_column_names, ',') FROM duckdb_constraints()
     WHERE constraint_type = 'PRIMARY KEY' AND database_name = 'memory' ORDER BY table_name`,
  );
  return [...columns.getRowsJS(), ...keys.getRowsJS()];
}

async function defined(): Promise<unknown[]> {
  const connection = await inMemory();
  for (const table of tables) await connection.run(duckdbTable(table));
  return standing(connection);
}

test("a new file has exactly the tables that are defined", async () => {
  const connection = await inMemory();
  await migrate(connection);
  expect(await standing(connection)).toEqual(await defined());
});

for (const version of [1, 2, 3])
  test(`a file of version ${version} becomes exactly what is defined`, async () => {
    const connection = await inMemory();
    for (let step = 1; step <= version; step++)
      await connection.run(await kept(`version-${step}.sql`));
    const before = await connection.runAndReadAll("SELECT max(version) FROM maily_schema");
    expect(before.getRowsJS()).toEqual([[version]]);
    await migrate(connection);
    expect(await standing(connection)).toEqual(await defined());
    const after = await connection.runAndReadAll("SELECT max(version) FROM maily_schema");
    expect(after.getRowsJS()).toEqual([[tablesVersion]]);
  });

const shapes: readonly Shape[] = tables.map(({ name, columns }) => ({
  name,
  columns: columns.map((column) => ({
    name: column.name,
    type: column.type,
    nullable: column.nullable,
  })),
}));

test("the definition only grew since the version whose shape is kept here", async () => {
  // Of a version that was given out; written anew with each: JSON.stringify(shapes).
  const before = JSON.parse(await kept("tables-4.json")) as Shape[];
  expect(before.length).toBeGreaterThan(15);
  expect(narrowed(before, shapes)).toEqual([]);
});

const now = (...columns: Shape["columns"]): Shape[] => [{ name: "answers", columns }];

test("a definition that removes, moves, narrows or requires something is refused", () => {
  const table: Shape = {
    name: "answers",
    columns: [
      { name: "position", type: "uint16", nullable: false },
      { name: "option", type: "text", nullable: true },
    ],
  };
  const [position, option] = table.columns;
  if (position === undefined || option === undefined) throw new TypeError("two columns");
  expect(narrowed([table], [table])).toEqual([]);
  expect(narrowed([table], now({ ...position, type: "uint32" }, option))).toEqual([]);
  const added = { name: "cleared", type: "boolean", nullable: true } as const;
  expect(narrowed([table], now(position, option, added))).toEqual([]);
  expect(narrowed([table], [])).toEqual(["table answers is missing"]);
  expect(narrowed([table], now(position))).toEqual(["answers.option is missing or has moved"]);
  expect(narrowed([table], now(option, position))).toHaveLength(2);
  expect(narrowed([table], now({ ...position, type: "uint8" }, option))).toEqual([
    "answers.position is uint8 and was uint16",
  ]);
  expect(narrowed([table], now(position, { ...option, nullable: false }))).toEqual([
    "answers.option is required and was not",
  ]);
  expect(narrowed([table], now(position, option, { ...added, nullable: false }))).toEqual([
    "answers.cleared is new and required: older rows have none",
  ]);
});

test("docs/tables.md says what is defined; `node server/warehouse/schema/document.ts` writes it", async () => {
  expect(await readFile(documentFile, "utf8")).toBe(tablesDocument());
});

test("every table and column is described, and says what it holds of a person", () => {
  for (const { name, description, columns } of tables) {
    expect(`${name}: ${description}`).toMatch(/: \S.*\.$/);
    for (const column of columns)
      expect(`${name}.${column.name}: ${column.description}`).toMatch(/: \S.*[.`]$/);
    if (columns.some((column) => column.name === "reader"))
      expect(columns.find((column) => column.name === "reader")?.personal).toBe("pseudonym");
  }
  const words = tables.flatMap(({ name, columns }) =>
    columns.flatMap((column) => (column.personal === "writing" ? [`${name}.${column.name}`] : [])),
  );
  expect(words).toEqual(["answers.text", "outgoing.value"]);
});

test("the views have the columns that they promise, and no lists where they are portable", async () => {
  const connection = await inMemory();
  await migrate(connection);
  for (const { name, columns, portable } of views) {
    const described = await connection.runAndReadAll(`DESCRIBE main.${name}`);
    const rows = described.getRowsJS();
    expect(rows.map(([column]) => column)).toEqual(columns);
    if (!portable) continue;
    for (const [, type] of rows)
      expect(["BIGINT", "INTEGER", "DOUBLE", "VARCHAR", "DATE", "TIMESTAMP"]).toContain(type);
  }
});

test("Snowflake gets the same tables, and later columns for older ones", () => {
  const shared = tables.filter(({ kind }) => kind === "shared");
  const made = snowflakeTables();
  expect(made.map(({ name }) => name)).toEqual(shared.map(({ name }) => name.toUpperCase()));
  for (const [index, { create, columns, additions }] of made.entries()) {
    const table = shared[index];
    expect(columns.map(({ name }) => name.toLowerCase())).toEqual(
      table?.columns.map(({ name }) => name),
    );
    for (const { name, type } of columns) expect(create).toContain(`"${name}" ${type}`);
    expect(additions).toHaveLength(
      table?.columns.filter(({ since }) => since > table.since).length ?? -1,
    );
  }
  // Types that DuckDB has and Snowflake lacks are named otherwise.
  const all = made.map(({ create }) => create).join("\n");
  for (const own of tables.flatMap(({ columns }) => columns.map(duckdbType)))
    if (own.startsWith("U") || own.endsWith("[]") || own.endsWith("_MS"))
      expect(all).not.toContain(` ${own} `);
});

test("a record that left ingest when the format was new still reads", async () => {
  const records = JSON.parse(await kept("opened-1.json")) as { kind: string }[];
  expect(records.map(({ kind }) => kind)).toEqual([
    "answer",
    "withdrawal",
    "preferences",
    "request",
    "state",
    "campaign",
  ]);
  for (const record of records) expect(OpenedRecord.parse(record)).toEqual(record);
});
