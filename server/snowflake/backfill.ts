// Fills Snowflake from the embedded warehouse: what is older than the stream, what was refused for too long, what came
// before Snowflake did. Files of NDJSON go to a stage, and a MERGE by id takes what is not there yet; how far it came is
// written after them. So it can be stopped, run again and run beside the sink.
import { createHash, randomUUID } from "node:crypto";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Region } from "../../sdk/region.ts";
import {
  openStored,
  storedKinds,
  storedRecords,
  type StoredKind,
} from "../warehouse/stored-records.ts";
import { snowflakeTables } from "../warehouse/schema/snowflake-ddl.ts";
import type { SqlSession } from "./sql.ts";

const compress = promisify(gzip);

/** Rows of one staged file: a few megabytes. */
const fileRows = 20_000;

const instant = "TIMESTAMP_NTZ(3)";
/** Columns of RECORDS with what they are of the record. */
const recordColumns: readonly (readonly [name: string, expression: string])[] = [
  ["ID", "RECORD:id::VARCHAR(200)"],
  ["KIND", "RECORD:kind::VARCHAR(32)"],
  ["TENANT", "RECORD:tenant::NUMBER(10,0)"],
  ["CAMPAIGN", "RECORD:campaign::VARCHAR(64)"],
  ["READER", "RECORD:reader::VARCHAR(64)"],
  ["SUBMISSION_ID", "RECORD:submissionId::VARCHAR(64)"],
  ["SEQUENCE", "RECORD:sequence::NUMBER(19,0)"],
  ["CORRECTION", "RECORD:correction::NUMBER(10,0)"],
  ["GIVEN_AT", `RECORD:givenAt::${instant}`],
  ["ADMITTED_AT", `RECORD:admittedAt::${instant}`],
  ["CHANGED_AT", `RECORD:changedAt::${instant}`],
  ["RECORD", "RECORD"],
  ["LANDED_AT", `SYSDATE()::${instant}`],
];

interface Target {
  readonly table: string;
  /** What names a row. */
  readonly key: string;
  readonly columns: readonly (readonly [name: string, expression: string])[];
}

function targetOf(kind: StoredKind): Target {
  if (kind !== "activities" && kind !== "deliveries")
    return { table: "RECORDS", key: "ID", columns: recordColumns };
  const table = snowflakeTables().find(({ name }) => name === kind.toUpperCase());
  if (table === undefined) throw new TypeError(`no table ${kind}`);
  const columns = table.columns.map(({ name, type }) => [name, `RECORD:${name}::${type}`] as const);
  return { table: table.name, key: "KEY", columns };
}

/** Takes what is not there yet. Rows are facts: none that is there is changed. */
export function mergeStatement({ table, key, columns }: Target): string {
  const names = columns.map(([name]) => `"${name}"`).join(", ");
  return `MERGE INTO ${table} USING (
  SELECT ${columns.map(([name, expression]) => `${expression} AS "${name}"`).join(", ")} FROM INCOMING
  QUALIFY ROW_NUMBER() OVER (PARTITION BY RECORD:${key === "ID" ? "id" : key}::VARCHAR ORDER BY 1) = 1
) FRESH ON ${table}."${key}" = FRESH."${key}"
WHEN NOT MATCHED THEN INSERT (${names}) VALUES (${columns.map(([name]) => `FRESH."${name}"`).join(", ")})`;
}

export interface BackfillOf {
  readonly region: Region;
  /** A backup, or the warehouse of a server that is stopped. */
  readonly file: string;
  readonly sql: SqlSession;
  readonly kinds?: readonly StoredKind[];
  readonly onProgress?: (progress: BackfillProgress) => void;
}

export interface BackfillProgress {
  readonly kind: StoredKind;
  /** Rows of the warehouse that are dealt with. */
  readonly rows: number;
  /** Of them, those that were not in Snowflake. */
  readonly inserted: number;
}

/** A file that changed is another file: its rows stand in another order. */
async function fingerprintOf(file: string): Promise<string> {
  const { size, mtimeMs, ino } = await stat(file);
  return createHash("sha256").update(`${size}|${mtimeMs}|${ino}`).digest("hex").slice(0, 16);
}

async function positionOf(sql: SqlSession, name: string): Promise<number> {
  const [row] = await sql.run("SELECT MAX(POSITION) AS POSITION FROM BACKFILLS WHERE NAME = ?", [
    name,
  ]);
  return Number(row?.["POSITION"] ?? 0);
}

const insertedOf = (row: Readonly<Record<string, unknown>> | undefined): number =>
  Number(row?.["number of rows inserted"] ?? 0);

class Loader {
  readonly #sql: SqlSession;
  readonly #folder: string;

  private constructor(sql: SqlSession, folder: string) {
    [this.#sql, this.#folder] = [sql, folder];
  }

  static async open(sql: SqlSession): Promise<Loader> {
    await sql.run("CREATE TEMPORARY TABLE IF NOT EXISTS INCOMING (RECORD VARIANT)");
    // Readable by this user alone: the files hold what readers answered.
    return new Loader(sql, await mkdtemp(join(tmpdir(), "maily-backfill-")));
  }

  /** Stages a file, merges it, and notes how far that is. Returns the rows that were new. */
  async load(
    kind: StoredKind,
    records: readonly object[],
    done: { name: string; position: number },
  ): Promise<number> {
    const path = join(this.#folder, `${randomUUID()}.json.gz`);
    const lines = records.map((record) => `${JSON.stringify(record)}\n`).join("");
    await writeFile(path, await compress(lines), { mode: 0o600 });
    const staged = `@LOADING/${randomUUID()}`;
    try {
      await this.#sql.run(
        `PUT 'file://${path}' ${staged} AUTO_COMPRESS = FALSE SOURCE_COMPRESSION = GZIP`,
      );
      await this.#sql.run("DELETE FROM INCOMING");
      if (records.length > 0)
        await this.#sql.run(
          `COPY INTO INCOMING FROM ${staged} FILE_FORMAT = (TYPE = JSON COMPRESSION = GZIP) ON_ERROR = ABORT_STATEMENT`,
        );
    } finally {
      await rm(path, { force: true });
      // What readers answered is not left behind in a stage, whatever became of it.
      await this.#sql.run(`REMOVE ${staged}`).catch(() => undefined);
    }
    const [merged] = await this.#sql.run(mergeStatement(targetOf(kind)));
    // A run that ends here merges the same file once more, which adds nothing.
    await this.#sql.run("INSERT INTO BACKFILLS SELECT ?, ?, SYSDATE()", [done.name, done.position]);
    return insertedOf(merged);
  }

  close(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }
}

async function fillKind(
  of: BackfillOf,
  loader: Loader,
  kind: StoredKind,
): Promise<BackfillProgress> {
  const { region, file, sql, onProgress } = of;
  const name = `${region}:${kind}@${await fingerprintOf(file)}`;
  const instance = await openStored(file);
  let rows = await positionOf(sql, name);
  let inserted = 0;
  let waiting: object[] = [];
  let read = rows;
  const flush = async (): Promise<void> => {
    inserted += await loader.load(kind, waiting, { name, position: read });
    [waiting, rows] = [[], read];
    onProgress?.({ kind, rows, inserted });
  };
  try {
    for await (const page of storedRecords(instance, { region, kind, skipped: rows })) {
      waiting.push(...page.records);
      read += page.read;
      if (waiting.length >= fileRows) await flush();
    }
    if (read > rows) await flush();
  } finally {
    instance.closeSync();
  }
  return { kind, rows, inserted };
}

/** Fills every kind, from where the last run with this file ended. Throws what Snowflake refuses. */
export async function backfill(of: BackfillOf): Promise<BackfillProgress[]> {
  const loader = await Loader.open(of.sql);
  const filled: BackfillProgress[] = [];
  try {
    for (const kind of of.kinds ?? storedKinds) filled.push(await fillKind(of, loader, kind));
  } finally {
    await loader.close();
  }
  return filled;
}
