// A Durable Object's storage on SQLite in memory, with what a crash leaves of it: writes are kept in a journal, and the
// platform says up to where it is on disk. What is not, a crash takes away.
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { KeyValues } from "./storage-kv.ts";

type Value = string | number | ArrayBuffer | null;
type Row = Record<string, Value>;

type Write =
  | { readonly kind: "sql"; readonly sql: string; readonly values: readonly SQLInputValue[] }
  | { readonly kind: "alarm"; readonly at: number | null };

const defining = /^\s*(CREATE|ALTER|DROP)\b/i;
const several = /;\s*\S/;
const reading = /^\s*(SELECT|EXPLAIN)\b/i;

/** What `sql.exec` gives: read once, in order. */
class Cursor implements Iterable<Row> {
  readonly rowsWritten: number;
  readonly rowsRead: number;
  readonly columnNames: readonly string[];
  readonly #rows: Iterator<Row>;

  constructor(rows: readonly Row[], rowsWritten: number) {
    this.#rows = rows.values();
    this.rowsRead = rows.length;
    this.rowsWritten = rowsWritten;
    this.columnNames = Object.keys(rows[0] ?? {});
  }

  [Symbol.iterator](): Iterator<Row> {
    return this.#rows;
  }

  next(): IteratorResult<Row> {
    return this.#rows.next();
  }

  toArray(): Row[] {
    return [...this];
  }

  one(): Row {
    const rows = this.toArray();
    const [only] = rows;
    if (only === undefined || rows.length !== 1)
      throw new Error(`Expected exactly one result from SQL query, but got ${rows.length}`);
    return only;
  }

  *raw(): Generator<Value[]> {
    for (const row of this) yield Object.values(row);
  }
}

const toSqlite = (value: unknown): SQLInputValue => {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value))
    return Uint8Array.from(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  if (typeof value === "boolean") return Number(value);
  if (value === null || typeof value === "string" || typeof value === "number") return value;
  throw new TypeError(`SQLite of an object takes no ${typeof value}`);
};

/** workerd gives blobs as buffers, and plain objects. */
function toRow(row: Record<string, unknown>): Row {
  const plain: Row = {};
  for (const [name, value] of Object.entries(row))
    plain[name] = value instanceof Uint8Array ? Uint8Array.from(value).buffer : (value as Value); // SQLite's other types.
  return plain;
}

/** `?1` has a name for node:sqlite, which binds such parameters by it alone. */
const numbered = /\?(\d+)/g;

interface Prepared {
  readonly statement: StatementSync;
  readonly isNumbered: boolean;
}

/** The tables, as they are after a journal. */
class Tables {
  readonly database = new DatabaseSync(":memory:");
  readonly #prepared = new Map<string, Prepared>();
  readonly #changes: StatementSync;
  readonly #total: StatementSync;
  readonly #version: StatementSync;

  constructor() {
    this.#changes = this.database.prepare("SELECT changes() AS changes");
    this.#total = this.database.prepare("SELECT total_changes() AS changes");
    this.#version = this.database.prepare("PRAGMA schema_version");
  }

  /** `written` is 0 where the statement changed nothing: such a one is no write. Throws where it would be one on a full disk. */
  run(
    sql: string,
    values: readonly SQLInputValue[],
    isFull: boolean,
  ): { rows: Row[]; written: number } {
    if (reading.test(sql)) return { rows: this.#all(sql, values), written: 0 };
    if (!isFull) return this.#change(sql, values);
    this.database.exec("SAVEPOINT full");
    const changed = this.#change(sql, values);
    this.database.exec(changed.written > 0 ? "ROLLBACK TO full; RELEASE full" : "RELEASE full");
    if (changed.written > 0) throw new Error("database or disk is full: SQLITE_FULL");
    return changed;
  }

  #change(sql: string, values: readonly SQLInputValue[]): { rows: Row[]; written: number } {
    const isOne = !defining.test(sql) && !several.test(sql);
    if (isOne) {
      const rows = this.#all(sql, values);
      return { rows, written: Number(this.#changes.get()?.["changes"] ?? 0) };
    }
    if (values.length > 0) throw new Error("several statements take no values");
    const before = this.#state();
    this.database.exec(sql);
    return { rows: [], written: this.#state() === before ? 0 : 1 };
  }

  /** Differs after whatever changed a table or a row. */
  #state(): string {
    const version = this.#version.get()?.["schema_version"];
    return `${String(version)} ${String(this.#total.get()?.["changes"])}`;
  }

  #all(sql: string, values: readonly SQLInputValue[]): Row[] {
    const { statement, isNumbered } = this.#prepare(sql);
    const rows = isNumbered
      ? statement.all(Object.fromEntries(values.map((value, index) => [`p${index + 1}`, value])))
      : statement.all(...values);
    return rows.map(toRow);
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const prepared = {
      statement: this.database.prepare(sql.replaceAll(numbered, ":p$1")),
      isNumbered: new RegExp(numbered).test(sql),
    };
    this.#prepared.set(sql, prepared);
    return prepared;
  }
}

/** One life of an object's storage; the journal outlives it as far as it was durable. */
export class ObjectStorage {
  readonly journal: Write[];
  readonly #tables = new Tables();
  readonly #wrote: () => void;
  /** Whether the disk takes no write now. */
  readonly #isFull: () => boolean;
  /** What the object sees of its alarm; null where none is set or it rings. */
  alarmAt: number | null = null;

  constructor(journal: readonly Write[], wrote: () => void, isFull: () => boolean) {
    this.journal = [...journal];
    this.#wrote = wrote;
    this.#isFull = isFull;
    for (const write of journal)
      if (write.kind === "sql") this.#tables.run(write.sql, write.values, false);
      else this.alarmAt = write.at;
  }

  readonly sql = {
    exec: (sql: string, ...given: unknown[]): Cursor => {
      const values = given.map(toSqlite);
      const { rows, written } = this.#tables.run(sql, values, this.#isFull());
      if (written > 0) this.#write({ kind: "sql", sql, values });
      return new Cursor(rows, written);
    },
    databaseSize: 0,
  };

  readonly kv = new KeyValues(this.sql);

  transactionSync<Result>(work: () => Result): Result {
    const { database } = this.#tables;
    const before = this.journal.length;
    const { alarmAt } = this;
    database.exec("SAVEPOINT run");
    try {
      const result = work();
      database.exec("RELEASE run");
      return result;
    } catch (error) {
      database.exec("ROLLBACK TO run; RELEASE run");
      this.journal.length = before;
      this.alarmAt = alarmAt;
      throw error;
    }
  }

  async setAlarm(at: number | Date): Promise<void> {
    this.alarmAt = Number(at);
    this.#write({ kind: "alarm", at: this.alarmAt });
  }

  async getAlarm(): Promise<number | null> {
    return this.alarmAt;
  }

  async deleteAlarm(): Promise<void> {
    this.alarmAt = null;
    this.#write({ kind: "alarm", at: null });
  }

  close(): void {
    this.#tables.database.close();
  }

  #write(write: Write): void {
    this.journal.push(write);
    this.#wrote();
  }
}

export type Journal = readonly Write[];

/** When a journal's alarm rings; undefined where it has none. */
export function alarmOf(journal: Journal): number | undefined {
  for (let index = journal.length - 1; index >= 0; index--) {
    const write = journal[index];
    if (write?.kind === "alarm") return write.at ?? undefined;
  }
  return undefined;
}
