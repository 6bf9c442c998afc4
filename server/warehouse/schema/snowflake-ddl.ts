// The definition as Snowflake knows it. Names are upper case and quoted: to Snowflake that is the same as unquoted, and
// reserved words such as CURRENT need no other name.
import type { Column, ColumnType, Personal, Table } from "./columns.ts";
import { tables } from "./tables.ts";

const types: Readonly<Record<ColumnType, string>> = {
  uuid: "VARCHAR(36)",
  text: "VARCHAR",
  texts: "ARRAY",
  bytes: "BINARY",
  boolean: "BOOLEAN",
  uint8: "NUMBER(3,0)",
  uint16: "NUMBER(5,0)",
  uint32: "NUMBER(10,0)",
  int32: "NUMBER(10,0)",
  int64: "NUMBER(19,0)",
  number: "FLOAT",
  date: "DATE",
  instant: "TIMESTAMP_NTZ(3)",
};

export interface SnowflakeColumn {
  /** Upper case, unquoted. */
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly personal: Personal;
  readonly description: string;
}

export interface SnowflakeTable {
  /** Upper case, unquoted. */
  readonly name: string;
  readonly description: string;
  /** Names of the columns that name a row; Snowflake does not enforce them. */
  readonly key: readonly string[];
  readonly columns: readonly SnowflakeColumn[];
  /** `CREATE TABLE IF NOT EXISTS`, without a database or schema. */
  readonly create: string;
  /** For a table of an older version: `ADD COLUMN IF NOT EXISTS`, one statement a column that came later. */
  readonly additions: readonly string[];
}

const quoted = (name: string): string => `"${name}"`;
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

const columnOf = ({ name, type, nullable, personal, description }: Column): SnowflakeColumn => ({
  name: name.toUpperCase(),
  type: types[type],
  nullable,
  personal,
  description,
});

const lineOf = ({ name, type, nullable, description }: SnowflakeColumn): string =>
  `${quoted(name)} ${type}${nullable ? "" : " NOT NULL"} COMMENT ${text(description)}`;

function snowflakeTable(table: Table): SnowflakeTable {
  const name = table.name.toUpperCase();
  const columns = table.columns.map(columnOf);
  const key = table.key.map((column) => column.toUpperCase());
  const lines = columns.map(lineOf);
  if (key.length > 0) lines.push(`PRIMARY KEY (${key.map(quoted).join(", ")})`);
  return {
    name,
    description: table.description,
    key,
    columns,
    create: `CREATE TRANSIENT TABLE IF NOT EXISTS ${quoted(name)} (\n  ${lines.join(",\n  ")}\n) COMMENT = ${text(table.description)}`,
    additions: table.columns
      .filter(({ since }) => since > table.since)
      .map((column) => {
        const { name: added, type, description } = columnOf(column);
        return `ALTER TABLE ${quoted(name)} ADD COLUMN IF NOT EXISTS ${quoted(added)} ${type} COMMENT ${text(description)}`;
      }),
  };
}

/** The tables that hold facts; how the embedded warehouse keeps its books is not among them. */
export const snowflakeTables = (): readonly SnowflakeTable[] =>
  tables.filter(({ kind }) => kind === "shared").map(snowflakeTable);
