// The SQLite files of one region's server: what is committed stays when the process dies. A full disk takes nothing.
import { DatabaseSync, type StatementSync } from "node:sqlite";

/** SQLite's own code for it (https://sqlite.org/rescode.html#full). */
const full = 13;

const ends = /^\s*(COMMIT|END)\b/i;

/** Files by path; they outlive every process that opens them. */
export class Disk {
  full = false;
  readonly #files = new Map<string, DatabaseSync>();

  /** `node:sqlite` for a process on this disk. */
  get module(): { DatabaseSync: unknown } {
    const open = (path: string): DatabaseSync => this.#open(path);
    const refuse = (): void => {
      if (!this.full) return;
      throw Object.assign(new Error("database or disk is full"), { errcode: full });
    };
    return {
      DatabaseSync: class {
        readonly #file: DatabaseSync;

        constructor(path: string) {
          this.#file = open(path);
        }

        exec(sql: string): void {
          if (ends.test(sql)) refuse();
          this.#file.exec(sql);
        }

        prepare(sql: string): StatementSync {
          return this.#file.prepare(sql);
        }

        get isTransaction(): boolean {
          return this.#file.isTransaction;
        }

        close(): void {
          // The file stays for whoever opens it next.
        }
      },
    };
  }

  #open(path: string): DatabaseSync {
    const known = this.#files.get(path);
    // A process that died in the middle of a transaction has left none.
    if (known?.isTransaction === true) known.exec("ROLLBACK");
    const file = known ?? new DatabaseSync(":memory:");
    this.#files.set(path, file);
    return file;
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }
}
