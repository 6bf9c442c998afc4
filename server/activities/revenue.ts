// What readers bought, by what they answered. Of readers who agree to that now; no figure of fewer of them than the floor, none
// from which one follows by subtraction, and no sum that is mostly one reader's.
import type { DuckDBConnection } from "@duckdb/node-api";
import type { RevenueCell, RevenueFigures } from "../../sdk/schema/insight.ts";
import { numberCell, textCell } from "../warehouse/cells.ts";
import { withheld, type Cell } from "./floor.ts";
import { agreeing, type Bound, type Of, type Population } from "./population.ts";
import { wilson } from "./ratio.ts";

export interface RevenueAsked extends Population {
  readonly by?: { readonly question: string } | undefined;
}

/** A sum is withheld where one reader makes more of it than this share (the dominance rule of statistical offices). */
const dominanceMax = 0.5;

/** The cell of all readers; no option is called so. */
const all = "";

interface Money {
  readonly readers: number;
  readonly amount: number;
  /** The most that one reader adds. */
  readonly most: number;
}

interface Counted {
  readonly readers: number;
  readonly buyers: number;
  readonly orders: number;
  readonly money: ReadonlyMap<string, Money>;
}

// A reader stands once in each cell. Without a question there is one cell alone.
const cells = `cells AS (
  SELECT reader, '' AS cell FROM agreeing
  UNION ALL
  SELECT DISTINCT a.reader, a.option_id FROM current_answers a JOIN agreeing g ON g.reader = a.reader
  WHERE a.tenant = $tenant AND a.campaign = $campaign AND a.question = $question
    AND a.option_id IS NOT NULL AND COALESCE(a.number_value, 1) > 0)`;

const orders = `orders AS (
  SELECT a.reader, COUNT(*) AS orders FROM reader_activities a
  WHERE a.tenant = $tenant AND a.campaign = $campaign AND a.kind = 'purchase' GROUP BY a.reader)`;

const sums = `sums AS (
  SELECT a.reader, a.currency, SUM(a.amount) AS amount FROM reader_activities a
  WHERE a.tenant = $tenant AND a.campaign = $campaign AND a.currency IS NOT NULL
  GROUP BY a.reader, a.currency)`;

async function count(
  connection: DuckDBConnection,
  sql: string,
  { values, types }: Bound,
): Promise<ReadonlyMap<string, Counted>> {
  const counted = new Map<string, Counted & { readonly money: Map<string, Money> }>();
  const bought = await connection.runAndReadAll(
    `WITH ${sql}, ${cells}, ${orders}
     SELECT k.cell, COUNT(*), COUNT(o.reader), COALESCE(SUM(o.orders), 0)
     FROM cells k LEFT JOIN orders o ON o.reader = k.reader GROUP BY k.cell`,
    values,
    types,
  );
  for (const [cell, readers, buyers, ordered] of bought.getRowsJS())
    counted.set(textCell(cell), {
      readers: numberCell(readers),
      buyers: numberCell(buyers),
      orders: numberCell(ordered),
      money: new Map(),
    });
  const paid = await connection.runAndReadAll(
    `WITH ${sql}, ${cells}, ${sums}
     SELECT k.cell, s.currency, COUNT(*), SUM(s.amount), MAX(ABS(s.amount))
     FROM cells k JOIN sums s ON s.reader = k.reader GROUP BY k.cell, s.currency ORDER BY s.currency`,
    values,
    types,
  );
  for (const [cell, currency, readers, amount, most] of paid.getRowsJS())
    counted.get(textCell(cell))?.money.set(textCell(currency), {
      readers: numberCell(readers),
      amount: numberCell(amount),
      most: numberCell(most),
    });
  return counted;
}

/** Cells whose figure, of so many readers, may not be told; the total's own among them. */
function hidden(
  counted: ReadonlyMap<string, Counted>,
  floor: number,
  readersOf: (cell: Counted) => number,
): ReadonlySet<string> {
  const found = (id: string): number => {
    const cell = counted.get(id);
    return cell === undefined ? 0 : readersOf(cell);
  };
  const others: Cell[] = [...counted.keys()]
    .filter((id) => id !== all)
    .map((id) => ({ id, readers: found(id) }));
  const total = found(all);
  const hide = new Set(withheld(others, { total, floor }));
  if (total < floor) hide.add(all);
  return hide;
}

/** Who bought, told where neither buyers nor the others are too few. */
const tellable =
  (floor: number) =>
  ({ readers, buyers }: Counted): number =>
    readers - buyers >= floor ? buyers : Math.min(buyers, floor - 1);

const why = (readers: number, floor: number) => (readers < floor ? "too-few" : "derivable");

/** Floored figures of a campaign's purchases. */
export async function revenueOf(
  connection: DuckDBConnection,
  of: Of,
  { by, ...population }: RevenueAsked,
): Promise<RevenueFigures> {
  const { floor } = population;
  const { sql, values, types } = agreeing(of, population);
  // An id that no question has: then there is the one cell of all.
  const bound = { values: { ...values, question: by?.question ?? "" }, types };
  const counted = await count(connection, sql, bound);
  const nobody: Counted = { readers: 0, buyers: 0, orders: 0, money: new Map() };
  const hiddenReaders = hidden(counted, floor, ({ readers }) => readers);
  const hiddenBuyers = hidden(counted, floor, tellable(floor));
  const currencies = [...new Set([...counted.values()].flatMap(({ money }) => [...money.keys()]))];
  const hiddenMoney = new Map(
    currencies.map((currency) => [
      currency,
      hidden(counted, floor, ({ money }) => money.get(currency)?.readers ?? 0),
    ]),
  );
  const cellOf = (id: string): RevenueCell => {
    const cell = counted.get(id) ?? nobody;
    const { readers, buyers, orders: ordered, money } = cell;
    const toldReaders = !hiddenReaders.has(id);
    const toldBuyers = toldReaders && !hiddenBuyers.has(id);
    return {
      ...(toldReaders && { readers }),
      ...(toldBuyers && {
        buyers,
        orders: ordered,
        conversion: { share: buyers / readers, ...wilson(buyers, readers) },
      }),
      ...(!toldBuyers && { withheld: why(toldReaders ? tellable(floor)(cell) : readers, floor) }),
      revenue: [...money].map(([currency, { readers: paying, amount, most }]) => {
        if (!toldReaders || hiddenMoney.get(currency)?.has(id) === true)
          return { currency, withheld: why(paying, floor) };
        if (most > dominanceMax * Math.abs(amount)) return { currency, withheld: "dominated" };
        return { currency, amount, perReader: amount / readers };
      }),
    };
  };
  const options = [...counted.keys()].filter((id) => id !== all).toSorted();
  return {
    floor,
    total: cellOf(all),
    ...(by !== undefined && {
      by: {
        question: by.question,
        options: options.map((option) => ({ option, ...cellOf(option) })),
      },
    }),
  };
}
