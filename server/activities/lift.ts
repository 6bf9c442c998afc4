// Whether who chose an option does something more often than who answered otherwise. Counted from each reader's answer on: what came
// before cannot follow from it, and each is followed for as many days as have passed since (SPEC §10.7). Association, not
// cause. The SQL is the portable one: flat views, no functions of an engine.
import type { DuckDBConnection, JS } from "@duckdb/node-api";
import { insightLimits, type Lift } from "../../sdk/schema/insight.ts";
import { numberCell, textCell } from "../warehouse/cells.ts";
import { instant } from "../warehouse/keys.ts";
import { agreeing, type Of, type Population } from "./population.ts";
import { falseDiscovery, rateRatio, shareRatio, type Sums } from "./ratio.ts";

export interface Following extends Population {
  /** Unix milliseconds: nothing later is counted, and until then every reader is followed. */
  readonly asOf: number;
}

export interface Choice {
  readonly question: string;
  readonly option: string;
}

/** What is done; without a label whatever label it has. */
export interface Conduct {
  readonly kind: string;
  readonly label?: string | undefined;
}

/** Sums of one group's readers, and how many of them did it at all. */
type Group = Sums & { readonly acted: number };

const nobody: Group = { n: 0, y: 0, yy: 0, t: 0, tt: 0, yt: 0, acted: 0 };

/** Days from an answer until `asOf`; one moment's answer is followed for none. */
const days = `(EXTRACT(EPOCH FROM CAST($asOf AS TIMESTAMP)) - EXTRACT(EPOCH FROM r.admitted_at)) / 86400.0`;

// Of a constant sum an option without points is not chosen.
const isChosen = "option_id IS NOT NULL AND COALESCE(number_value, 1) > 0";

/** `followed(reader, admitted_at, days)`, after `agreeing`. */
const followed = `followed AS (
  SELECT r.reader, r.admitted_at, ${days} AS days
  FROM current_readers r JOIN agreeing g ON g.reader = r.reader
  WHERE r.tenant = $tenant AND r.campaign = $campaign AND r.admitted_at < CAST($asOf AS TIMESTAMP))`;

const acts = (where: string, by: string): string => `acts AS (
  SELECT a.reader${by}, COUNT(*) AS times
  FROM reader_activities a JOIN followed f ON f.reader = a.reader
  WHERE a.tenant = $tenant AND a.campaign = $campaign${where}
    AND a.happened_at >= f.admitted_at AND a.happened_at < CAST($asOf AS TIMESTAMP)
  GROUP BY a.reader${by})`;

const counted = `SUM(CASE WHEN COALESCE(c.times, 0) > 0 THEN 1 ELSE 0 END) AS acted,
  SUM(COALESCE(c.times, 0)) AS y, SUM(COALESCE(c.times, 0) * COALESCE(c.times, 0)) AS yy,
  SUM(COALESCE(c.times, 0) * f.days) AS yt`;

type Cells = readonly (JS | undefined)[];

/** Of `counted`, with the sums over all followed. */
const groupOf = ([acted, y, yy, yt]: Cells, n: number, t: number, tt: number): Group => ({
  n,
  t,
  tt,
  acted: numberCell(acted),
  y: numberCell(y),
  yy: numberCell(yy),
  yt: numberCell(yt),
});

const less = (all: Group, part: Group): Group => ({
  n: all.n - part.n,
  y: all.y - part.y,
  yy: all.yy - part.yy,
  t: all.t - part.t,
  tt: all.tt - part.tt,
  yt: all.yt - part.yt,
  acted: all.acted - part.acted,
});

const told = ({ n, y, t, acted }: Group): NonNullable<Lift["chose"]> => ({
  readers: n,
  acted,
  times: y,
  readerDays: Math.round(Math.max(0, t) * 100) / 100,
});

/** Neither who did it nor who did not may be fewer than the floor, in either group. */
const isTold = ({ n, acted }: Group, floor: number): boolean =>
  acted >= floor && n - acted >= floor;

function liftFrom(of: Choice & Conduct, chose: Group, others: Group, floor: number): Lift {
  const named = {
    question: of.question,
    option: of.option,
    kind: of.kind,
    label: of.label ?? null,
  };
  if (!isTold(chose, floor) || !isTold(others, floor) || chose.t <= 0 || others.t <= 0)
    return { ...named, withheld: chose.acted + others.acted === 0 ? "none" : "too-few" };
  return {
    ...named,
    chose: told(chose),
    others: told(others),
    often: rateRatio(chose, others),
    anyone: shareRatio({ count: chose.acted, n: chose.n }, { count: others.acted, n: others.n }),
  };
}

/** One option and one conduct. Problems: those of the connection. */
export async function liftOf(
  connection: DuckDBConnection,
  of: Of,
  choice: Choice,
  conduct: Conduct,
  following: Following,
): Promise<Lift> {
  const { sql, values, types } = agreeing(of, following);
  const labelled = conduct.label === undefined ? "" : " AND a.label = $label";
  const found = await connection.runAndReadAll(
    `WITH ${sql}, ${followed}, ${acts(` AND a.kind = $kind${labelled}`, "")},
     asked AS (
       SELECT reader, MAX(CASE WHEN option_id = $option AND ${isChosen} THEN 1 ELSE 0 END) AS chose
       FROM current_answers WHERE tenant = $tenant AND campaign = $campaign AND question = $question
       GROUP BY reader)
     SELECT q.chose, COUNT(*), SUM(f.days), SUM(f.days * f.days), ${counted}
     FROM followed f JOIN asked q ON q.reader = f.reader LEFT JOIN acts c ON c.reader = f.reader
     GROUP BY q.chose`,
    {
      ...values,
      asOf: instant(following.asOf),
      kind: conduct.kind,
      question: choice.question,
      option: choice.option,
      ...(conduct.label !== undefined && { label: conduct.label }),
    },
    types,
  );
  const groups = new Map(
    found
      .getRowsJS()
      .map(([chose, n, t, tt, ...rest]) => [
        numberCell(chose),
        groupOf(rest, numberCell(n), numberCell(t), numberCell(tt)),
      ]),
  );
  return liftFrom(
    { ...choice, ...conduct },
    groups.get(1) ?? nobody,
    groups.get(0) ?? nobody,
    following.floor,
  );
}

/** A table's key: question, and the option where it is of those who chose it. */
const cellOf = (...parts: readonly (string | null)[]): string => JSON.stringify(parts);
const orNull = (cell: JS | undefined): string | null => (cell === null ? null : textCell(cell));

// Who answered a question, as option NULL, and who chose each option.
const chosen = `chosen AS (
  SELECT DISTINCT reader, question, option_id
  FROM current_answers WHERE tenant = $tenant AND campaign = $campaign AND ${isChosen}
  UNION ALL
  SELECT DISTINCT reader, question, CAST(NULL AS VARCHAR) FROM current_answers
  WHERE tenant = $tenant AND campaign = $campaign AND question IN (
    SELECT question FROM current_answers
    WHERE tenant = $tenant AND campaign = $campaign AND option_id IS NOT NULL))`;

/** Every option beside every conduct that enough readers show, the surest first. */
export async function liftsOf(
  connection: DuckDBConnection,
  of: Of,
  following: Following,
): Promise<readonly Lift[]> {
  const { sql, values, types } = agreeing(of, following);
  const bound = { ...values, asOf: instant(following.asOf) };
  const head = `WITH ${sql}, ${followed}, ${chosen}`;
  const sizes = await connection.runAndReadAll(
    `${head} SELECT k.question, k.option_id, COUNT(*), SUM(f.days), SUM(f.days * f.days)
     FROM chosen k JOIN followed f ON f.reader = k.reader GROUP BY k.question, k.option_id`,
    bound,
    types,
  );
  // Numbers in the place of texts: millions of pairs are grouped.
  const sums = await connection.runAndReadAll(
    `${head}, ${acts("", ", a.kind, a.label")},
     common AS (
       SELECT kind, label, ROW_NUMBER() OVER (ORDER BY COUNT(*) DESC, kind, label) AS conduct
       FROM acts GROUP BY kind, label HAVING COUNT(*) >= ${following.floor}),
     choices AS (
       SELECT question, option_id, ROW_NUMBER() OVER (ORDER BY question, option_id) AS choice
       FROM chosen GROUP BY question, option_id),
     picked AS (
       SELECT k.reader, h.choice FROM chosen k JOIN choices h ON h.question = k.question
         AND (h.option_id = k.option_id OR (h.option_id IS NULL AND k.option_id IS NULL))),
     done AS (
       SELECT c.reader, m.conduct, c.times FROM acts c JOIN common m ON m.kind = c.kind
         AND (m.label = c.label OR (m.label IS NULL AND c.label IS NULL))
       WHERE m.conduct <= ${insightLimits.conducts}),
     summed AS (
       SELECT c.conduct, k.choice, ${counted}
       FROM done c JOIN followed f ON f.reader = c.reader JOIN picked k ON k.reader = c.reader
       GROUP BY c.conduct, k.choice)
     SELECT m.kind, m.label, h.question, h.option_id, s.acted, s.y, s.yy, s.yt
     FROM summed s JOIN common m ON m.conduct = s.conduct JOIN choices h ON h.choice = s.choice`,
    bound,
    types,
  );
  const size = new Map(
    sizes
      .getRowsJS()
      .map(([question, option, n, t, tt]) => [
        cellOf(textCell(question), orNull(option)),
        { n: numberCell(n), t: numberCell(t), tt: numberCell(tt) },
      ]),
  );
  const groups = new Map<string, Group>();
  const conducts = new Map<string, Conduct>();
  for (const [kind, label, question, option, ...rest] of sums.getRowsJS()) {
    const conduct = { kind: textCell(kind), label: orNull(label) ?? undefined };
    conducts.set(cellOf(conduct.kind, conduct.label ?? null), conduct);
    const { n, t, tt } = size.get(cellOf(textCell(question), orNull(option))) ?? nobody;
    const cell = cellOf(textCell(question), orNull(option), conduct.kind, conduct.label ?? null);
    groups.set(cell, groupOf(rest, n, t, tt));
  }
  return surest(size, groups, [...conducts.values()], following.floor);
}

function surest(
  size: ReadonlyMap<string, Pick<Group, "n" | "t" | "tt">>,
  groups: ReadonlyMap<string, Group>,
  conducts: readonly Conduct[],
  floor: number,
): Lift[] {
  const lifts: Lift[] = [];
  for (const cell of size.keys()) {
    const [question, option] = JSON.parse(cell) as [string, string | null]; // cellOf wrote it.
    if (option === null) continue;
    for (const conduct of conducts) {
      const label = conduct.label ?? null;
      const of = (id: string | null): Group =>
        groups.get(cellOf(question, id, conduct.kind, label)) ?? {
          ...nobody,
          ...size.get(cellOf(question, id)),
        };
      const chose = of(option);
      const lift = liftFrom({ question, option, ...conduct }, chose, less(of(null), chose), floor);
      if (lift.often !== undefined) lifts.push(lift);
    }
  }
  const found = falseDiscovery(lifts.map(({ often }) => often?.p ?? 1));
  return lifts
    .map((lift, index) => ({ ...lift, q: found[index] ?? 1 }))
    .toSorted((a, b) => a.q - b.q || (b.often?.ratio ?? 0) - (a.often?.ratio ?? 0));
}
