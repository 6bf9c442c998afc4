// What a region that acknowledges from its stream must remember itself: which submissions it has promised, and who has
// withdrawn. A receipt is stored first as pending, then the record is appended, then the receipt is marked stored; a
// repeat after a crash in between appends the first record again (ingest counts it once) and gets the first receipt.
import { hash } from "node:crypto";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { base64url } from "../sdk/bytes.ts";
import { canonicalBytes } from "../sdk/canonical.ts";
import type { Invitation } from "../sdk/invitation.ts";
import { Problem, type ProblemCode } from "../sdk/problem.ts";
import { EdgeRecord, type SealedRecord, type WithdrawalRecord } from "../sdk/schema/record.ts";
import { readerHourlyMax } from "../sdk/schema/submission.ts";
import { log } from "./log.ts";
import { openSqlite, transaction } from "./sqlite.ts";

const hourMs = 60 * 60 * 1000;
/** Consent older than 30 days is refused anyhow, and with it any repeat and any answer from before a withdrawal. */
const keptMs = 31 * 24 * hourMs;
const sweepEveryMs = 60_000;
const sweepRowsMax = 10_000;
/** Entries that wait for a commit; above it a batch is refused instead of growing the queue. */
const waitingEntriesMax = 4_096;
const retryAfterSeconds = 2;

const schema = `
  CREATE TABLE IF NOT EXISTS seen (
    reader BLOB NOT NULL, submission_id TEXT NOT NULL, content BLOB NOT NULL, receipt TEXT NOT NULL,
    admitted_at INTEGER NOT NULL, pending TEXT,
    PRIMARY KEY (reader, submission_id)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS seen_admitted ON seen (admitted_at);
  CREATE TABLE IF NOT EXISTS withdrawn (
    reader BLOB PRIMARY KEY, withdrawn_at INTEGER NOT NULL, submission_id TEXT NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS withdrawn_at ON withdrawn (withdrawn_at);
`;

export interface Candidate {
  readonly record: EdgeRecord;
  readonly receipt: string;
  readonly invitation: Invitation;
}

export type Decision =
  | { readonly kind: "new"; readonly record: EdgeRecord }
  /** `record` is present while its append is not known to have succeeded: append it again. */
  | { readonly kind: "repeat"; readonly receipt: string; readonly record: EdgeRecord | undefined }
  | { readonly kind: "refused"; readonly code: ProblemCode };

interface Waiting {
  readonly candidates: readonly Candidate[];
  readonly resolve: (decisions: Decision[]) => void;
  readonly reject: (reason: unknown) => void;
}

/** Of tenant, campaign and pseudonym together: one reader. */
const readerOf = ({ tenant, campaign, reader }: Invitation): Uint8Array =>
  hash("sha256", `${tenant}|${base64url(campaign)}|${base64url(reader)}`, "buffer");

/** What the reader sent: the edge's own time and receipt differ from one try to the next. */
const contentOf = ({ invitation, consent, envelope }: SealedRecord): Uint8Array =>
  hash("sha256", canonicalBytes({ invitation, consent, envelope }), "buffer");
/** A withdrawal says nothing but that its reader withdraws. */
const withdrawalContent = hash("sha256", "withdrawal", "buffer");

export class SeenTable {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #sweep: NodeJS.Timeout;
  #waiting: Waiting[] = [];
  #waitingEntries = 0;
  #stored: Candidate[] = [];

  /** Throws Problem `configuration-invalid` when the file cannot be opened. */
  constructor(path: string) {
    this.#database = openSqlite(path, schema);
    this.#sweep = setInterval(() => this.expire(Date.now()), sweepEveryMs).unref();
  }

  /** Decides and remembers, durably; batches that arrive together share one commit. Problem: `region-unavailable`. */
  admit(candidates: readonly Candidate[]): Promise<Decision[]> {
    return new Promise((resolve, reject) => {
      if (this.#waitingEntries + candidates.length > waitingEntriesMax)
        throw new Problem("region-unavailable", { retryAfterSeconds });
      this.#waiting.push({ candidates, resolve, reject });
      this.#waitingEntries += candidates.length;
      if (this.#waiting.length === 1) setImmediate(() => this.#commit());
    });
  }

  /** The stream has them. Written with the next commit: until then a repeat appends once more, which changes nothing. */
  markStored(candidates: readonly Candidate[]): void {
    this.#stored.push(...candidates);
  }

  /** Forgets, some at a time, what can no longer be repeated; `now` in Unix milliseconds. */
  expire(now: number): void {
    this.#commit();
    const before = now - keptMs;
    try {
      transaction(this.#database, () => {
        this.#run(
          `DELETE FROM seen WHERE (reader, submission_id) IN
             (SELECT reader, submission_id FROM seen WHERE admitted_at < ? LIMIT ${sweepRowsMax})`,
          before,
        );
        this.#run(
          `DELETE FROM withdrawn WHERE reader IN
             (SELECT reader FROM withdrawn WHERE withdrawn_at < ? LIMIT ${sweepRowsMax})`,
          before,
        );
      });
    } catch (error) {
      // The next sweep tries again.
      if (!(error instanceof Problem)) throw error;
      log("sweep-postponed", { code: error.code });
    }
  }

  close(): void {
    clearInterval(this.#sweep);
    this.#commit();
    this.#database.close();
  }

  #commit(): void {
    const group = this.#waiting;
    this.#waiting = [];
    this.#waitingEntries = 0;
    let decided: Decision[][];
    try {
      decided = transaction(this.#database, () => {
        this.#markStored();
        return group.map(({ candidates }) =>
          candidates.map((candidate) => this.#decide(candidate)),
        );
      });
    } catch (error) {
      for (const { reject } of group) reject(error);
      return;
    }
    this.#stored = [];
    for (const [index, { resolve }] of group.entries()) resolve(decided[index] ?? []);
  }

  #decide({ record, receipt, invitation }: Candidate): Decision {
    const reader = readerOf(invitation);
    return record.kind === "answer"
      ? this.#decideAnswer(reader, record, receipt)
      : this.#decideWithdrawal(reader, record, receipt);
  }

  /** SPEC §4.1 step 6: withdrawn, seen, rate, remember. */
  #decideAnswer(reader: Uint8Array, record: SealedRecord, receipt: string): Decision {
    const withdrawn = this.#get("SELECT withdrawn_at FROM withdrawn WHERE reader = ?", reader);
    if (Date.parse(record.consent.givenAt) <= Number(withdrawn?.["withdrawn_at"] ?? -Infinity))
      return { kind: "refused", code: "consent-withdrawn" };
    const content = contentOf(record);
    const seen = this.#seen(reader, record.submissionId);
    if (seen !== undefined) return repeatOf(seen, content);
    if (this.#hasUsedUp(reader, Date.parse(record.admittedAt) - hourMs))
      return { kind: "refused", code: "rate-limited" };
    return this.#remember(reader, record, content, receipt);
  }

  /** The edge names each withdrawal anew: one since whose last nothing was answered is that last one again. */
  #decideWithdrawal(reader: Uint8Array, record: WithdrawalRecord, receipt: string): Decision {
    const last = this.#get(
      "SELECT withdrawn_at, submission_id FROM withdrawn WHERE reader = ?",
      reader,
    );
    const lastId = last?.["submission_id"];
    const again =
      typeof lastId === "string" &&
      !this.#hasAnswered(reader, Number(last?.["withdrawn_at"]), lastId);
    const seen = this.#seen(reader, again ? lastId : record.submissionId);
    if (seen !== undefined) return repeatOf(seen, withdrawalContent);
    this.#run(
      `INSERT INTO withdrawn VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET withdrawn_at = excluded.withdrawn_at, submission_id = excluded.submission_id
       WHERE excluded.withdrawn_at >= withdrawn_at`,
      reader,
      Date.parse(record.admittedAt),
      record.submissionId,
    );
    return this.#remember(reader, record, withdrawalContent, receipt);
  }

  #remember(
    reader: Uint8Array,
    record: EdgeRecord,
    content: Uint8Array,
    receipt: string,
  ): Decision {
    this.#run(
      "INSERT INTO seen VALUES (?, ?, ?, ?, ?, ?)",
      reader,
      record.submissionId,
      content,
      receipt,
      Date.parse(record.admittedAt),
      JSON.stringify(record),
    );
    return { kind: "new", record };
  }

  #seen(reader: Uint8Array, submissionId: string): Row | undefined {
    return this.#get(
      "SELECT content, receipt, pending FROM seen WHERE reader = ? AND submission_id = ?",
      reader,
      submissionId,
    );
  }

  /** Whether the reader has used up what an hour allows. */
  #hasUsedUp(reader: Uint8Array, since: number): boolean {
    const counted = this.#get(
      "SELECT count(*) AS submissions FROM seen WHERE reader = ? AND admitted_at > ?",
      reader,
      since,
    );
    return Number(counted?.["submissions"]) >= readerHourlyMax;
  }

  /** Whether anything but that withdrawal came from the reader at or after its time. */
  #hasAnswered(reader: Uint8Array, withdrawnAt: number, withdrawalId: string): boolean {
    const answer = this.#get(
      "SELECT 1 FROM seen WHERE reader = ? AND admitted_at >= ? AND submission_id <> ? LIMIT 1",
      reader,
      withdrawnAt,
      withdrawalId,
    );
    return answer !== undefined;
  }

  #markStored(): void {
    for (const { record, invitation } of this.#stored)
      this.#run(
        "UPDATE seen SET pending = NULL WHERE reader = ? AND submission_id = ?",
        readerOf(invitation),
        record.submissionId,
      );
  }

  #get(sql: string, ...values: (Uint8Array | string | number)[]): Row | undefined {
    return this.#prepared(sql).get(...values);
  }

  #run(sql: string, ...values: (Uint8Array | string | number)[]): void {
    this.#prepared(sql).run(...values);
  }

  #prepared(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

type Row = Readonly<Record<string, unknown>>;

function repeatOf({ content, receipt, pending }: Row, sent: Uint8Array): Decision {
  if (!(content instanceof Uint8Array) || typeof receipt !== "string")
    throw new TypeError("not a row of what was seen");
  if (Buffer.compare(content, sent) !== 0) return { kind: "refused", code: "submission-reused" };
  const record = typeof pending === "string" ? EdgeRecord.parse(JSON.parse(pending)) : undefined;
  return { kind: "repeat", receipt, record };
}
