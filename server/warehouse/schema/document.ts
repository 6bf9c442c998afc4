// docs/tables.md: the definition for people. `node server/warehouse/schema/document.ts` writes it.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Column, Personal, Table } from "./columns.ts";
import { duckdbType } from "./duckdb-ddl.ts";
import { tables, tablesVersion } from "./tables.ts";
import { views, type View } from "./views.ts";

export const documentFile = fileURLToPath(new URL("../../../docs/tables.md", import.meta.url));

const personal: Readonly<Record<Personal, string>> = {
  nothing: "",
  pseudonym: "who",
  consent: "consent",
  choice: "choice",
  writing: "own words",
  behaviour: "behaviour",
};

const cell = (text: string): string => text.replaceAll("|", "\\|");

function columnLine(table: Table, column: Column): string {
  const later = column.since > table.since ? ` Since version ${column.since}.` : "";
  const type = `${duckdbType(column)}${column.nullable ? ", or null" : ""}`;
  return `| \`${column.name}\` | ${type} | ${personal[column.personal]} | ${cell(column.description)}${later} |`;
}

function tableText(table: Table): string {
  const key =
    table.key.length > 0 ? ` Named by ${table.key.map((name) => `\`${name}\``).join(", ")}.` : "";
  return [
    `### ${table.name}`,
    "",
    `${table.description}${key} Since version ${table.since}.`,
    "",
    "| column | type | of a person | what it is |",
    "|---|---|---|---|",
    ...table.columns.map((column) => columnLine(table, column)),
    "",
  ].join("\n");
}

const viewLine = ({ name, description, columns }: View): string =>
  `- \`${name}(${columns.join(", ")})\`: ${description[0]?.toLowerCase() ?? ""}${description.slice(1)}`;

const textOf = (kind: Table["kind"]): string =>
  tables
    .filter((table) => table.kind === kind)
    .map(tableText)
    .join("\n");

/** The whole document. */
export function tablesDocument(): string {
  return `<!-- Written by \`node server/warehouse/schema/document.ts\` from server/warehouse/schema: change that, not this. -->
# Tables

A region's warehouse, version ${tablesVersion}. It only grows: no column is removed, renamed or narrowed, so that whatever reads it today reads it tomorrow. Times are UTC. "Of a person" says what a column tells of a reader, who stands in it under a pseudonym that is one campaign's.

## To read

The views that segments, agents and other engines use; the same names and columns stand in every engine. No texts, no lists, and nobody whose answer does not count or who does not agree to that.

${views
  .filter(({ portable }) => portable)
  .map(viewLine)
  .join("\n")}

In DuckDB also:

${views
  .filter(({ portable }) => !portable)
  .map(viewLine)
  .join("\n")}

## Facts

${textOf("shared")}
## Its own books

Only in the embedded warehouse.

${textOf("own")}`;
}

if (import.meta.main) writeFileSync(documentFile, tablesDocument());
