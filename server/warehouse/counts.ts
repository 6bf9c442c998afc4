import { DOUBLE, LIST, listValue, VARCHAR, type DuckDBConnection } from "@duckdb/node-api";
import { numberCell, textCell } from "./cells.ts";
import { execute } from "./statements.ts";

/** A question whose numbers are counted by range: `from`, then one range each `width`. */
export interface NumberRanges {
  readonly question: string;
  readonly from: number;
  readonly width: number;
}

/** Counts of the current answers of one campaign's readers. Maps are by question id. */
export interface CampaignCounts {
  readonly readers: number;
  readonly submissions: number;
  /** Readers of whom nothing counts yet: all their answers came too fast. */
  readonly held: number;
  readonly answered: ReadonlyMap<string, number>;
  /** By option id. */
  readonly options: ReadonlyMap<string, ReadonlyMap<string, OptionCount>>;
  readonly numbers: ReadonlyMap<string, NumberCounts>;
  readonly outcomes: ReadonlyMap<string, number>;
}

export interface OptionCount {
  readonly count: number;
  /** How often in first place. */
  readonly first: number;
  /** The sum of its places, from 0. */
  readonly placesSum: number;
  /** Of a constant sum: all points it was given. */
  readonly pointsSum: number;
}

export interface NumberCounts {
  readonly sum: number;
  readonly count: number;
  /** Range → count. */
  readonly ranges: ReadonlyMap<number, number>;
}

interface Of {
  readonly tenant: number;
  readonly campaign: string;
}

// `consented` is null for who never set preferences: then every answer that counts has its own consent.
const mine = "tenant = $tenant AND campaign = $campaign AND consented IS DISTINCT FROM false";

const countReaders = `
  SELECT outcome, count("current"), coalesce(sum(CASE WHEN "current" IS NOT NULL THEN submissions END), 0),
         coalesce(sum(CASE WHEN held THEN 1 END), 0)
  FROM readers WHERE ${mine} GROUP BY outcome`;

// One pass: a row is an option, or a number, in a range or in none, or neither. An earlier revision may have taken numbers so
// large that no range holds them.
const countValues = `
  SELECT question, "option", TRY_CAST(floor(("number" - "from") / width + 1e-6) AS INTEGER) AS "range",
         count(*), sum(CASE WHEN position = 0 THEN 1 ELSE 0 END), sum(position), coalesce(sum("number"), 0),
         count("number")
  FROM answers
  LEFT JOIN (SELECT unnest($questions) AS question, unnest($froms) AS "from", unnest($widths) AS width) USING (question)
  WHERE tenant = $tenant AND campaign = $campaign AND submission IN
    (SELECT "current" FROM readers WHERE ${mine} AND "current" IS NOT NULL)
  GROUP BY question, "option", "range"`;

const countSites = `
  SELECT count(*) FROM submissions
  WHERE tenant = $tenant AND campaign = $campaign AND channel = 'site' AND key IN
    (SELECT "current" FROM readers WHERE ${mine} AND "current" IS NOT NULL)`;

/** Of the readers counted, those whose answer came from a site. */
export async function countVisitors(
  connection: DuckDBConnection,
  { tenant, campaign }: Of,
): Promise<number> {
  const reader = await execute(connection, countSites, { values: { tenant, campaign } });
  return numberCell(reader.getRowsJS()[0]?.[0] ?? 0);
}

async function readersOf(
  connection: DuckDBConnection,
  { tenant, campaign }: Of,
): Promise<Pick<CampaignCounts, "readers" | "submissions" | "held" | "outcomes">> {
  const reader = await execute(connection, countReaders, { values: { tenant, campaign } });
  const outcomes = new Map<string, number>();
  let readers = 0;
  let submissions = 0;
  let held = 0;
  for (const [outcome, count, submitted, waiting] of reader.getRowsJS()) {
    readers += numberCell(count);
    submissions += numberCell(submitted);
    held += numberCell(waiting);
    if (outcome !== null) outcomes.set(textCell(outcome), numberCell(count));
  }
  return { readers, submissions, held, outcomes };
}

/** One consistent count. Test sends and withdrawn readers are in none of its numbers. */
export async function countCampaign(
  connection: DuckDBConnection,
  of: Of,
  ranges: readonly NumberRanges[],
): Promise<CampaignCounts> {
  const reader = await execute(connection, countValues, {
    values: {
      tenant: of.tenant,
      campaign: of.campaign,
      questions: listValue(ranges.map(({ question }) => question)),
      froms: listValue(ranges.map(({ from }) => from)),
      widths: listValue(ranges.map(({ width }) => width)),
    },
    types: { questions: LIST(VARCHAR), froms: LIST(DOUBLE), widths: LIST(DOUBLE) },
  });
  const answered = new Map<string, number>();
  const options = new Map<string, Map<string, OptionCount>>();
  const numbers = new Map<string, { sum: number; count: number; ranges: Map<number, number> }>();
  for (const [name, option, range, rows, firsts, places, total, counted] of reader.getRowsJS()) {
    const question = textCell(name);
    const count = numberCell(rows);
    const first = numberCell(firsts);
    answered.set(question, (answered.get(question) ?? 0) + first);
    const sum = numberCell(total);
    if (option !== null) {
      const byOption = options.get(question) ?? new Map<string, OptionCount>();
      byOption.set(textCell(option), {
        count,
        first,
        placesSum: numberCell(places),
        pointsSum: sum,
      });
      options.set(question, byOption);
    } else if (numberCell(counted) > 0) {
      const known = numbers.get(question) ?? { sum: 0, count: 0, ranges: new Map() };
      known.sum += sum;
      known.count += numberCell(counted);
      if (range !== null) known.ranges.set(numberCell(range), count);
      numbers.set(question, known);
    }
  }
  return { ...(await readersOf(connection, of)), answered, options, numbers };
}
