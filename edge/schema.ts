// How a Durable Object's tables came to be, and how they go back: each object is brought to its edge's version when it wakes.
import { z } from "zod";
import { logEvent } from "./log.ts";

/** What is released is never edited, only added to: test/edge/schema.test.ts keeps their checksums. */
export interface Migration {
  readonly up: string;
  /**
   * Undoes `up` and keeps every row; what has no place in the older tables waits in tables of its own. Absent where there is
   * no way back.
   */
  readonly down?: string;
  /** Run after `up` where `down` was run before: brings back what waited. */
  readonly again?: string;
  /** The oldest version of an edge's own tables whose code can read and write tables of this one. */
  readonly readableFrom: number;
}

/** The tables of one class of objects; the version is the number of migrations. */
export interface Schema {
  /** As SCHEMA_TARGET names it. */
  readonly name: "outbox" | "campaigns";
  readonly migrations: readonly Migration[];
  /** The oldest tables that this edge's own code runs on. */
  readonly runsFrom: number;
}

export const SchemaTarget = z
  .strictObject({
    outbox: z.int().min(1).optional(),
    campaigns: z.int().min(1).optional(),
  })
  .describe("The version to bring objects' tables to as they wake; without one, this edge's own.");

/** Its message says what to do; every row is kept. */
export class SchemaRefusal extends Error {
  override readonly name = "SchemaRefusal";
}

interface Applied extends Record<string, SqlStorageValue> {
  version: number;
  readable_from: number;
  down: string | null;
}

/** Beside `schema_version`, which the first edges wrote alone: an edge that is older than a migration finds here how to undo it. */
const bookkeeping = `
  CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS schema_history (
    version INTEGER PRIMARY KEY,
    readable_from INTEGER NOT NULL,
    down TEXT,
    undone INTEGER NOT NULL DEFAULT 0
  );`;

function parseTarget(text: string | undefined, name: Schema["name"]): number | undefined {
  if (text === undefined || text === "") return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new SchemaRefusal("SCHEMA_TARGET is not JSON");
  }
  const parsed = SchemaTarget.safeParse(value);
  if (!parsed.success) throw new SchemaRefusal('SCHEMA_TARGET is not such as {"outbox":2}');
  return parsed.data[name];
}

class Tables {
  readonly #sql: SqlStorage;
  readonly #schema: Schema;

  constructor(sql: SqlStorage, schema: Schema) {
    this.#sql = sql;
    this.#schema = schema;
    sql.exec(bookkeeping);
    for (const [index, migration] of schema.migrations.slice(0, this.version()).entries())
      this.#record(index + 1, migration);
  }

  version(): number {
    const [row] = this.#sql.exec<{ version: number }>("SELECT version FROM schema_version");
    return row?.version ?? 0;
  }

  /** The oldest edge that can run on the tables as they are. */
  readableFrom(): number {
    const [row] = this.#sql.exec<{ oldest: number | null }>(
      "SELECT max(readable_from) AS oldest FROM schema_history WHERE undone = 0",
    );
    return row?.oldest ?? this.version();
  }

  /** One version up, by this edge's own migration. */
  raise(): void {
    const version = this.version() + 1;
    const migration = this.#schema.migrations[version - 1];
    if (migration === undefined) throw new TypeError("wanted() asks for no version beyond its own");
    const [before] = this.#sql.exec<{ undone: number }>(
      "SELECT undone FROM schema_history WHERE version = ?",
      version,
    );
    this.#sql.exec(migration.up);
    if (before?.undone === 1 && migration.again !== undefined) this.#sql.exec(migration.again);
    this.#sql.exec("DELETE FROM schema_history WHERE version = ?", version);
    this.#record(version, migration);
    this.#set(version);
  }

  /** One version down, by what the edge that raised it left in the object: this one may be older. */
  lower(): void {
    const version = this.version();
    const [applied] = this.#sql.exec<Applied>(
      "SELECT version, readable_from, down FROM schema_history WHERE version = ?",
      version,
    );
    if (applied?.down == null)
      throw new SchemaRefusal(
        `version ${version} of the ${this.#schema.name} cannot be undone: deploy the edge that wrote it`,
      );
    this.#sql.exec(applied.down);
    this.#sql.exec("UPDATE schema_history SET undone = 1 WHERE version = ?", version);
    this.#set(version - 1);
  }

  #record(version: number, { readableFrom, down }: Migration): void {
    this.#sql.exec(
      "INSERT OR IGNORE INTO schema_history (version, readable_from, down) VALUES (?, ?, ?)",
      version,
      readableFrom,
      down ?? null,
    );
  }

  #set(version: number): void {
    this.#sql.exec("DELETE FROM schema_version");
    this.#sql.exec("INSERT INTO schema_version VALUES (?)", version);
  }
}

/** The version an object's tables should have: what the operator says, else this edge's, or a newer one that it can read. */
function wanted(tables: Tables, { name, migrations }: Schema, target: number | undefined): number {
  const own = migrations.length;
  const to = target ?? Math.max(own, tables.version());
  if (to <= own || (to === tables.version() && tables.readableFrom() <= own)) return to;
  if (to > tables.version())
    throw new SchemaRefusal(`this edge knows no version ${to} of the ${name}: it has ${own}`);
  throw new SchemaRefusal(
    `the ${name} has version ${tables.version()} and this edge runs on ${own}: deploy the newer edge, or set SCHEMA_TARGET to {"${name}":${own}}`,
  );
}

/**
 * Brings an object's tables to their version, in one transaction; `target` is the text of SCHEMA_TARGET. Throws SchemaRefusal,
 * and changes nothing, where there is no way there; where the operator's target is too old for this edge's code the tables
 * are brought there first. A refused object keeps every row, and its calls fail until an edge that can run on it is deployed.
 */
export function migrate(
  storage: DurableObjectStorage,
  schema: Schema,
  targetText: string | undefined,
): void {
  const own = schema.migrations.length;
  try {
    const [from, to] = storage.transactionSync(() => {
      const tables = new Tables(storage.sql, schema);
      const before = tables.version();
      const target = wanted(tables, schema, parseTarget(targetText, schema.name));
      // Each turn moves by one, and a version is a small number: the loops end.
      while (tables.version() > target) tables.lower();
      while (tables.version() < target) tables.raise();
      return [before, target] as const;
    });
    if (from !== to && from > 0) logEvent("schema-changed", { schema: schema.name, from, to });
    if (to < schema.runsFrom)
      throw new SchemaRefusal(
        `SCHEMA_TARGET has brought the ${schema.name} to version ${to}, and this edge runs from ${schema.runsFrom}: deploy the older edge now`,
      );
  } catch (error) {
    if (error instanceof SchemaRefusal)
      logEvent("schema-refused", { schema: schema.name, own, remedy: error.message });
    throw error;
  }
}
