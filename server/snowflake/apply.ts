// Runs the setup, one statement after the other, and stops at the first that is refused: what is missing is named, and once it
// is there the same command goes on, because every statement leaves alone what is there already.
import { Problem } from "../../sdk/problem.ts";
import { additions, setupStatements, type SetupNames, type SetupOptions } from "./setup.ts";
import type { SqlSession } from "./sql.ts";

/** Who may run a file's statements. */
const needed: Readonly<Record<string, string>> = {
  "10-roles": "USERADMIN, or CREATE ROLE and CREATE USER on the account",
  "20-place": "SYSADMIN, or CREATE WAREHOUSE and CREATE DATABASE on the account",
  "30-tables": "ownership of the schema, or CREATE TABLE and CREATE STAGE on it",
  "40-pipes": "CREATE PIPE on the schema",
  "50-policies":
    "CREATE ROW ACCESS POLICY and CREATE MASKING POLICY on the schema, and Enterprise Edition (else --edition standard)",
  "60-views": "CREATE VIEW on the schema, with --materialize CREATE DYNAMIC TABLE",
  "61-portable": "CREATE VIEW on the schema, and APPLY of the policies",
  "62-facts": "CREATE VIEW on the schema, and APPLY of the policies",
  "70-tasks": "CREATE TASK on the schema, EXECUTE TASK and EXECUTE MANAGED TASK on the account",
  "80-search":
    "ADD SEARCH OPTIMIZATION on the schema, and Enterprise Edition (else --edition standard)",
  "90-grants": "ownership of what is granted, or MANAGE GRANTS on the account",
  "95-cortex": "the database role SNOWFLAKE.CORTEX_USER, in a region that has the function",
};

const headOf = (sql: string): string =>
  sql
    .split(/[(\n=]/, 1)[0]
    ?.trim()
    .slice(0, 100) ?? "";

/** Throws Problem `snowflake-refused` with `errors` that name the statement and what it takes. */
export async function applySetup(
  sql: SqlSession,
  names: SetupNames,
  options: SetupOptions,
  say: (line: string) => void,
): Promise<void> {
  const statements = setupStatements(names, options);
  const later = additions().map((each) => ({ file: "30-tables", sql: each }));
  for (const { file, sql: statement } of [...statements, ...later]) {
    try {
      await sql.run(statement);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "snowflake-refused") throw error;
      const said = error.members["said"];
      throw new Problem("snowflake-refused", {
        detail: `${file}.sql was stopped`,
        errors: [
          `refused: ${headOf(statement)}`,
          ...(typeof said === "string" ? [`Snowflake says: ${said}`] : []),
          `it takes ${needed[file] ?? "another role"}`,
          "what was done before stays; run the command again",
        ],
      });
    }
    say(`${file}: ${headOf(statement)}`);
  }
}
