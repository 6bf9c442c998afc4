// The rows of a region's memory, and the questions asked of them. One reader is tenant, campaign and pseudonym together.
import { hash } from "node:crypto";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { base64url } from "../sdk/bytes.ts";
import { isHeld, severalMilliseconds, wouldBeHeld } from "../sdk/haste.ts";
import type { Invitation } from "../sdk/invitation.ts";
import type { EdgeRecord } from "../sdk/schema/record.ts";

export const seenSchema = `
  CREATE TABLE IF NOT EXISTS seen (
    reader BLOB NOT NULL, submission_id TEXT NOT NULL, content BLOB NOT NULL, receipt TEXT NOT NULL,
    admitted_at INTEGER NOT NULL, pending TEXT,
    PRIMARY KEY (reader, submission_id)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS seen_admitted ON seen (admitted_at);
  CREATE TABLE IF NOT EXISTS withdrawn (
    reader BLOB PRIMARY KEY, withdrawn_at INTEGER NOT NULL, submission_id TEXT NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS withdrawn_at ON withdrawn (withdrawn_at);
  CREATE TABLE IF NOT EXISTS latest (
    reader BLOB PRIMARY KEY, submission_id TEXT NOT NULL, admitted_at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS latest_admitted ON latest (admitted_at);
  CREATE TABLE IF NOT EXISTS answered (
    reader BLOB NOT NULL, admitted_at INTEGER NOT NULL, submission_id TEXT NOT NULL,
    PRIMARY KEY (reader, admitted_at, submission_id)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS answered_admitted ON answered (admitted_at);
  CREATE TABLE IF NOT EXISTS watched (
    reader BLOB PRIMARY KEY, since INTEGER NOT NULL, batches INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS watched_since ON watched (since);
`;

const hourMilliseconds = 3_600_000;

type Value = Uint8Array | string | number;

/** A record as it was remembered. `pending` is it, while its append is not known to have succeeded. */
export interface SeenRow {
  readonly submissionId: string;
  readonly content: Uint8Array;
  readonly receipt: string;
  readonly admittedAt: number;
  readonly pending: string | undefined;
}

export const readerDigest = ({ tenant, campaign, reader }: Invitation): Uint8Array =>
  hash("sha256", `${tenant}|${base64url(campaign)}|${base64url(reader)}`, "buffer");

export class SeenRows {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  remember(reader: Uint8Array, record: EdgeRecord, content: Uint8Array, receipt: string): void {
    const { submissionId } = record;
    const admittedAt = Date.parse(record.admittedAt);
    this.#run(
      "INSERT INTO seen VALUES (?, ?, ?, ?, ?, ?)",
      reader,
      submissionId,
      content,
      receipt,
      admittedAt,
      JSON.stringify(record),
    );
    this.#run("INSERT OR REPLACE INTO latest VALUES (?, ?, ?)", reader, submissionId, admittedAt);
  }

  seen(reader: Uint8Array, submissionId: string): SeenRow | undefined {
    return seenRow(
      this.#get("SELECT * FROM seen WHERE reader = ? AND submission_id = ?", reader, submissionId),
    );
  }

  /** What was remembered of the reader last. */
  latest(reader: Uint8Array): SeenRow | undefined {
    return seenRow(
      this.#get(
        "SELECT seen.* FROM latest JOIN seen USING (reader, submission_id) WHERE reader = ?",
        reader,
      ),
    );
  }

  /** How much came from the reader after `since`. */
  countSince(reader: Uint8Array, since: number): number {
    const counted = this.#get(
      "SELECT count(*) AS submissions FROM seen WHERE reader = ? AND admitted_at > ?",
      reader,
      since,
    );
    return Number(counted?.["submissions"]);
  }

  /** What was remembered with that content, where nothing but contents of `takingBack`, three, came since. */
  standing(
    reader: Uint8Array,
    content: Uint8Array,
    takingBack: readonly Uint8Array[],
  ): SeenRow | undefined {
    return seenRow(
      this.#get(
        `SELECT * FROM seen AS s WHERE reader = ? AND content = ?
         AND NOT EXISTS (SELECT 1 FROM seen
           WHERE reader = s.reader AND admitted_at >= s.admitted_at AND content NOT IN (?, ?, ?))
         ORDER BY admitted_at DESC LIMIT 1`,
        reader,
        content,
        ...takingBack,
      ),
    );
  }

  withdrawn(reader: Uint8Array): { at: number; submissionId: string } | undefined {
    const row = this.#get(
      "SELECT withdrawn_at, submission_id FROM withdrawn WHERE reader = ?",
      reader,
    );
    return row && { at: Number(row["withdrawn_at"]), submissionId: String(row["submission_id"]) };
  }

  withdraw(reader: Uint8Array, at: number, submissionId: string): void {
    this.#run(
      `INSERT INTO withdrawn VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET withdrawn_at = excluded.withdrawn_at, submission_id = excluded.submission_id
       WHERE excluded.withdrawn_at >= withdrawn_at`,
      reader,
      at,
      submissionId,
    );
  }

  /** One more batch of events; how many the reader has sent in the hour that it belongs to. */
  watched(reader: Uint8Array, at: number): number {
    const row = this.#get(
      `INSERT INTO watched VALUES (?1, ?2, 1)
       ON CONFLICT DO UPDATE SET
         batches = CASE WHEN abs(?2 - since) < ?3 THEN batches + 1 ELSE 1 END,
         since = CASE WHEN abs(?2 - since) < ?3 THEN since ELSE ?2 END
       RETURNING batches`,
      reader,
      at,
      hourMilliseconds,
    );
    return Number(row?.["batches"]);
  }

  /** One more answer that counts for haste. */
  answered(reader: Uint8Array, at: number, submissionId: string): void {
    this.#run("INSERT OR IGNORE INTO answered VALUES (?, ?, ?)", reader, at, submissionId);
  }

  forgetAnswers(reader: Uint8Array, until: number): void {
    this.#run("DELETE FROM answered WHERE reader = ? AND admitted_at <= ?", reader, until);
  }

  /** Whether that answer of the reader, admitted at `at`, is held by what is known so far. */
  isHeld(reader: Uint8Array, at: number, submissionId: string): boolean {
    const near = this.#answersNear(reader, at);
    const index = near.findIndex((answer) => answer.submissionId === submissionId);
    return (
      index >= 0 &&
      isHeld(
        near.map((answer) => answer.at),
        index,
      )
    );
  }

  /** The same of an answer that is not remembered. */
  wouldBeHeld(reader: Uint8Array, at: number): boolean {
    const times = this.#answersNear(reader, at).map((answer) => answer.at);
    return wouldBeHeld(times, at);
  }

  #answersNear(reader: Uint8Array, at: number): { at: number; submissionId: string }[] {
    return this.#prepared(
      `SELECT admitted_at, submission_id FROM answered
       WHERE reader = ? AND admitted_at BETWEEN ? AND ? ORDER BY admitted_at, submission_id`,
    )
      .all(reader, at - severalMilliseconds, at + severalMilliseconds)
      .map((row) => ({
        at: Number(row["admitted_at"]),
        submissionId: String(row["submission_id"]),
      }));
  }

  markStored(reader: Uint8Array, submissionId: string): void {
    this.#run(
      "UPDATE seen SET pending = NULL WHERE reader = ? AND submission_id = ?",
      reader,
      submissionId,
    );
  }

  /** Forgets what was admitted before `before`, at most `limit` rows of each kind. */
  forget(before: number, limit: number): void {
    this.#run(
      `DELETE FROM seen WHERE (reader, submission_id) IN
         (SELECT reader, submission_id FROM seen WHERE admitted_at < ? LIMIT ?)`,
      before,
      limit,
    );
    this.#run(
      "DELETE FROM withdrawn WHERE reader IN (SELECT reader FROM withdrawn WHERE withdrawn_at < ? LIMIT ?)",
      before,
      limit,
    );
    this.#run(
      "DELETE FROM latest WHERE reader IN (SELECT reader FROM latest WHERE admitted_at < ? LIMIT ?)",
      before,
      limit,
    );
    this.#run(
      `DELETE FROM answered WHERE (reader, admitted_at, submission_id) IN
         (SELECT reader, admitted_at, submission_id FROM answered WHERE admitted_at < ? LIMIT ?)`,
      before,
      limit,
    );
    this.#run(
      "DELETE FROM watched WHERE reader IN (SELECT reader FROM watched WHERE since < ? LIMIT ?)",
      before,
      limit,
    );
  }

  #get(sql: string, ...values: Value[]): Readonly<Record<string, unknown>> | undefined {
    return this.#prepared(sql).get(...values);
  }

  #run(sql: string, ...values: Value[]): void {
    this.#prepared(sql).run(...values);
  }

  #prepared(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function seenRow(row: Readonly<Record<string, unknown>> | undefined): SeenRow | undefined {
  if (row === undefined) return undefined;
  const { submission_id: submissionId, content, receipt, admitted_at: admittedAt, pending } = row;
  if (
    !(content instanceof Uint8Array) ||
    typeof receipt !== "string" ||
    typeof submissionId !== "string"
  )
    throw new TypeError("not a row of what was seen");
  return {
    submissionId,
    content,
    receipt,
    admittedAt: Number(admittedAt),
    pending: typeof pending === "string" ? pending : undefined,
  };
}
