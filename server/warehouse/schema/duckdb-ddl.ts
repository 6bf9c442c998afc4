// The definition as DuckDB knows it: tables, and the temporary ones in which a batch waits until it is known what of it is new.
import { preferences, submissions } from "./answers.ts";
import { activities, deliveries, events } from "./behaviour.ts";
import { declared, type Column, type ColumnType, type Table } from "./columns.ts";
import { eventRefusals, requests, withdrawals } from "./consent.ts";
import { deadLetters, tallies } from "./own.ts";

const types: Readonly<Record<ColumnType, string>> = {
  uuid: "UUID",
  text: "VARCHAR",
  texts: "VARCHAR[]",
  bytes: "BLOB",
  boolean: "BOOLEAN",
  uint8: "UTINYINT",
  uint16: "USMALLINT",
  uint32: "UINTEGER",
  int32: "INTEGER",
  int64: "BIGINT",
  number: "DOUBLE",
  date: "DATE",
  instant: "TIMESTAMP_MS",
};

const quoted = (name: string): string => `"${name}"`;

export const duckdbType = ({ type }: Pick<Column, "type">): string => types[type];

/** `CREATE TABLE` of the newest version. */
export function duckdbTable({ name, columns, key }: Table): string {
  const lines = columns.map(
    (column) => `${quoted(column.name)} ${duckdbType(column)}${column.nullable ? "" : " NOT NULL"}`,
  );
  if (key.length > 0) lines.push(`PRIMARY KEY (${key.map(quoted).join(", ")})`);
  return `CREATE TABLE ${name} (\n  ${lines.join(",\n  ")})`;
}

const readerKey = declared(1)("reader_key", "uuid", "The reader's `key`.");
/** A withdrawal marks its reader, and is then kept without that. */
const [withdrawalKey, ...withdrawalRest] = withdrawals.columns;

/** Staging table → its columns, in the order in which rows are appended. */
const staged: Readonly<Record<string, readonly (Column | undefined)[]>> = {
  incoming: submissions.columns,
  withdrawing: [withdrawalKey, readerKey, ...withdrawalRest],
  preferring: preferences.columns,
  requesting: requests.columns,
  // How often it was tried says the table.
  failing: deadLetters.columns.filter(({ name }) => name !== "attempts"),
  touched: [declared(1)("key", "uuid", "A reader to be decided anew.")],
  watching: events.columns,
  refusing: eventRefusals.columns,
  acting: activities.columns,
  delivering: deliveries.columns,
  counting: tallies.columns,
};

/** What makes the staging tables of one connection: in memory, and that connection's alone. */
export const duckdbStaging: readonly string[] = Object.entries(staged).map(
  ([name, columns]) =>
    `CREATE OR REPLACE TEMP TABLE ${name} (${columns
      .flatMap((column) => column ?? [])
      .map((column) => `${quoted(column.name)} ${duckdbType(column)}`)
      .join(", ")})`,
);
