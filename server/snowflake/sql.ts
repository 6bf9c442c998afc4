// Statements to Snowflake by its own driver, loaded only where they are run: setup, checks and backfills.
import type { Binds, Connection, SnowflakeError } from "snowflake-sdk";
import { Problem } from "../../sdk/problem.ts";
import { away } from "./session.ts";
import type { SnowflakeSettings } from "./settings.ts";

/** One statement; a MERGE of a staged file takes its time. */
const statementSecondsMax = 600;

export type SqlRow = Readonly<Record<string, unknown>>;

export interface SqlSession {
  /** Runs one statement. Throws Problem `snowflake-away`, `snowflake-credentials` or `snowflake-refused`. */
  run(sql: string, binds?: Binds): Promise<readonly SqlRow[]>;
  close(): Promise<void>;
}

// docs.snowflake.com/en/user-guide/key-pair-auth-troubleshooting: 3901xx and 3903xx are about who is asking.
const credentialCodes = /^39(01|03)\d\d$/;
/** Insufficient privileges; does not exist or not authorized; no active warehouse; object may not be used. */
const grantCodes: ReadonlySet<string> = new Set(["3001", "2003", "2043", "606", "3007", "3540"]);

const isSnowflakeError = (error: unknown): error is SnowflakeError =>
  error instanceof Error && "code" in error;

/** What names objects and grants is told; what may quote a row is not. */
function problemOf(error: unknown, operation: string): unknown {
  if (!isSnowflakeError(error)) return error;
  const code = String(error.code ?? "").replace(/^0+/, "");
  if (credentialCodes.test(code)) return new Problem("snowflake-credentials", { operation });
  if (/^(401|405|407)\d{3}$/.test(code) || /ECONN|ENOTFOUND|ETIMEDOUT/.test(error.message))
    return away();
  return new Problem("snowflake-refused", {
    operation,
    answered: code,
    ...(grantCodes.has(code) && { said: error.message.replaceAll(/\s+/g, " ").slice(0, 300) }),
  });
}

/** The first words of a statement: what is told of it. */
const operationOf = (sql: string): string =>
  /^\s*((?:[A-Z]+\s+){1,4}(?:IF NOT EXISTS\s+)?"?[\w.]*"?)/i.exec(sql)?.[1]?.trim().slice(0, 80) ??
  "";

function execute(
  connection: Connection,
  sqlText: string,
  binds: Binds,
): Promise<readonly SqlRow[]> {
  return new Promise((resolve, reject) => {
    connection.execute({
      sqlText,
      binds,
      complete: (error, _statement, rows) => {
        if (error) reject(problemOf(error, operationOf(sqlText)));
        // The driver's own type is `any`; a row is an object by column.
        else resolve((rows ?? []) as readonly SqlRow[]);
      },
    });
  });
}

/** Signs in with the key. Without `inSchema` no database has to be there yet. */
export async function openSql(
  settings: SnowflakeSettings,
  { inSchema = true }: { readonly inSchema?: boolean } = {},
): Promise<SqlSession> {
  const { default: driver } = await import("snowflake-sdk");
  // It would write a log file into the folder where it runs, with statements in it.
  driver.configure({ logLevel: "OFF", additionalLogToConsole: false });
  const { account, user, privateKey, origin, role, warehouse, database, schema } = settings;
  const connection = driver.createConnection({
    account,
    username: user,
    accessUrl: origin,
    authenticator: "SNOWFLAKE_JWT",
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    application: "maily",
    timeout: statementSecondsMax * 1000,
    ...(inSchema && { role, warehouse, database, schema }),
  });
  await new Promise<void>((resolve, reject) => {
    connection.connect((error) => (error ? reject(problemOf(error, "sign in")) : resolve()));
  });
  return {
    run: (sql, binds = []) => execute(connection, sql, binds),
    close: () => new Promise((resolve) => connection.destroy(() => resolve())),
  };
}
