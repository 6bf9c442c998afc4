// Results as counters, kept in the transaction that changes them: a campaign's results cost the same however many answers it
// has. Each reader adds to them; what that was is kept, so that it can be taken off when another answer counts, or none.
import { setImmediate as nextTurn } from "node:timers/promises";
import {
  LIST,
  listValue,
  UUID,
  type DuckDBConnection,
  type DuckDBUUIDValue,
} from "@duckdb/node-api";
import { appendRows, typesOf, type Cells } from "./append.ts";
import { keyOfName, readerKey, tallyName } from "./keys.ts";
import { textCell } from "./cells.ts";
import type { AnswerRow, ReaderChange, ReaderOf } from "./rows.ts";
import { tallied, tallies } from "./schema/own.ts";
import { execute, WrongGuess } from "./statements.ts";

const tallyTypes = typesOf(tallies);
const talliedTypes = typesOf(tallied);
/** Counted without a pause. */
const changesPerTurn = 256;

/** question, option, number, position. */
type AddedValue = readonly [string, string | null, number | null, number];

/** What one reader adds. Never a text or a date. */
interface Adds {
  /** Of whom all answers are held. */
  readonly held?: boolean;
  /** How many answers the consent covers; 0 where none counts. */
  readonly submissions: number;
  readonly site?: boolean;
  readonly outcome?: string | null;
  readonly values: readonly AddedValue[];
}

export type Measure = "value" | "reader" | "site" | "submission" | "held" | "outcome";

/** One counter, and what is added to it. */
export interface Tally {
  readonly tenant: number;
  readonly campaign: string;
  readonly measure: Measure;
  readonly question: string | null;
  readonly option: string | null;
  readonly number: number | null;
  count: number;
  firsts: number;
  places: number;
  points: number;
}

const addedValue = ({ question, option, number, position }: AnswerRow): AddedValue => [
  question,
  option ?? null,
  number ?? null,
  position,
];

function addsOf({ current, held, submissions }: ReaderChange): Adds | undefined {
  if (current === undefined) return held ? { held, submissions: 0, values: [] } : undefined;
  const { channel, outcome, answers } = current;
  return {
    submissions,
    ...(channel === "site" && { site: true }),
    ...(outcome !== undefined && { outcome }),
    values: answers.map(addedValue),
  };
}

type Campaign = Pick<ReaderOf, "tenant" | "campaign">;

/** Counters of one commit, by what they count. */
class Sums {
  readonly #sums = new Map<string, Tally>();

  #at(of: Campaign, measure: Measure, value: Partial<Tally> = {}): Tally {
    const { question = null, option = null, number = null } = value;
    const { tenant, campaign } = of;
    const name = tallyName({ tenant, campaign, measure, question, option, number });
    const known = this.#sums.get(name);
    if (known !== undefined) return known;
    const none = { count: 0, firsts: 0, places: 0, points: 0 };
    const fresh: Tally = { tenant, campaign, measure, question, option, number, ...none };
    this.#sums.set(name, fresh);
    return fresh;
  }

  /** `sign` 1 adds, -1 takes off. */
  change(of: Campaign, adds: Adds, sign: 1 | -1): void {
    if (adds.held === true) {
      this.#at(of, "held").count += sign;
      return;
    }
    this.#at(of, "reader").count += sign;
    this.#at(of, "submission").count += sign * adds.submissions;
    if (adds.site === true) this.#at(of, "site").count += sign;
    const { outcome } = adds;
    if (typeof outcome === "string") this.#at(of, "outcome", { option: outcome }).count += sign;
    for (const [question, option, given, position] of adds.values) {
      // Points of an option are summed; numbers are counted one by one, for ranges are laid over them later.
      const number = option === null ? given : null;
      const sum = this.#at(of, "value", { question, option, number });
      sum.count += sign;
      if (position === 0) sum.firsts += sign;
      sum.places += sign * position;
      if (option !== null) sum.points += sign * (given ?? 0);
    }
  }

  changed(): Tally[] {
    return [...this.#sums.values()].filter(
      ({ count, firsts, places, points }) =>
        count !== 0 || firsts !== 0 || places !== 0 || points !== 0,
    );
  }
}

const tallyCells: Cells<Tally> = [
  (sum) => keyOfName(tallyName(sum)),
  ({ tenant }) => tenant,
  ({ campaign }) => campaign,
  ({ measure }) => measure,
  ({ question }) => question,
  ({ option }) => option,
  (sum) => sum.number,
  (sum) => BigInt(sum.count),
  ({ firsts }) => BigInt(firsts),
  ({ places }) => BigInt(places),
  ({ points }) => points,
];

/** A reader's key, and what the reader adds. */
type Added = readonly [DuckDBUUIDValue, string];
const addedCells: Cells<Added> = [([key]) => key, ([, adds]) => adds];

const addToKept = `
  UPDATE tallies SET
    count = tallies.count + counting.count, firsts = tallies.firsts + counting.firsts,
    places = tallies.places + counting.places, points = tallies.points + counting.points
  FROM counting WHERE tallies.key = counting.key`;

const addToAny = `
  INSERT INTO tallies SELECT * FROM counting ON CONFLICT DO UPDATE SET
    count = tallies.count + excluded.count, firsts = tallies.firsts + excluded.firsts,
    places = tallies.places + excluded.places, points = tallies.points + excluded.points`;

/** By name, those that are in the table for certain: most counters of a commit, whose update is cheaper than an upsert. */
const keptIn = new WeakMap<DuckDBConnection, Set<string>>();
const keptMax = 100_000;

/** What a commit brought that is rolled back is not in the table. */
export const forgetTallies = (connection: DuckDBConnection): boolean => keptIn.delete(connection);

/** Runs `statement` over what is counted; how many counters it changed. */
async function add(
  connection: DuckDBConnection,
  sums: readonly Tally[],
  statement: string,
): Promise<number> {
  if (sums.length === 0) return 0;
  const counting = { table: "counting", temporary: true, types: tallyTypes };
  await appendRows(connection, counting, sums, tallyCells);
  const { rowsChanged } = await execute(connection, statement);
  await execute(connection, "DELETE FROM counting");
  return rowsChanged;
}

/** Adds to the counters. Throws WrongGuess where one of them is not there any more. */
export async function addTallies(
  connection: DuckDBConnection,
  sums: readonly Tally[],
): Promise<void> {
  const names = keptIn.get(connection) ?? new Set();
  keptIn.set(connection, names);
  const kept = sums.filter((sum) => names.has(tallyName(sum)));
  const others = sums.filter((sum) => !names.has(tallyName(sum)));
  if ((await add(connection, kept, addToKept)) !== kept.length) throw new WrongGuess();
  await add(connection, others, addToAny);
  if (names.size > keptMax) names.clear();
  for (const sum of others) names.add(tallyName(sum));
}

const takeOff = `
  DELETE FROM tallied WHERE reader_key IN (SELECT unnest($1)) RETURNING reader_key::VARCHAR, adds`;

/** Takes off what those readers had added. */
async function subtractEarlier(
  connection: DuckDBConnection,
  changes: readonly ReaderChange[],
  sums: Sums,
): Promise<void> {
  const readers = new Map(
    changes.map((change) => {
      const key = readerKey(change);
      return [key.toString(), { key, change }];
    }),
  );
  if (readers.size === 0) return;
  const taken = await execute(connection, takeOff, {
    values: [listValue(Array.from(readers.values(), ({ key }) => key))],
    types: [LIST(UUID)],
  });
  for (const [key, adds] of taken.getRowsJS()) {
    const reader = readers.get(textCell(key));
    // Written by `tally` or `retally` alone.
    if (reader !== undefined) sums.change(reader.change, JSON.parse(textCell(adds)) as Adds, -1);
  }
}

/**
 * Brings the counters up to date with what a commit changed, once a reader. Only who was there before is looked for, all of
 * them in one pass: most are new, and an index to find a few would be kept for all. `keys` are those of readers, where known.
 */
export async function tally(
  connection: DuckDBConnection,
  changes: readonly ReaderChange[],
  keys: ReadonlyMap<ReaderChange, DuckDBUUIDValue> = new Map(),
): Promise<void> {
  if (changes.length === 0) return;
  const sums = new Sums();
  await subtractEarlier(
    connection,
    changes.filter(({ isNew }) => isNew !== true),
    sums,
  );
  const added: Added[] = [];
  for (const change of changes) {
    const adds = addsOf(change);
    if (adds === undefined) continue;
    sums.change(change, adds, 1);
    added.push([keys.get(change) ?? readerKey(change), JSON.stringify(adds)]);
    if (added.length % changesPerTurn === 0) await nextTurn();
  }
  const target = { table: "tallied", temporary: false, types: talliedTypes };
  await appendRows(connection, target, added, addedCells);
  await addTallies(connection, sums.changed());
}
