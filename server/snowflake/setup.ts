// The setup's SQL: files beside this one, filled with names, and with what the one table definition says (server/warehouse/
// schema). The same statements are printed, applied and tested.
import { readFileSync } from "node:fs";
import type { Region } from "../../sdk/region.ts";
import { snowflakeTables, type SnowflakeTable } from "../warehouse/schema/snowflake-ddl.ts";
import { views } from "../warehouse/schema/views.ts";

export interface SetupNames {
  readonly region: Region;
  readonly database: string;
  readonly schema: string;
  readonly warehouse: string;
  readonly user: string;
  readonly loader: string;
  readonly reader: string;
  readonly marketer: string;
  readonly agent: string;
  /** Base64 of the loading user's public key. */
  readonly publicKey: string;
  /** Of the Cortex example: a purpose of the notice, and the fewest readers that are summed up. */
  readonly purpose: string;
  readonly floor: number;
}

/** `enterprise` has row access policies, masking and search optimisation; `cortex` is the example beside it. */
export interface SetupOptions {
  readonly edition: "standard" | "enterprise";
  readonly cortex: boolean;
  /** A dynamic table's target lag, such as `1 minute`; without it views, which are never late. */
  readonly materialize?: string;
}

/** `account`: only Snowflake itself can run it. */
type Needs = "standard" | "account" | "enterprise" | "cortex";

export interface SetupStatement {
  readonly file: string;
  readonly needs: Needs;
  readonly sql: string;
}

export const setupFiles = [
  "10-roles",
  "20-place",
  "30-tables",
  "40-pipes",
  "50-policies",
  "60-views",
  "61-portable",
  "62-facts",
  "70-tasks",
  "80-search",
  "90-grants",
  "95-cortex",
] as const;

export const defaultRoles = {
  loader: "MAILY_LOADER",
  reader: "MAILY_READER",
  marketer: "MAILY_MARKETER",
  agent: "MAILY_AGENT",
} as const;

const definitions: ReadonlyMap<string, SnowflakeTable> = new Map(
  snowflakeTables().map((table) => [table.name, table]),
);
const portable = views.filter((view) => view.portable);

const quoted = (name: string): string => `"${name}"`;
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

const tableOf = (name: string): SnowflakeTable => {
  const table = definitions.get(name);
  if (table === undefined)
    throw new TypeError(`the setup names a table that is not defined: ${name}`);
  return table;
};

/** 128 bits of SHA-256 as a UUID's text, as server/warehouse/keys.ts makes them. */
function keyExpression(parts: readonly string[]): string {
  const digest = `SHA2(${parts.map((part) => `${part}::VARCHAR`).join(" || '|' || ")})`;
  const pieces = [
    [1, 8],
    [9, 4],
    [13, 4],
    [17, 4],
    [21, 12],
  ].map(([from, length]) => `SUBSTR(${digest}, ${from}, ${length})`);
  return `(${pieces.join(" || '-' || ")})`;
}

interface ViewColumn {
  readonly name: string;
  readonly comment: string;
}

function policiesOf(columns: readonly ViewColumn[], name: string): string {
  if (name === "READER") return " WITH MASKING POLICY READER_NAME";
  const masked = name === "TEXT" && columns.some((column) => column.name === "CLEARED");
  return masked ? ` WITH MASKING POLICY READER_WORDS USING ("TEXT", "CLEARED")` : "";
}

function viewHead(
  name: string,
  columns: readonly ViewColumn[],
  about: string,
  guarded: boolean,
): string {
  const lines = columns.map((column) => {
    const policy = guarded ? policiesOf(columns, column.name) : "";
    return `  ${quoted(column.name)}${policy}${column.comment === "" ? "" : ` COMMENT ${text(column.comment)}`}`;
  });
  const rows = guarded ? ` WITH ROW ACCESS POLICY TENANT_ROWS ON ("TENANT")` : "";
  return `CREATE OR REPLACE SECURE VIEW ${name} (\n${lines.join(",\n")}\n)${rows} COMMENT = ${text(about)} AS`;
}

/** `{{view:NAME COLUMN…}}`; without columns a portable view, with its own. */
function expandView(argument: string, guarded: boolean): string {
  const [name = "", ...named] = argument.split(" ");
  const view = portable.find((each) => each.name.toUpperCase() === name);
  if (view !== undefined) {
    const columns = view.columns.map((column) => ({ name: column.toUpperCase(), comment: "" }));
    return viewHead(name, columns, view.description, guarded);
  }
  const table = definitions.get(name);
  const columns = named.map((column): ViewColumn => {
    const known = table?.columns.find((each) => each.name === column);
    if (table !== undefined && known === undefined)
      throw new TypeError(`the setup names a column that is not defined: ${name}.${column}`);
    return { name: column, comment: known?.description ?? "" };
  });
  return viewHead(name, columns, table?.description ?? "", guarded);
}

const factViews = [
  "SUBMISSIONS",
  "ANSWERS",
  "READERS",
  "WITHDRAWALS",
  "PREFERENCES",
  "REQUESTS",
  "EVENTS",
  "CAMPAIGNS",
  "CAMPAIGN_OPTIONS",
] as const;
const portableNames = portable.map(({ name }) => name.toUpperCase());

function grantsOf(role: "reader" | "marketer" | "agent", names: SetupNames): string {
  const granted = role === "agent" ? portableNames : [...portableNames, ...factViews];
  const { database, schema, warehouse } = names;
  return [
    `GRANT USAGE ON DATABASE ${database} TO ROLE ${names[role]};`,
    `GRANT USAGE ON SCHEMA ${database}.${schema} TO ROLE ${names[role]};`,
    `GRANT USAGE ON WAREHOUSE ${warehouse} TO ROLE ${names[role]};`,
    ...granted.map((view) => `GRANT SELECT ON VIEW ${view} TO ROLE ${names[role]};`),
  ].join("\n");
}

const sameReader = (table: string, of: string): string =>
  ["TENANT", "CAMPAIGN", "READER"].map((each) => `${table}.${each} = ${of}.${each}`).join(" AND ");

/** What takes an erased reader's answers and events off the disk; run by a task, by hand or by a test. */
export const eraseStatements: readonly string[] = [
  `DELETE FROM RECORDS USING ERASED WHERE RECORDS.KIND IN ('answer', 'preferences') AND ${sameReader("RECORDS", "ERASED")}
    AND LEAST(RECORDS.GIVEN_AT, RECORDS.ADMITTED_AT) <= ERASED.ERASED_AT`,
  `DELETE FROM EVENT_RECORDS USING (
    SELECT TENANT, CAMPAIGN, READER, MAX(REFUSED_AT) AS REFUSED_AT FROM EVENT_RECORDS WHERE KIND = 'refusal'
    GROUP BY TENANT, CAMPAIGN, READER) REFUSED
    WHERE EVENT_RECORDS.KIND = 'event' AND ${sameReader("EVENT_RECORDS", "REFUSED")}
    AND LEAST(EVENT_RECORDS.GIVEN_AT, EVENT_RECORDS.ADMITTED_AT) <= REFUSED.REFUSED_AT`,
  ...["ACTIVITIES", "DELIVERIES"].map(
    (table) =>
      `DELETE FROM ${table} USING ERASED WHERE ${sameReader(table, "ERASED")} AND ${table}.RECEIVED_AT <= ERASED.ERASED_AT`,
  ),
];

const older = (table: string, at: string): string =>
  `DELETE FROM ${table} USING RETENTION WHERE ${table}.TENANT = RETENTION.TENANT AND ${table}.CAMPAIGN = RETENTION.CAMPAIGN
    AND ${table}.READER IS NOT NULL AND ${at} < DATEADD(DAY, -RETENTION.RETENTION_DAYS, SYSDATE())`;

/** What takes away what is older than its campaign's notice allows. */
export const retainStatements: readonly string[] = [
  older("RECORDS", "COALESCE(RECORDS.ADMITTED_AT, RECORDS.CHANGED_AT)"),
  older("EVENT_RECORDS", "COALESCE(EVENT_RECORDS.ADMITTED_AT, EVENT_RECORDS.REFUSED_AT)"),
  older("ACTIVITIES", "ACTIVITIES.RECEIVED_AT"),
  older("DELIVERIES", "DELIVERIES.RECEIVED_AT"),
];

function expand(template: string, names: SetupNames, options: SetupOptions): string {
  const guarded = options.edition === "enterprise";
  return template.replaceAll(
    /\{\{([A-Za-z]+)(?::([^}]+))?\}\}/g,
    (_, name: string, argument = "") => {
      if (name === "table") return tableOf(argument as string).create;
      if (name === "view") return expandView(argument as string, guarded);
      if (name === "key") return keyExpression((argument as string).split(" "));
      if (name === "kept")
        return options.materialize === undefined
          ? `CREATE OR REPLACE SECURE VIEW ${argument} AS`
          : `CREATE OR REPLACE TRANSIENT DYNAMIC TABLE ${argument} TARGET_LAG = '${options.materialize}' WAREHOUSE = ${names.warehouse} DATA_RETENTION_TIME_IN_DAYS = 0 AS`;
      if (name === "grants") return grantsOf(argument as "reader", names);
      if (name === "erase") return eraseStatements.join(";\n  ");
      if (name === "retain") return retainStatements.join(";\n  ");
      const value = Object.entries(names).find(([key]) => key === name)?.[1];
      if (value === undefined) throw new TypeError(`the setup names what is not known: ${name}`);
      return String(value);
    },
  );
}

/** Statements end with a semicolon at a line's end; those of a task's body belong to it. */
function* statementsOf(sql: string): Generator<Pick<SetupStatement, "needs" | "sql">> {
  let needs: Needs = "standard";
  let lines: string[] = [];
  let body = false;
  for (const line of sql.split("\n")) {
    const [, said] = /^-- needs: ([a-z]+)$/.exec(line) ?? [];
    if (said !== undefined) needs = said as Needs; // The files are ours; a test reads them all.
    if (line.startsWith("--") || (line === "" && lines.length === 0)) continue;
    lines.push(line);
    if (line === "BEGIN") body = true;
    if (line === "END;") body = false;
    if (body || !line.endsWith(";")) continue;
    yield { needs, sql: lines.join("\n").slice(0, -1) };
    lines = [];
  }
  if (lines.length > 0) throw new TypeError("a statement of the setup has no end");
}

const wanted = (needs: Needs, { edition, cortex }: SetupOptions): boolean =>
  needs === "cortex" ? cortex : needs === "enterprise" ? edition === "enterprise" : true;

/** Every statement in order. */
export function setupStatements(names: SetupNames, options: SetupOptions): SetupStatement[] {
  return setupFiles.flatMap((file) => {
    const template = readFileSync(new URL(`setup/${file}.sql`, import.meta.url), "utf8");
    return [...statementsOf(expand(template, names, options))]
      .filter(({ needs }) => wanted(needs, options))
      .map((statement) => ({ file, ...statement }));
  });
}

/** Columns that a table of an older version lacks. */
export const additions = (): readonly string[] =>
  ["ACTIVITIES", "DELIVERIES"].flatMap((name) => tableOf(name).additions);
