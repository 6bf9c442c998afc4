// Counts of readers who agree to one purpose, from the portable views.
import type { DuckDBConnection, JS } from "@duckdb/node-api";
import { agreeing, type Of, type Population } from "../activities/population.ts";
import { numberCell, textCell } from "../warehouse/cells.ts";

export interface AgreedCounts {
  readonly readers: number;
  /** By question: who answered it. */
  readonly answered: ReadonlyMap<string, number>;
  /** By question and option. */
  readonly options: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** By question: numbers that are no points of an option. */
  readonly numbers: ReadonlyMap<string, { readonly readers: number; readonly mean: number }>;
  readonly outcomes: ReadonlyMap<string, number>;
}

type Rows = readonly (readonly (JS | undefined)[])[];

/** One state of the tables, where the connection's transaction is one. */
export async function agreedCounts(
  connection: DuckDBConnection,
  of: Of,
  population: Population,
): Promise<AgreedCounts> {
  const { sql, values, types } = agreeing(of, population);
  const run = async (query: string): Promise<Rows> => {
    const found = await connection.runAndReadAll(`WITH ${sql} ${query}`, values, types);
    return found.getRowsJS();
  };
  const mine = "a.tenant = $tenant AND a.campaign = $campaign";
  const [all] = await run("SELECT COUNT(*) FROM agreeing");
  const answered = await run(
    `SELECT a.question, COUNT(DISTINCT a.reader) FROM current_answers a
     JOIN agreeing g ON g.reader = a.reader WHERE ${mine} GROUP BY a.question`,
  );
  const chosen = await run(
    `SELECT a.question, a.option_id, COUNT(DISTINCT a.reader) FROM current_answers a
     JOIN agreeing g ON g.reader = a.reader
     WHERE ${mine} AND a.option_id IS NOT NULL AND COALESCE(a.number_value, 1) > 0
     GROUP BY a.question, a.option_id ORDER BY a.question, a.option_id`,
  );
  const numbers = await run(
    `SELECT a.question, COUNT(DISTINCT a.reader), AVG(a.number_value) FROM current_answers a
     JOIN agreeing g ON g.reader = a.reader
     WHERE ${mine} AND a.option_id IS NULL AND a.number_value IS NOT NULL GROUP BY a.question`,
  );
  const outcomes = await run(
    `SELECT a.outcome, COUNT(*) FROM current_readers a JOIN agreeing g ON g.reader = a.reader
     WHERE ${mine} AND a.outcome IS NOT NULL GROUP BY a.outcome ORDER BY a.outcome`,
  );
  const options = new Map<string, Map<string, number>>();
  for (const [question, option, count] of chosen) {
    const id = textCell(question);
    const known = options.get(id) ?? new Map<string, number>();
    known.set(textCell(option), numberCell(count));
    options.set(id, known);
  }
  return {
    readers: numberCell(all?.[0] ?? 0),
    answered: new Map(answered.map(([id, count]) => [textCell(id), numberCell(count)])),
    options,
    numbers: new Map(
      numbers.map(([id, readers, mean]) => [
        textCell(id),
        { readers: numberCell(readers), mean: numberCell(mean) },
      ]),
    ),
    outcomes: new Map(outcomes.map(([id, count]) => [textCell(id), numberCell(count)])),
  };
}
