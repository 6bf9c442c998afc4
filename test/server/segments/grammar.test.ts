// What a segment's SQL may say, and what it is told where it says something else.
import { expect, test } from "vitest";
import { Problem } from "../../../sdk/problem.ts";
import { membersSql } from "../../../server/segments/sql/around.ts";
import { unknownNames } from "../../../server/segments/sql/known.ts";
import { isLike } from "../../../server/segments/sql/like.ts";
import { fractionSums } from "../../../server/segments/sql/sums.ts";
import { parseSegmentSql } from "../../../server/segments/sql/parse.ts";
import { RandomSql } from "./random-sql.ts";
import { publishedCampaign, seeded } from "./world.ts";

const refusalOf = (sql: string): { line: number; column: number; message: string } => {
  try {
    parseSegmentSql(sql);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "segment-sql") throw error;
    // `segment-sql` has its faults there.
    return (error.members["errors"] as { line: number; column: number; message: string }[])[0]!;
  }
  throw new Error(`taken: ${sql}`);
};

const from = "SELECT reader FROM current_answers WHERE";

const taken = [
  "SELECT reader FROM current_readers",
  "select distinct READER from Current_Readers where OUTCOME = 'espresso'",
  `${from} question = 'roast' AND option_id IN ('dark', 'light')`,
  `${from} (question = 'stars' AND number_value >= 4) OR NOT (question = 'again' AND option_id = 'no')`,
  `${from} question = 'since' AND date_value BETWEEN '2020-01-01' AND DATE '2020-12-31'`,
  `${from} date_trunc('month', admitted_at) = '2026-11-01' AND option_id LIKE 'da%'`,
  `${from} CASE WHEN position = 0 THEN 1 ELSE 0 END = 1`,
  "SELECT reader FROM current_answers GROUP BY reader HAVING COUNT(DISTINCT question) >= 3",
  "SELECT reader FROM current_answers GROUP BY reader HAVING SUM(CASE WHEN option_id = 'dark' THEN 2 ELSE 0 END) + COUNT(*) > 3",
  "SELECT reader FROM reader_activities WHERE kind = 'purchase' GROUP BY reader HAVING SUM(amount) >= 5000",
  `${from} option_id = 'dark' EXCEPT SELECT reader FROM reader_activities WHERE kind = 'click'`,
  `(${from} option_id = 'dark' UNION ALL ${from} option_id = 'milk') INTERSECT SELECT reader FROM current_readers`,
  `${from} option_id = 'dark' AND reader NOT IN (SELECT reader FROM current_readers WHERE channel = 'amp')`,
];
test.each(taken)("takes %s", (sql) => {
  expect(parseSegmentSql(sql)).toBeDefined();
});

// Each: the SQL, where the fault is, and what is said of it.
const refused: readonly (readonly [sql: string, at: string, said: RegExp])[] = [
  ["SELECT * FROM current_answers", "*", /SELECT \* is not taken/],
  ["SELECT reader, channel FROM current_readers", ",", /selects `reader` alone/],
  ["SELECT reader AS r FROM current_readers", "AS", /leave `AS` out/],
  ["SELECT reader FROM answers", "answers", /ask current_answers, current_readers/],
  ["SELECT reader FROM main.answers", "main", /`main` is not there/],
  ["SELECT reader FROM current_readers r", "r", /`r` stands where the end/],
  ["SELECT reader FROM current_readers, current_answers", ",", /join/],
  ["SELECT reader FROM current_readers JOIN current_answers", "JOIN", /instead of a join/],
  [`${from} tenant = 8`, "tenant", /only ever sees its own tenant/],
  [`${from} campaign = 'x'`, "campaign", /its own campaign/],
  [`${from} text_value = 'x'`, "text_value", /what readers wrote is not there/],
  [`${from} reader = 'abc'`, "reader", /a reader is not compared/],
  [`${from} reader LIKE 'a%'`, "reader", /a reader is not compared/],
  [`${from} option_id = 'a' OR reader IN (SELECT reader FROM current_readers)`, "OR", /UNION/],
  [`${from} NOT reader IN (SELECT reader FROM current_readers)`, "NOT", /NOT IN/],
  [`${from} option_id IN (SELECT reader FROM current_readers)`, "SELECT", /only a reader/],
  [`${from} (SELECT reader FROM current_readers) = 1`, "SELECT", /stands here only as/],
  [`${from} option_id = 'a' ORDER BY reader`, "ORDER", /leave order and limit out/],
  [`${from} option_id = 'a' LIMIT 5`, "LIMIT", /leave order and limit out/],
  [`${from} admitted_at > now()`, "now", /write a fixed date/],
  [`${from} random() > 1`, "random", /write a fixed date/],
  [`${from} lower(option_id) = 'a'`, "lower", /the function lower is not taken/],
  [`${from} option_id::text = 'a'`, "::", /a cast is not taken/],
  [`${from} CAST(position AS text) = 'a'`, "CAST", /columns have their types/],
  [`${from} option_id -> 'a' = 'b'`, "->", /JSON/],
  [`${from} option_id || 'a' = 'b'`, "||", /joining texts/],
  [`${from} position / 2 = 1`, "/", /divide differently/],
  [`${from} position % 2 = 1`, "%", /divide differently/],
  [`${from} position * 2 = 1`, "*", /`\*` stands where/],
  [`${from} (position) = 1`, ")", /a comparison is expected/],
  [`${from} option_id = $1`, "$", /a parameter/],
  [`${from} option_id = ?`, "?", /a parameter/],
  [`${from} "option_id" = 'a'`, '"', /a quoted name/],
  [`${from} option_id = 'it''s'`, "''", /`s` stands|stands where/],
  [`${from} option_id = E'a'`, "E", /no column e/],
  [`${from} option_id = 'a\\'`, "'", /a text has letters/],
  [`${from} option_id = 'é'`, "'", /a text has letters/],
  [`${from} option_id = 'a`, "'a", /without its closing quote/],
  [`${from} option_id = 'a' -- all`, "--", /a comment/],
  [`${from} option_id = 'a' /* all */`, "/*", /a comment/],
  [`${from} option_id = 'a'; SELECT 1`, ";", /several statements/],
  [`${from} option_id = NULL`, "NULL", /IS NULL/],
  [`${from} option_id > 'a'`, "option_id", /another order/],
  [`${from} option_id BETWEEN 'a' AND 'b'`, "option_id", /another order/],
  [`${from} option_id ILIKE 'a'`, "ILIKE", /use LIKE/],
  [`${from} option_id = 1`, "1", /a number is compared with a text/],
  [`${from} position = 'a'`, "'a'", /a text is compared with a number/],
  [`${from} date_value = '2026-02-31'`, "'2026-02-31'", /is no date/],
  [`${from} date_trunc('week', admitted_at) = '2026-11-02'`, "'week'", /takes 'hour'/],
  [`${from} date_trunc('day', date_value) = '2026-11-02'`, "date_value", /admitted_at or/],
  [`${from} number_value = 0.1234567`, "0.1", /decimals/],
  [`${from} number_value + 0.5 = 1`, "0.5", /whole number/],
  [`${from} COUNT(*) > 1`, "COUNT", /HAVING alone/],
  ["SELECT reader FROM current_answers HAVING COUNT(*) > 1", "HAVING", /after GROUP BY/],
  ["SELECT reader FROM current_answers GROUP BY question", "question", /group by `reader`/],
  [
    "SELECT reader FROM current_answers GROUP BY reader HAVING option_id = 'a'",
    "option_id",
    /many values/,
  ],
  [
    "SELECT reader FROM current_answers GROUP BY reader HAVING MIN(option_id) IS NULL",
    "MIN",
    /MIN of a text/,
  ],
  [
    "SELECT reader FROM current_answers GROUP BY reader HAVING AVG(position) > 0.125",
    "0.125",
    /AVG/,
  ],
  [
    "SELECT reader FROM current_answers GROUP BY reader HAVING COUNT(*) FILTER (WHERE position = 0) > 1",
    "FILTER",
    /COUNT\(CASE/,
  ],
  [
    "SELECT reader FROM current_answers GROUP BY reader HAVING SUM(COUNT(*)) > 1",
    "COUNT",
    /HAVING alone/,
  ],
  [
    "SELECT reader FROM current_readers UNION SELECT reader FROM current_answers EXCEPT SELECT reader FROM current_readers",
    "EXCEPT",
    /parentheses/,
  ],
  [
    "SELECT reader FROM current_readers EXCEPT ALL SELECT reader FROM current_readers",
    "ALL",
    /a set/,
  ],
  ["WITH x AS (SELECT 1) SELECT reader FROM x", "WITH", /where it is used/],
  ["DELETE FROM current_readers", "DELETE", /one SELECT/],
  ["COPY current_readers TO 'x'", "COPY", /one SELECT/],
  ["", "", /the end stands where a SELECT/],
];
test.each(refused)("refuses %s", (sql, at, said) => {
  const { line, column, message } = refusalOf(sql);
  expect(message).toMatch(said);
  expect(line).toBe(1);
  expect(sql.slice(column - 1).startsWith(at === "''" ? "'s'" : at)).toBe(true);
});

test("names the line of what it refuses", () => {
  expect(refusalOf("SELECT reader\nFROM current_readers\n  LIMIT 5")).toMatchObject({
    line: 3,
    column: 3,
  });
});

test("bounds length, words, depth and SELECTs", () => {
  const column = "position = 1";
  expect(
    refusalOf(`${from} ${Array.from({ length: 400 }, () => column).join(" OR ")}`).message,
  ).toMatch(/longer than|more than/);
  expect(refusalOf(`${from} ${"(".repeat(40)}${column}${")".repeat(40)}`).message).toMatch(/deep/);
  const selects = Array.from({ length: 20 }, () => "SELECT reader FROM current_readers");
  expect(refusalOf(selects.join(" UNION ")).message).toMatch(/SELECTs/);
});

const faultsOf = (sql: string): string[] =>
  unknownNames(sql, parseSegmentSql(sql), publishedCampaign()).map(({ message }) => message);

test("knows the campaign's questions, options, outcomes and languages, and names the nearest", () => {
  expect(faultsOf(`${from} question = 'roast' AND option_id = 'dark'`)).toEqual([]);
  expect(faultsOf(`${from} question = 'roats'`)).toEqual([
    "there is no question 'roats'; did you mean 'roast'?",
  ]);
  expect(faultsOf(`${from} question = 'roast' AND option_id IN ('dark', 'lihgt')`)).toEqual([
    "there is no option of roast 'lihgt'; did you mean 'light'?",
  ]);
  expect(faultsOf(`${from} question = 'extras' AND option_id = 'dark'`)).toEqual([
    "there is no option of extras 'dark'; there are milk, sugar, oat",
  ]);
  expect(faultsOf("SELECT reader FROM current_readers WHERE outcome = 'expresso'")).toEqual([
    "there is no outcome 'expresso'; did you mean 'espresso'?",
  ]);
  expect(
    faultsOf(
      "SELECT reader FROM current_answers GROUP BY reader HAVING SUM(CASE WHEN question = 'stars' AND option_id = 'x' THEN 1 ELSE 0 END) > 1",
    ),
  ).toEqual(["there is no option of stars 'x'; there are none"]);
});

const sumsOf = (where: string, having: string): number => {
  const sql = `SELECT reader FROM current_answers ${where} GROUP BY reader HAVING ${having}`;
  return fractionSums(sql, parseSegmentSql(sql), publishedCampaign()).length;
};

test("adds whole numbers alone: `strength` has steps of 0.1", () => {
  expect(sumsOf("", "SUM(number_value) > 3")).toBe(1);
  expect(sumsOf("WHERE question = 'strength'", "AVG(number_value) > 3")).toBe(1);
  expect(sumsOf("WHERE NOT (question IN ('stars'))", "SUM(number_value + 1) > 3")).toBe(1);
  expect(sumsOf("WHERE question = 'stars' OR position = 0", "SUM(number_value) > 3")).toBe(1);
  expect(sumsOf("WHERE question = 'stars'", "AVG(number_value) >= 4")).toBe(0);
  expect(
    sumsOf("WHERE question IN ('stars', 'recommend') AND position = 0", "SUM(number_value) > 3"),
  ).toBe(0);
  expect(sumsOf("WHERE question <> 'strength'", "SUM(number_value) > 3")).toBe(0);
  expect(sumsOf("", "SUM(CASE WHEN question = 'stars' THEN number_value ELSE 0 END) > 3")).toBe(0);
  expect(sumsOf("", "MAX(number_value) > 3")).toBe(0);
});

test("LIKE is SQL's, in linear time", () => {
  expect(isLike("dark", "d_r%")).toBe(true);
  expect(isLike("dark", "%k")).toBe(true);
  expect(isLike("dark", "dar")).toBe(false);
  expect(isLike("", "%")).toBe(true);
  expect(isLike("a.b", "a_b")).toBe(true);
  expect(isLike("axb", "a.b")).toBe(false);
  // Backtracking would take longer than anybody waits.
  expect(isLike("a".repeat(2_000), `${"%a".repeat(1_000)}b`)).toBe(false);
});

test("whatever is taken names no table but the views, and puts none of its text outside its parentheses", () => {
  const random = new RandomSql(seeded(7), true);
  for (let index = 0; index < 500; index++) {
    const sql = random.query();
    parseSegmentSql(sql);
    let depth = 0;
    for (const letter of sql.replaceAll(/'[^']*'/g, "")) {
      if (letter === "(") depth++;
      if (letter === ")") depth--;
      expect(depth).toBeGreaterThanOrEqual(0);
    }
    expect(depth).toBe(0);
    expect(sql.replaceAll(/'[^']*'/g, "")).not.toMatch(/;|--|\/\*|"|\$|\\/);
  }
});

test("bent SQL is refused with a place, and never anything else", () => {
  const numbers = seeded(11);
  const random = new RandomSql(numbers, true);
  const pieces = [
    "'",
    '"',
    ")",
    "(",
    ";",
    "--",
    "/*",
    "::",
    "UNION",
    "JOIN",
    "tenant",
    "$1",
    "\u0000",
    "é",
    "reader",
    "SELECT",
    ",",
  ];
  let refusedOnes = 0;
  for (let index = 0; index < 3_000; index++) {
    let sql = random.query(1);
    for (let bend = 1 + numbers(3); bend > 0; bend--) {
      const at = numbers(sql.length);
      const piece = pieces[numbers(pieces.length)] ?? "";
      sql = sql.slice(0, at) + piece + sql.slice(at + numbers(4));
    }
    try {
      parseSegmentSql(sql);
      expect(sql.replaceAll(/'[^']*'/g, "")).not.toMatch(/tenant|\$1|"|;|--|\/\*|::/i);
    } catch (error) {
      expect(error).toBeInstanceOf(Problem);
      expect((error as Problem).code).toBe("segment-sql");
      refusedOnes++;
    }
  }
  expect(refusedOnes).toBeGreaterThan(2_500);
});

test("what stands around it takes ids of ours alone", () => {
  const within = { tenant: 7, campaign: "Q2FtcGFpZ24", purpose: "offers", schema: "main" };
  expect(membersSql("SELECT reader FROM current_readers", within)).toContain(
    "tenant = 7 AND campaign = 'Q2FtcGFpZ24'",
  );
  for (const bad of [
    { ...within, purpose: "x' OR '1'='1" },
    { ...within, campaign: "x'" },
    { ...within, schema: "main; DROP" },
    { ...within, tenant: 1.5 },
  ])
    expect(() => membersSql("SELECT reader FROM current_readers", bad)).toThrow(TypeError);
});
