// Segments as their owners declared them, on SQLite.
import type { DatabaseSync } from "node:sqlite";
import { Problem } from "../../sdk/problem.ts";
import { Segment, segmentLimits } from "../../sdk/schema/segment.ts";
import { openSqlite, transaction } from "../sqlite.ts";

const schema = `
  CREATE TABLE IF NOT EXISTS segment (
    tenant INTEGER NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL,
    PRIMARY KEY (tenant, id)) WITHOUT ROWID;
`;

export interface Declared {
  readonly tenant: number;
  readonly segment: Segment;
}

export class SegmentStore {
  readonly #database: DatabaseSync;

  /** Throws Problem `configuration-invalid` when the file cannot be opened. */
  constructor(path: string) {
    this.#database = openSqlite(path, schema);
  }

  /** Problems: `segments-full`, `region-unavailable` (disk). */
  put(tenant: number, segment: Segment): void {
    transaction(this.#database, () => {
      const others = this.#database
        .prepare("SELECT count(*) AS others FROM segment WHERE tenant = ? AND id <> ?")
        .get(tenant, segment.id);
      if (Number(others?.["others"]) >= segmentLimits.segments) throw new Problem("segments-full");
      this.#database
        .prepare("INSERT OR REPLACE INTO segment (tenant, id, document) VALUES (?, ?, ?)")
        .run(tenant, segment.id, JSON.stringify(segment));
    });
  }

  /** Whether there was one. Problem: `region-unavailable`. */
  delete(tenant: number, id: string): boolean {
    return transaction(this.#database, () => {
      const { changes } = this.#database
        .prepare("DELETE FROM segment WHERE tenant = ? AND id = ?")
        .run(tenant, id);
      return changes > 0;
    });
  }

  *all(): Generator<Declared> {
    const rows = this.#database.prepare("SELECT tenant, document FROM segment ORDER BY tenant, id");
    for (const { tenant, document } of rows.all())
      // `put` stored what the schema had let through.
      yield { tenant: Number(tenant), segment: Segment.parse(JSON.parse(String(document))) };
  }

  close(): void {
    this.#database.close();
  }
}
