import { DatabaseSync } from "node:sqlite";
import { Problem } from "../sdk/problem.ts";

// SQLite primary result codes (https://sqlite.org/rescode.html) that mean "not now", not "never":
// BUSY, READONLY, IOERR, FULL, CANTOPEN.
const awayCodes = new Set([5, 8, 10, 13, 14]);
const retryAfterSeconds = 2;

/** node:sqlite puts SQLite's extended result code into `errcode`; its low byte is the primary code. */
const primaryCode = (error: unknown): number | undefined =>
  error instanceof Error && "errcode" in error && typeof error.errcode === "number"
    ? error.errcode & 0xff
    : undefined;

/** Opens a file of this process alone, durable at each commit. Throws Problem `configuration-invalid`. */
export function openSqlite(path: string, schema: string): DatabaseSync {
  try {
    const database = new DatabaseSync(path);
    // EXCLUSIVE refuses a second process; FULL: COMMIT returns after the log is fsynced; secure_delete: what is
    // deleted is overwritten.
    database.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA secure_delete = ON;
      ${schema}
    `);
    return database;
  } catch (error) {
    if (primaryCode(error) === undefined) throw error;
    throw new Problem("configuration-invalid", {
      errors: [
        `MAILY_DATA_DIR: ${path} cannot be opened; another process has it open, or the disk refuses`,
      ],
    });
  }
}

/** Runs `work` in one transaction. Throws Problem `region-unavailable` when the disk will not. */
export function transaction<Result>(database: DatabaseSync, work: () => Result): Result {
  try {
    database.exec("BEGIN IMMEDIATE");
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    // SQLite rolls some failures back by itself (sqlite.org/lang_transaction.html §2).
    if (database.isTransaction) database.exec("ROLLBACK");
    if (awayCodes.has(primaryCode(error) ?? -1))
      throw new Problem("region-unavailable", { retryAfterSeconds });
    throw error;
  }
}
