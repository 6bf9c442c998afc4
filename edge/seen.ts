// What an outbox remembers of its readers: the submissions it has acknowledged, and who has withdrawn.
import { consentAgeDaysMax } from "../sdk/consent.ts";
import type { AnswerEntry, Outcome, WithdrawalEntry } from "./outbox-entry.ts";
import { ReaderRate } from "./reader-rate.ts";

const dayMilliseconds = 86_400_000;
/**
 * Whoever repeats an answer later than this is refused by the age of its consent, and so is an answer given before a
 * withdrawal: neither needs to be remembered longer.
 */
const keptMilliseconds = (consentAgeDaysMax + 1) * dayMilliseconds;
/** In an object that is nearly full, ids alone: a later repeat gets a new receipt, and ingest still counts it once. */
const keptCrowdedMilliseconds = dayMilliseconds;
/** Rows forgotten in one turn, so that no turn is long. */
const forgottenRowsMax = 1_000;

const refused = (
  code: Extract<Outcome, { status: "refused" }>["code"],
  retryAfterSeconds?: number,
): Outcome => ({
  status: "refused",
  code,
  ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
});

export class Seen {
  readonly #sql: SqlStorage;
  readonly #rate = new ReaderRate();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Inside a transaction: withdrawn? seen? too many? else remembered, for the caller to keep. SPEC §4.1, step 6. */
  addAnswer(entry: AnswerEntry): Outcome {
    const { reader, submissionId, admittedAt } = entry;
    const waitSeconds = this.#rate.waitSeconds(reader, admittedAt);
    // The usual case is one statement: calls into SQLite cost more than what they do.
    if (waitSeconds === 0 && this.#remember(entry)) {
      this.#rate.count(reader, admittedAt);
      return { status: "stored" };
    }
    const [withdrawal] = this.#sql.exec<{ withdrawn_at: number }>(
      "SELECT withdrawn_at FROM withdrawals WHERE reader = ?",
      reader,
    );
    if (withdrawal !== undefined && entry.givenAt <= withdrawal.withdrawn_at)
      return refused("consent-withdrawn");
    const [seen] = this.#sql.exec<{ content_sha256: string; receipt: string }>(
      "SELECT content_sha256, receipt FROM seen WHERE reader = ? AND submission_id = ?",
      reader,
      submissionId,
    );
    if (seen === undefined) return refused("rate-limited", waitSeconds);
    return seen.content_sha256 === entry.contentSha256
      ? { status: "seen", receipt: seen.receipt }
      : refused("submission-reused");
  }

  /** False, and nothing changed, where the reader has withdrawn since or has used the id. */
  #remember(entry: AnswerEntry): boolean {
    const { rowsWritten } = this.#sql.exec(
      `INSERT OR IGNORE INTO seen (reader, submission_id, content_sha256, admitted_at, receipt)
       SELECT ?1, ?2, ?3, ?4, ?5
       WHERE NOT EXISTS (SELECT 1 FROM withdrawals WHERE reader = ?1 AND withdrawn_at >= ?6)`,
      entry.reader,
      entry.submissionId,
      entry.contentSha256,
      entry.admittedAt,
      entry.receipt,
      entry.givenAt,
    );
    return rowsWritten > 0;
  }

  /** Inside a transaction: marks the reader. Again, without an answer since: the same receipt. */
  addWithdrawal({ reader, admittedAt, receipt }: WithdrawalEntry): Outcome {
    const [standing] = this.#sql.exec<{ receipt: string }>(
      `SELECT receipt FROM withdrawals AS w WHERE reader = ?
       AND NOT EXISTS (SELECT 1 FROM seen WHERE reader = w.reader AND admitted_at >= w.withdrawn_at)`,
      reader,
    );
    if (standing !== undefined) return { status: "seen", receipt: standing.receipt };
    this.#sql.exec(
      "INSERT OR REPLACE INTO withdrawals VALUES (?, ?, ?)",
      reader,
      admittedAt,
      receipt,
    );
    return { status: "stored" };
  }

  /** Forgets what is older than a repeat can be; true where there is more to forget now. `now` in Unix milliseconds. */
  forget(now: number, crowded: boolean): boolean {
    // Ids grow with time: the oldest are the first.
    const { rowsWritten } = this.#sql.exec(
      `DELETE FROM seen WHERE id IN (SELECT id FROM seen ORDER BY id LIMIT ?) AND admitted_at < ?`,
      forgottenRowsMax,
      now - (crowded ? keptCrowdedMilliseconds : keptMilliseconds),
    );
    this.#sql.exec(
      `DELETE FROM withdrawals WHERE reader IN
       (SELECT reader FROM withdrawals WHERE withdrawn_at < ? ORDER BY withdrawn_at LIMIT ?)`,
      now - keptMilliseconds,
      forgottenRowsMax,
    );
    return rowsWritten >= forgottenRowsMax;
  }

  /** Whether there is anything that will have to be forgotten one day. */
  remembers(): boolean {
    const [row] = this.#sql.exec("SELECT 1 FROM seen UNION ALL SELECT 1 FROM withdrawals LIMIT 1");
    return row !== undefined;
  }
}
