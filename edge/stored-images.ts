// Pictures of widgets in a campaign store's tables: by their digest, so that what is there never changes.
import type { Bytes } from "../sdk/bytes.ts";

/** Of one tenant in one of the objects that keep pictures (edge/images.ts). */
export const imagesMax = 64;

export const imagesUp = `CREATE TABLE images (
     name TEXT NOT NULL,
     tenant INTEGER NOT NULL,
     bytes BLOB NOT NULL,
     PRIMARY KEY (name, tenant)
   );`;
export const imagesDown = "ALTER TABLE images RENAME TO undone_2;";
export const imagesAgain = `INSERT OR IGNORE INTO images SELECT * FROM undone_2;
   DROP TABLE undone_2;`;

interface Row extends Record<string, SqlStorageValue> {
  bytes: ArrayBuffer;
}

export class StoredImages {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** "full" where the tenant has as many as it may. */
  put(tenant: number, name: string, bytes: Bytes): "stored" | "unchanged" | "full" {
    if (this.missing(tenant, [name]).length === 0) return "unchanged";
    const { count } = this.#sql
      .exec<{ count: number }>("SELECT count(*) AS count FROM images WHERE tenant = ?", tenant)
      .one();
    if (count >= imagesMax) return "full";
    this.#sql.exec("INSERT INTO images VALUES (?, ?, ?)", name, tenant, bytes.slice().buffer);
    return "stored";
  }

  /** Whoever's it is: its name is a digest, and two tenants' are the same bytes. */
  read(name: string): ArrayBuffer | undefined {
    const [row] = this.#sql.exec<Row>("SELECT bytes FROM images WHERE name = ? LIMIT 1", name);
    return row?.bytes;
  }

  /** Those of `names` that the tenant has not put here. */
  missing(tenant: number, names: readonly string[]): string[] {
    return names.filter(
      (name) =>
        [
          ...this.#sql.exec(
            "SELECT 1 FROM images WHERE name = ? AND tenant = ? LIMIT 1",
            name,
            tenant,
          ),
        ].length === 0,
    );
  }
}
