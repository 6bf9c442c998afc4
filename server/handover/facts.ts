// What is known of a campaign's readers, as plain sentences with their numbers, for whoever remembers facts and not tables. Of
// readers who agree to the purpose now; no number of fewer of them than the floor, none from which such a one follows.
import type { DuckDBConnection } from "@duckdb/node-api";
import { activityPurposes } from "../../sdk/activities.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { handoverLimits, type Fact, type LeftOut } from "../../sdk/schema/handover.ts";
import type { Lift, RevenueCell } from "../../sdk/schema/insight.ts";
import { withheld } from "../activities/floor.ts";
import { liftsOf } from "../activities/lift.ts";
import type { Population } from "../activities/population.ts";
import { revenueOf } from "../activities/revenue.ts";
import { agreedCounts, type AgreedCounts } from "./counts.ts";
import { percent, whole, Words } from "./words.ts";

/** Lifts that are told: of these one in twenty is a false finding, in the mean. */
const falseMax = 0.05;

export interface FactsAsked {
  readonly campaign: Campaign;
  readonly purpose: string;
  readonly floor: number;
  /** Unix milliseconds. */
  readonly asOf: number;
}

export interface Facts {
  /** Who agree; undefined under the floor. */
  readonly readers: number | undefined;
  readonly facts: readonly Fact[];
  readonly leftOut: readonly LeftOut[];
}

/** What is told, and what is not, while the sentences are made. */
class Ledger {
  readonly facts: Fact[] = [];
  readonly leftOut: LeftOut[] = [];
  readonly #asked: FactsAsked;

  constructor(asked: FactsAsked) {
    this.#asked = asked;
  }

  tell(id: string, sentence: string, readers: number): void {
    if (
      sentence.length > handoverLimits.sentenceCharacters ||
      this.facts.length >= handoverLimits.facts
    )
      return this.leave(id, "over the limits of one hand-over");
    const { campaign, asOf } = this.#asked;
    this.facts.push({
      kind: "fact",
      id,
      sentence,
      readers,
      from: campaign.opensAt,
      to: new Date(asOf).toISOString(),
    });
  }

  leave(what: string, why: string): void {
    this.leftOut.push({ what, why });
  }
}

const tooFew = "of fewer readers than the floor, or such a number would follow from it";

/** Sentences of one table whose cells share a total. */
function tellTable(
  ledger: Ledger,
  cells: ReadonlyMap<string, number>,
  {
    total,
    floor,
    id,
    say,
  }: {
    readonly total: number;
    readonly floor: number;
    readonly id: string;
    readonly say: (cell: string, count: number) => string;
  },
): void {
  const hidden = withheld(
    Array.from(cells, ([cell, readers]) => ({ id: cell, readers })),
    { total, floor },
  );
  for (const [cell, count] of cells)
    if (total < floor || hidden.has(cell) || total - count < floor)
      ledger.leave(`${id}:${cell}`, tooFew);
    else ledger.tell(`${id}:${cell}`, say(cell, count), count);
}

/** Whether the rest of those who are told of is a few: each sentence says of how many it is. */
const leavesFew = (all: number, some: number, floor: number): boolean =>
  all !== some && all - some < floor;

function tellAnswers(ledger: Ledger, counts: AgreedCounts, words: Words, floor: number): void {
  for (const [question, cells] of counts.options) {
    const total = counts.answered.get(question) ?? 0;
    if (leavesFew(counts.readers, total, floor)) {
      ledger.leave(`answers:${question}`, tooFew);
      continue;
    }
    tellTable(ledger, cells, {
      total,
      floor,
      id: `answers:${question}`,
      say: (option, count) =>
        `Of ${whole(total)} readers who answered “${words.question(question)}”, ${whole(count)} (${percent(count / total)}) chose “${words.option(question, option)}”.`,
    });
  }
  for (const [question, { readers, mean }] of counts.numbers)
    if (readers < floor || leavesFew(counts.readers, readers, floor))
      ledger.leave(`mean:${question}`, tooFew);
    else
      ledger.tell(
        `mean:${question}`,
        `The mean answer of ${whole(readers)} readers to “${words.question(question)}” is ${mean.toFixed(2)}.`,
        readers,
      );
  tellTable(ledger, counts.outcomes, {
    total: counts.readers,
    floor,
    id: "outcomes",
    say: (outcome, count) =>
      `${whole(count)} of ${whole(counts.readers)} readers (${percent(count / counts.readers)}) have the outcome “${words.outcome(outcome)}”.`,
  });
}

/** What else is told of those among whom are a lift's readers. */
interface LiftBeside {
  readonly counts: AgreedCounts;
  /** Who agree to be followed. */
  readonly followed: number;
  readonly floor: number;
}

function tellRevenue(ledger: Ledger, id: string, who: string, cell: RevenueCell): void {
  const { readers, buyers, conversion } = cell;
  if (readers !== undefined && buyers !== undefined && conversion !== undefined)
    ledger.tell(
      `${id}:buyers`,
      `Of ${whole(readers)} ${who}, ${whole(buyers)} bought (${percent(conversion.share)}; 95 % interval ${percent(conversion.low)} to ${percent(conversion.high)}).`,
      buyers,
    );
  else ledger.leave(`${id}:buyers`, tooFew);
  for (const { currency, amount, perReader } of cell.revenue)
    if (amount === undefined || perReader === undefined || readers === undefined)
      ledger.leave(`${id}:${currency}`, `${tooFew}, or mostly one reader's`);
    else
      ledger.tell(
        `${id}:${currency}`,
        `${whole(readers)} ${who} spent ${whole(amount)} ${currency} in minor units, ${perReader.toFixed(0)} a reader.`,
        readers,
      );
}

/** Whether a lift's two groups, less than others that are told of or follow from those, would tell of a few. */
function liftLeavesFew(
  { question, option, chose, others }: Lift,
  { counts, followed, floor }: LiftBeside,
): boolean {
  const [choosers, rest] = [chose?.readers ?? 0, others?.readers ?? 0];
  const answered = counts.answered.get(question) ?? 0;
  const chosen = counts.options.get(question)?.get(option) ?? 0;
  return (
    leavesFew(chosen, choosers, floor) ||
    leavesFew(answered - chosen, rest, floor) ||
    leavesFew(followed, choosers + rest, floor) ||
    leavesFew(counts.readers, choosers + rest, floor)
  );
}

function tellLift(ledger: Ledger, lift: Lift, words: Words, beside: LiftBeside): void {
  const { question, option, kind, label, often, chose, others } = lift;
  if (often === undefined || chose === undefined || others === undefined) return;
  const id = `lift:${question}:${option}:${kind}:${label ?? ""}`;
  if (liftLeavesFew(lift, beside)) return ledger.leave(id, tooFew);
  const conduct = label === null ? `“${kind}”` : `“${kind}” of “${label}”`;
  ledger.tell(
    id,
    `Readers who chose “${words.option(question, option)}” for “${words.question(question)}” do ${conduct} ${often.ratio.toFixed(2)} times as often per day as others who answered it (95 % interval ${often.low.toFixed(2)} to ${often.high.toFixed(2)}; ${whole(chose.readers)} and ${whole(others.readers)} readers, from their answers on). This is an association, not a cause.`,
    chose.readers,
  );
}

/** All facts of one campaign that may be told for one purpose of its notice. */
export async function factsOf(connection: DuckDBConnection, asked: FactsAsked): Promise<Facts> {
  const { campaign, purpose, floor, asOf } = asked;
  const of = { tenant: campaign.tenant, campaign: campaign.id };
  const words = new Words(campaign);
  const counts = await agreedCounts(connection, of, { floor, purposes: [purpose] });
  const ledger = new Ledger(asked);
  if (counts.readers < floor) {
    ledger.leave("everything", tooFew);
    return { readers: undefined, facts: [], leftOut: ledger.leftOut };
  }
  ledger.tell(
    "readers",
    `${whole(counts.readers)} readers answered “${words.title()}” and agree to this purpose: ${words.purpose(purpose)}`,
    counts.readers,
  );
  tellAnswers(ledger, counts, words, floor);
  const purposes = activityPurposes(campaign.notice);
  if (purposes.length > 0) {
    const population: Population = { floor, purposes, also: purpose };
    const { total } = await revenueOf(connection, of, population);
    const followed = total.readers ?? 0;
    if (leavesFew(counts.readers, followed, floor)) ledger.leave("revenue", tooFew);
    else tellRevenue(ledger, "revenue", "readers who agree to be followed", total);
    for (const lift of await liftsOf(connection, of, { ...population, asOf }))
      if ((lift.q ?? 1) <= falseMax) tellLift(ledger, lift, words, { counts, followed, floor });
  }
  return { readers: counts.readers, facts: ledger.facts, leftOut: ledger.leftOut };
}
