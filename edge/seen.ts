// What an outbox remembers of its readers: what it has acknowledged to them, and who has withdrawn.
import { rememberedDays } from "../sdk/consent.ts";
import { isHeld, severalMilliseconds, wouldBeHeld } from "../sdk/haste.ts";
import { eventLimits } from "../sdk/events.ts";
import { readerHourlyMax, requestsHourlyMax } from "../sdk/schema/submission.ts";
import type {
  ConsentedEntry,
  EventsEntry,
  Outcome,
  RequestEntry,
  WithdrawalEntry,
} from "./outbox-entry.ts";
import { ReaderRate } from "./reader-rate.ts";

const dayMilliseconds = 86_400_000;
/**
 * Whoever repeats an answer later than this is refused by the age of its consent, and so is an answer given before a
 * withdrawal: neither needs to be remembered longer.
 */
const keptMilliseconds = rememberedDays * dayMilliseconds;
/** In an object that is nearly full, ids alone: a later repeat gets a new receipt, and ingest still counts it once. */
const keptCrowdedMilliseconds = dayMilliseconds;
/** Rows forgotten in one turn, so that no turn is long. */
const forgottenRowsMax = 1_000;

interface SeenRow extends Record<string, SqlStorageValue> {
  content_sha256: string;
  receipt: string;
  admitted_at: number;
}

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
  /** Apart, so that what a reader did uses up nothing of what a reader may say. */
  readonly #eventsRate = new ReaderRate();
  /** Readers who were counted in the transaction under way. */
  #counted: string[] = [];
  /** Until then, Unix milliseconds, there may be answers of the last seconds that this object's memory did not count. */
  readonly #youngUntil: number;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    const now = Date.now();
    const [newest] = sql.exec<{ admitted_at: number }>(
      "SELECT admitted_at FROM seen ORDER BY id DESC LIMIT 1",
    );
    const idle = now - (newest?.admitted_at ?? -Infinity);
    // Twice, for the difference between clocks.
    this.#youngUntil = idle <= 2 * severalMilliseconds ? now + 2 * severalMilliseconds : -Infinity;
  }

  /** Inside a transaction: withdrawn? seen? too many? else remembered, for the caller to keep. SPEC §4.1, step 6. */
  addConsented(entry: ConsentedEntry): Outcome {
    const { kind, reader, admittedAt } = entry;
    const again = kind === "choices" ? this.#again(entry) : undefined;
    if (again !== undefined) return again;
    const waitSeconds = this.#rate.waitSeconds(reader, readerHourlyMax, admittedAt);
    // The usual case is one statement: calls into SQLite cost more than what they do.
    if (waitSeconds === 0 && this.#remember(entry, entry.test ? "test" : kind, entry.givenAt)) {
      const others = this.#count(reader, admittedAt) || Date.now() < this.#youngUntil;
      return {
        status: "stored",
        ...(others && this.#isHasty(entry, admittedAt) && { confirm: true }),
      };
    }
    if (entry.givenAt <= this.#withdrawnAt(reader)) return refused("consent-withdrawn");
    return this.#repeat(entry) ?? refused("rate-limited", waitSeconds);
  }

  /** Changes no row: withdrawn? too many? SPEC §3.15. */
  addEvents({ reader, admittedAt, givenAt }: EventsEntry): Outcome {
    if (givenAt <= this.#withdrawnAt(reader)) return refused("consent-withdrawn");
    const waitSeconds = this.#eventsRate.waitSeconds(reader, eventLimits.batchesHourly, admittedAt);
    if (waitSeconds > 0) return refused("rate-limited", waitSeconds);
    this.#eventsRate.count(reader, admittedAt);
    return { status: "stored" };
  }

  /** Of a reader who comes from another object: the rate goes on, and haste is seen across the move. */
  arrived(reader: string, admittedAt: readonly number[]): void {
    for (const at of admittedAt) this.#rate.count(reader, at);
  }

  committed(): void {
    this.#counted = [];
  }

  /** What was not committed did not happen: a reader who tries again is not held to it. */
  rolledBack(): void {
    for (const reader of this.#counted) this.#rate.takeBack(reader);
    this.#counted = [];
  }

  #count(reader: string, at: number): boolean {
    this.#counted.push(reader);
    return this.#rate.count(reader, at);
  }

  /** Inside a transaction, like an answer; nothing that a reader takes back needs a consent. */
  addRequest(entry: RequestEntry): Outcome {
    const { reader, admittedAt, contentSha256 } = entry;
    const last = this.#last(reader);
    if (last?.content_sha256 === contentSha256) return { status: "seen", receipt: last.receipt };
    const waitSeconds = this.#rate.waitSeconds(reader, requestsHourlyMax, admittedAt);
    const standing = waitSeconds > 0 ? this.#standing(entry) : undefined;
    if (standing !== undefined) return { status: "seen", receipt: standing };
    // To refuse what takes back would keep what is taken back: above the pace it is taken as long as it does not stand.
    const isRefused = waitSeconds > 0 && !entry.takesBack;
    if (isRefused || !this.#remember(entry, entry.takesBack ? "request" : "resubscribe", Infinity))
      return this.#repeat(entry) ?? refused("rate-limited", waitSeconds);
    this.#count(reader, admittedAt);
    if (entry.withdraws) this.#withdraw(reader, admittedAt, "");
    return { status: "stored" };
  }

  /** The receipt of the same request, where nothing was given since. */
  #standing({ reader, contentSha256 }: RequestEntry): string | undefined {
    const [same] = this.#sql.exec<{ receipt: string }>(
      `SELECT receipt FROM seen AS s WHERE reader = ? AND content_sha256 = ? AND kind = 'request'
       AND NOT EXISTS (SELECT 1 FROM seen WHERE reader = s.reader AND id > s.id AND kind <> 'request')
       LIMIT 1`,
      reader,
      contentSha256,
    );
    return same?.receipt;
  }

  /** Inside a transaction: marks the reader. Again, without an answer since: the same receipt. */
  addWithdrawal({ reader, admittedAt, receipt }: WithdrawalEntry): Outcome {
    // What an erasure withdrew has no receipt of a withdrawal.
    const [standing] = this.#sql.exec<{ receipt: string }>(
      `SELECT receipt FROM withdrawals AS w WHERE reader = ? AND receipt <> ''
       AND NOT EXISTS (SELECT 1 FROM seen
         WHERE reader = w.reader AND admitted_at >= w.withdrawn_at AND kind NOT IN ('request', 'resubscribe'))`,
      reader,
    );
    if (standing !== undefined) return { status: "seen", receipt: standing.receipt };
    this.#withdraw(reader, admittedAt, receipt);
    return { status: "stored" };
  }

  /** False, and nothing changed, where the reader has withdrawn since `givenAt` or has used the id. */
  #remember(entry: ConsentedEntry | RequestEntry, kind: string, givenAt: number): boolean {
    const { rowsWritten } = this.#sql.exec(
      `INSERT OR IGNORE INTO seen (reader, submission_id, content_sha256, admitted_at, receipt, kind)
       SELECT ?1, ?2, ?3, ?4, ?5, ?6
       WHERE NOT EXISTS (SELECT 1 FROM withdrawals WHERE reader = ?1 AND withdrawn_at >= ?7)`,
      entry.reader,
      entry.submissionId,
      entry.contentSha256,
      entry.admittedAt,
      entry.receipt,
      kind,
      givenAt,
    );
    return rowsWritten > 0;
  }

  /** What became of an entry whose id the reader has used; undefined where that is not so. */
  #repeat(entry: ConsentedEntry | RequestEntry): Outcome | undefined {
    const [seen] = this.#sql.exec<SeenRow>(
      "SELECT content_sha256, receipt, admitted_at FROM seen WHERE reader = ? AND submission_id = ?",
      entry.reader,
      entry.submissionId,
    );
    if (seen === undefined) return undefined;
    const { receipt, content_sha256: contentSha256, admitted_at: admittedAt } = seen;
    if (contentSha256 !== entry.contentSha256) return refused("submission-reused");
    const confirm = entry.kind !== "request" && this.#isHasty(entry, admittedAt);
    return { status: "seen", receipt, ...(confirm && { confirm }) };
  }

  /**
   * Choices whose id the edge draws anew with every try: the same as what came from the reader last is that once more. Not
   * where that one is held and this one would not be: so does a reader confirm inside the mail (SPEC §3.13).
   */
  #again(entry: ConsentedEntry): Outcome | undefined {
    const { reader, admittedAt } = entry;
    const last = this.#last(reader);
    if (
      last?.content_sha256 !== entry.contentSha256 ||
      this.#withdrawnAt(reader) >= last.admitted_at
    )
      return undefined;
    const confirm = this.#isHasty(entry, last.admitted_at);
    if (confirm && !this.#wouldBeHasty(entry, admittedAt)) return undefined;
    return { status: "seen", receipt: last.receipt, ...(confirm && { confirm }) };
  }

  #last(reader: string): SeenRow | undefined {
    const [last] = this.#sql.exec<SeenRow>(
      `SELECT content_sha256, receipt, admitted_at FROM seen
       WHERE reader = ? ORDER BY id DESC LIMIT 1`,
      reader,
    );
    return last;
  }

  /** Whether the answer that was admitted at that time is held by those beside it. */
  #isHasty({ kind, test, reader }: ConsentedEntry, admittedAt: number): boolean {
    if (kind === "preferences" || test) return false;
    const times = this.#timesAround(reader, admittedAt);
    const index = times.indexOf(admittedAt);
    return index >= 0 && isHeld(times, index);
  }

  /** The same of an answer that is not stored. */
  #wouldBeHasty({ reader }: ConsentedEntry, admittedAt: number): boolean {
    return wouldBeHeld(this.#timesAround(reader, admittedAt), admittedAt);
  }

  /** When the reader's answers were admitted that can have to do with one of that time, ascending. */
  #timesAround(reader: string, admittedAt: number): number[] {
    const rows = this.#sql.exec<{ admitted_at: number }>(
      `SELECT admitted_at FROM seen WHERE reader = ? AND admitted_at BETWEEN ? AND ?
       AND kind IN ('answer', 'choices') ORDER BY admitted_at`,
      reader,
      admittedAt - severalMilliseconds,
      admittedAt + severalMilliseconds,
    );
    return Array.from(rows, (row) => row.admitted_at);
  }

  /** Unix milliseconds; before all time where the reader has not. */
  #withdrawnAt(reader: string): number {
    const [withdrawal] = this.#sql.exec<{ withdrawn_at: number }>(
      "SELECT withdrawn_at FROM withdrawals WHERE reader = ?",
      reader,
    );
    return withdrawal?.withdrawn_at ?? -Infinity;
  }

  #withdraw(reader: string, at: number, receipt: string): void {
    // The latest time stands: two isolates' clocks may differ.
    this.#sql.exec(
      `INSERT INTO withdrawals VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET withdrawn_at = max(withdrawn_at, excluded.withdrawn_at), receipt = excluded.receipt`,
      reader,
      at,
      receipt,
    );
  }

  /** Forgets what is older than a repeat can be; true where there is more to forget now. `now` in Unix milliseconds. */
  forget(now: number, crowded: boolean): boolean {
    // Ids grow with time: the oldest are the first.
    const { rowsWritten } = this.#sql.exec(
      `DELETE FROM seen WHERE id IN (SELECT id FROM seen ORDER BY id LIMIT ?) AND admitted_at < ?`,
      forgottenRowsMax,
      now - (crowded ? keptCrowdedMilliseconds : keptMilliseconds),
    );
    const withdrawals = this.#sql.exec(
      `DELETE FROM withdrawals WHERE reader IN
       (SELECT reader FROM withdrawals WHERE withdrawn_at < ? ORDER BY withdrawn_at LIMIT ?)`,
      now - keptMilliseconds,
      forgottenRowsMax,
    );
    return Math.max(rowsWritten, withdrawals.rowsWritten) >= forgottenRowsMax;
  }

  /** Whether there is anything that will have to be forgotten one day. */
  remembers(): boolean {
    const [row] = this.#sql.exec(
      "SELECT 1 FROM seen UNION ALL SELECT 1 FROM withdrawals UNION ALL SELECT 1 FROM homes LIMIT 1",
    );
    return row !== undefined;
  }
}
