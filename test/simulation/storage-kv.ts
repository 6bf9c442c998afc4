// The synchronous key-value half of an object's storage, as rows beside the object's own tables.
import { deserialize, serialize } from "node:v8";

interface Rows {
  exec: (sql: string, ...values: unknown[]) => { toArray: () => Record<string, unknown>[] };
}

interface Listing {
  readonly prefix?: string;
  readonly limit?: number;
  readonly reverse?: boolean;
}

export class KeyValues {
  readonly #sql: Rows;
  #made = false;

  constructor(sql: Rows) {
    this.#sql = sql;
  }

  get(key: string): unknown {
    if (!this.#made) this.#make();
    const [row] = this.#sql.exec("SELECT value FROM _kv WHERE key = ?", key).toArray();
    return row && valueOf(row);
  }

  put(key: string, value: unknown): void {
    if (!this.#made) this.#make();
    const bytes = Uint8Array.from(serialize(value));
    this.#sql.exec("INSERT OR REPLACE INTO _kv VALUES (?, ?)", key, bytes);
  }

  delete(key: string): boolean {
    const isThere = this.get(key) !== undefined;
    this.#sql.exec("DELETE FROM _kv WHERE key = ?", key);
    return isThere;
  }

  *list({ prefix = "", limit = -1, reverse = false }: Listing = {}): Generator<[string, unknown]> {
    if (!this.#made) this.#make();
    const rows = this.#sql.exec(
      `SELECT key, value FROM _kv WHERE substr(key, 1, ?) = ? ORDER BY key ${reverse ? "DESC" : ""} LIMIT ?`,
      prefix.length,
      prefix,
      limit,
    );
    for (const row of rows.toArray()) yield [String(row["key"]), valueOf(row)];
  }

  #make(): void {
    this.#sql.exec("CREATE TABLE IF NOT EXISTS _kv (key TEXT PRIMARY KEY, value BLOB NOT NULL)");
    this.#made = true;
  }
}

const valueOf = (row: Record<string, unknown>): unknown =>
  deserialize(new Uint8Array(row["value"] as ArrayBuffer)); // `put` wrote it.
