// Counts of those readers alone who agree to one purpose now, from the portable views.
import type { DuckDBConnection } from "@duckdb/node-api";
import { numberCell, textCell } from "../../warehouse/cells.ts";
import { execute } from "../../warehouse/statements.ts";

export interface AgreeingTo {
  readonly tenant: number;
  readonly campaign: string;
  readonly purpose: string;
  /** What else the same agent may ask for: a count that differs by few readers from one of those would tell of them. */
  readonly others: readonly string[];
}

export interface QuestionCounted {
  /** Readers with a value, whatever it is. */
  answered: number;
  /** Of a ranking the first places. */
  readonly options: Map<string, { readonly count: number; readonly first: number }>;
  /** Of numbers that are no points given to options. */
  sum: number;
  numbers: number;
}

export interface AgreeingCounts {
  readonly readers: number;
  readonly questions: ReadonlyMap<string, QuestionCounted>;
  readonly outcomes: ReadonlyMap<string, number>;
  /** Of each other purpose how many agree to it, and how many to one of the two alone; not where they are the same readers. */
  readonly apart: readonly Apart[];
}

export interface Apart {
  readonly purpose: string;
  readonly readers: number;
  readonly onlyHere: number;
  readonly onlyThere: number;
}

const agreeing = `SELECT reader FROM current_purposes
  WHERE tenant = $tenant AND campaign = $campaign AND purpose = $purpose`;

const countOutcomes = `
  SELECT outcome, count(*) FROM current_readers
  WHERE tenant = $tenant AND campaign = $campaign AND reader IN (${agreeing}) GROUP BY outcome`;

// Of shared points an option without any is not chosen.
const countValues = `
  SELECT question, option_id, count(*) FILTER (option_id IS NULL OR coalesce(number_value, 1) > 0), sum(CASE WHEN position = 0 THEN 1 ELSE 0 END),
         coalesce(sum(CASE WHEN option_id IS NULL THEN number_value END), 0),
         sum(CASE WHEN option_id IS NULL AND number_value IS NOT NULL THEN 1 ELSE 0 END)
  FROM current_answers
  WHERE tenant = $tenant AND campaign = $campaign AND reader IN (${agreeing})
  GROUP BY question, option_id`;

const countApart = `
  SELECT count(*) FILTER (there), count(*) FILTER (here AND NOT there), count(*) FILTER (there AND NOT here)
  FROM (SELECT reader, bool_or(purpose = $purpose) AS here, bool_or(purpose = $other) AS there FROM current_purposes
        WHERE tenant = $tenant AND campaign = $campaign GROUP BY reader)`;

async function apartOf(
  connection: DuckDBConnection,
  { tenant, campaign, purpose }: AgreeingTo,
  other: string,
): Promise<Apart[]> {
  const found = await execute(connection, countApart, {
    values: { tenant, campaign, purpose, other },
  });
  const [readers, onlyHere, onlyThere] = (found.getRowsJS()[0] ?? []).map((cell) =>
    numberCell(cell),
  );
  if (onlyHere === undefined || onlyThere === undefined || onlyHere + onlyThere === 0) return [];
  return [{ purpose: other, readers: readers ?? 0, onlyHere, onlyThere }];
}

/** One consistent count. */
export async function countAgreeing(
  connection: DuckDBConnection,
  of: AgreeingTo,
): Promise<AgreeingCounts> {
  const { tenant, campaign, purpose } = of;
  const values = { tenant, campaign, purpose };
  const apart: Apart[] = [];
  for (const other of of.others) apart.push(...(await apartOf(connection, of, other)));
  const byOutcome = await execute(connection, countOutcomes, { values });
  const outcomes = new Map<string, number>();
  let readers = 0;
  for (const [outcome, count] of byOutcome.getRowsJS()) {
    readers += numberCell(count);
    if (outcome !== null) outcomes.set(textCell(outcome), numberCell(count));
  }
  const questions = new Map<string, QuestionCounted>();
  const counted = await execute(connection, countValues, { values });
  for (const [name, option, rows, firsts, sum, numbers] of counted.getRowsJS()) {
    const id = textCell(name);
    const question = questions.get(id) ?? { answered: 0, options: new Map(), sum: 0, numbers: 0 };
    const first = numberCell(firsts);
    question.answered += first;
    if (option === null) {
      question.sum += numberCell(sum);
      question.numbers += numberCell(numbers);
    } else question.options.set(textCell(option), { count: numberCell(rows), first });
    questions.set(id, question);
  }
  return { readers, questions, outcomes, apart };
}

// Cleared: a recogniser that knows names has looked at it. In no order that would say whose it is or when it came.
const readTexts = `
  SELECT a."text", count(*) OVER () AS "all"
  FROM answers a JOIN readers r ON r."current" = a.submission
  WHERE a.tenant = $tenant AND a.campaign = $campaign AND a.question = $question
    AND a.cleared AND a."text" IS NOT NULL AND r.reader IN (${agreeing})
    AND r.tenant = $tenant AND r.campaign = $campaign
  ORDER BY md5(a."text") LIMIT $limit`;

/** Texts that readers wrote, none where fewer than `floor` did. */
export async function readClearedTexts(
  connection: DuckDBConnection,
  { tenant, campaign, purpose }: AgreeingTo,
  { question, limit, floor }: { question: string; limit: number; floor: number },
): Promise<string[]> {
  const found = await execute(connection, readTexts, {
    values: { tenant, campaign, purpose, question, limit },
  });
  const rows = found.getRowsJS();
  return numberCell(rows[0]?.[1] ?? 0) < floor ? [] : rows.map(([text]) => textCell(text));
}

/**
 * Whether this count less another that the agent may have is one of few readers. Of two such counts that of the larger purpose is
 * told, so that the difference is not.
 */
export const tellsOfFew = ({ readers, apart }: AgreeingCounts, floor: number): boolean =>
  apart.some(
    ({ readers: others, onlyHere, onlyThere }) =>
      readers <= others &&
      ((onlyHere > 0 && onlyHere < floor) || (onlyThere > 0 && onlyThere < floor)),
  );
