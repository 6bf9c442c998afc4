// What happens to readers, at random, as rows of ingest: answers, changes of mind, withdrawals, preferences, erasures, and
// what comes late or twice.
import type {
  PreferencesRow,
  RequestRow,
  Row,
  SubmissionRow,
  WithdrawalRow,
} from "../../../server/warehouse/rows.ts";
import { answerAt, beganAt, oneOf, type Random } from "./world.ts";

/** Answers of one reader less far apart are held. */
const stepMs = 20_000;
const latenessMsMax = 600_000;
/** Of the events before, how many may come again. */
const remembered = 200;

export class Events {
  readonly #random: Random;
  readonly #readers: number;
  #offset = 0n;
  #clock = 0;
  readonly #before: Row[] = [];

  constructor(random: Random, readers: number) {
    [this.#random, this.#readers] = [random, readers];
  }

  /** The next so many. */
  batch(count: number): Row[] {
    return Array.from({ length: count }, () => this.#next());
  }

  #next(): Row {
    const random = this.#random;
    if (this.#before.length > 0 && random(40) === 0) return oneOf(random, this.#before);
    this.#clock += random(stepMs / 100);
    const late = random(10) === 0 ? random(latenessMsMax) : 0;
    const at = Math.max(0, this.#clock - late);
    const number = random(this.#readers);
    const answer = answerAt(random, { number, offset: this.#offset++, at });
    const row = this.#kindOf(answer);
    this.#before.push(row);
    if (this.#before.length > remembered) this.#before.shift();
    return row;
  }

  #kindOf(answer: SubmissionRow): Row {
    const random = this.#random;
    const { source, tenant, campaign, reader, submissionId, receiptId, admittedAt } = answer;
    const named = { source, tenant, campaign, reader, submissionId, admittedAt, test: false };
    switch (random(20)) {
      case 0:
        return { kind: "withdrawal", ...named, receiptId } satisfies WithdrawalRow;
      case 1:
        return {
          kind: "request",
          ...named,
          request: oneOf(random, ["erase", "unsubscribe"] as const),
          via: "page",
        } satisfies RequestRow;
      case 2:
      case 3: {
        const consented = random(3) > 0;
        return {
          kind: "preferences",
          ...named,
          receiptId,
          envelopeSha256: answer.envelopeSha256,
          revision: 1,
          language: "en",
          notice: 1,
          consented,
          purposes: consented ? oneOf(random, [["results"], ["results", "offers"]]) : [],
          refusesEvents: false,
          givenAt: admittedAt,
          topics: [],
          frequency: undefined,
        } satisfies PreferencesRow;
      }
      case 4:
        // A test send changes nothing.
        return { ...answer, test: true };
      case 5:
        // What was agreed to long before it arrives.
        return { ...answer, givenAt: Math.max(beganAt, admittedAt - random(latenessMsMax)) };
      default:
        return answer;
    }
  }
}

/** Segments that look at everything that the views have. */
export const everyKind = [
  "SELECT reader FROM current_answers WHERE question = 'roast' AND option_id = 'dark'",
  "SELECT reader FROM current_answers WHERE question = 'stars' AND number_value >= 4",
  "SELECT reader FROM current_answers GROUP BY reader HAVING COUNT(DISTINCT question) >= 6",
  "SELECT reader FROM current_answers GROUP BY reader HAVING SUM(CASE WHEN option_id IN ('milk', 'sugar') THEN 1 ELSE 0 END) >= 2",
  "SELECT reader FROM current_readers WHERE channel = 'amp' AND (outcome IS NULL OR language = 'de')",
  "SELECT reader FROM current_answers WHERE date_value >= '2020-01-01' EXCEPT SELECT reader FROM current_answers WHERE question = 'again' AND option_id = 'no'",
  "SELECT reader FROM current_answers WHERE question = 'order' AND position = 0 AND option_id = 'price' AND reader NOT IN (SELECT reader FROM current_readers WHERE revision = 2)",
  "SELECT reader FROM current_readers WHERE date_trunc('month', admitted_at) = '2026-11-01' AND language = 'en'",
] as const;
