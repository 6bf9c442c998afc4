// Results of one campaign, from the counters that are kept with each commit.
import {
  DOUBLE,
  LIST,
  listValue,
  VARCHAR,
  type DuckDBConnection,
  type DuckDBResultReader,
} from "@duckdb/node-api";
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

// A row is an option, or a number, in a range or in none, or neither. An earlier revision may have taken numbers so large that
// no range holds them.
const countTallies = `
  SELECT measure, question, "option", TRY_CAST(floor(("number" - "from") / width + 1e-6) AS INTEGER) AS "range",
         sum(count), sum(firsts), sum(places), sum(points), coalesce(sum(count * "number"), 0),
         sum(CASE WHEN "number" IS NOT NULL THEN count ELSE 0 END)
  FROM tallies
  LEFT JOIN (SELECT unnest($questions) AS question, unnest($froms) AS "from", unnest($widths) AS width) USING (question)
  WHERE tenant = $tenant AND campaign = $campaign AND count <> 0
  GROUP BY measure, question, "option", "range"`;

const countSites = `
  SELECT coalesce(sum(count), 0) FROM tallies
  WHERE tenant = $tenant AND campaign = $campaign AND measure = 'site'`;

/** Of the readers counted, those whose answer came from a site. */
export async function countVisitors(
  connection: DuckDBConnection,
  { tenant, campaign }: Of,
): Promise<number> {
  const reader = await execute(connection, countSites, { values: { tenant, campaign } });
  return numberCell(reader.getRowsJS()[0]?.[0] ?? 0);
}

interface Counting {
  readers: number;
  submissions: number;
  held: number;
  readonly answered: Map<string, number>;
  readonly options: Map<string, Map<string, OptionCount>>;
  readonly numbers: Map<string, { sum: number; count: number; ranges: Map<number, number> }>;
  readonly outcomes: Map<string, number>;
}

type Cells = ReturnType<DuckDBResultReader["getRowsJS"]>[number];

function countValue({ answered, options, numbers }: Counting, cells: Cells): void {
  const [, name, option, range, rows, firsts, places, points, total, counted] = cells;
  const question = textCell(name);
  const [count, first] = [numberCell(rows), numberCell(firsts)];
  answered.set(question, (answered.get(question) ?? 0) + first);
  if (option !== null) {
    const byOption = options.get(question) ?? new Map<string, OptionCount>();
    byOption.set(textCell(option), {
      count,
      first,
      placesSum: numberCell(places),
      pointsSum: numberCell(points),
    });
    options.set(question, byOption);
  } else if (numberCell(counted) > 0) {
    const known = numbers.get(question) ?? { sum: 0, count: 0, ranges: new Map() };
    known.sum += numberCell(total);
    known.count += numberCell(counted);
    if (range !== null) known.ranges.set(numberCell(range), numberCell(counted));
    numbers.set(question, known);
  }
}

/** One consistent count. Test sends and withdrawn readers are in none of its numbers. */
export async function countCampaign(
  connection: DuckDBConnection,
  of: Of,
  ranges: readonly NumberRanges[],
): Promise<CampaignCounts> {
  const reader = await execute(connection, countTallies, {
    values: {
      tenant: of.tenant,
      campaign: of.campaign,
      questions: listValue(ranges.map(({ question }) => question)),
      froms: listValue(ranges.map(({ from }) => from)),
      widths: listValue(ranges.map(({ width }) => width)),
    },
    types: { questions: LIST(VARCHAR), froms: LIST(DOUBLE), widths: LIST(DOUBLE) },
  });
  const counting: Counting = {
    readers: 0,
    submissions: 0,
    held: 0,
    answered: new Map(),
    options: new Map(),
    numbers: new Map(),
    outcomes: new Map(),
  };
  for (const cells of reader.getRowsJS()) {
    const [measure, , option, , count] = cells;
    if (measure === "value") countValue(counting, cells);
    else if (measure === "reader") counting.readers = numberCell(count);
    else if (measure === "submission") counting.submissions = numberCell(count);
    else if (measure === "held") counting.held = numberCell(count);
    else if (measure === "outcome") counting.outcomes.set(textCell(option), numberCell(count));
  }
  return counting;
}
