// The counters anew from the answers: for files of an older version, and to see whether they agree.
import type { DuckDBConnection } from "@duckdb/node-api";
import { numberCell, textCell } from "./cells.ts";
import { addTallies, forgetTallies, type Measure, type Tally } from "./tallies.ts";

const counts = `"current" IS NOT NULL AND consented IS DISTINCT FROM false`;

const keepAdds = `
  INSERT INTO tallied
  SELECT r.key, to_json({submissions: r.submissions, site: s.channel = 'site', outcome: r.outcome,
                         "values": coalesce(v.given, [])})::VARCHAR
  FROM (FROM readers WHERE ${counts}) r
  JOIN submissions s ON s.key = r."current"
  LEFT JOIN (SELECT submission, list(json_array(question, "option", "number", position)) AS given
             FROM answers GROUP BY submission) v ON v.submission = r."current"
  UNION ALL
  SELECT key, '{"held":true,"submissions":0,"values":[]}'
  FROM readers WHERE held AND consented IS DISTINCT FROM false`;

// What every counter would be, were it counted now.
const countAll = `
  WITH counted AS (FROM readers WHERE ${counts})
  SELECT tenant, campaign, 'reader' AS measure, NULL AS question, NULL AS "option", NULL::DOUBLE AS "number",
         count(*) AS count, 0 AS firsts, 0 AS places, 0::DOUBLE AS points FROM counted GROUP BY ALL
  UNION ALL
  SELECT tenant, campaign, 'submission', NULL, NULL, NULL, sum(submissions), 0, 0, 0 FROM counted GROUP BY ALL
  UNION ALL
  SELECT tenant, campaign, 'outcome', NULL, outcome, NULL, count(*), 0, 0, 0 FROM counted
  WHERE outcome IS NOT NULL GROUP BY ALL
  UNION ALL
  SELECT tenant, campaign, 'held', NULL, NULL, NULL, count(*), 0, 0, 0 FROM readers
  WHERE held AND consented IS DISTINCT FROM false GROUP BY ALL
  UNION ALL
  SELECT s.tenant, s.campaign, 'site', NULL, NULL, NULL, count(*), 0, 0, 0
  FROM counted c JOIN submissions s ON s.key = c."current" WHERE s.channel = 'site' GROUP BY ALL
  UNION ALL
  SELECT a.tenant, a.campaign, 'value', a.question, a."option", CASE WHEN a."option" IS NULL THEN a."number" END,
         count(*), sum(CASE WHEN a.position = 0 THEN 1 ELSE 0 END), sum(a.position),
         sum(CASE WHEN a."option" IS NOT NULL THEN coalesce(a."number", 0) ELSE 0 END)
  FROM counted c JOIN answers a ON a.submission = c."current" GROUP BY ALL`;

/** Counts everything again. */
export async function retally(connection: DuckDBConnection): Promise<void> {
  forgetTallies(connection);
  await connection.run("DELETE FROM tallied");
  await connection.run("DELETE FROM tallies");
  await connection.run(keepAdds);
  const found = await connection.runAndReadAll(countAll);
  await addTallies(
    connection,
    found.getRowsJS().map((cells): Tally => {
      const [tenant, campaign, measure, question, option, number, count] = cells;
      const [firsts, places, points] = cells.slice(7);
      return {
        tenant: numberCell(tenant),
        campaign: textCell(campaign),
        // One of the names in `countAll`.
        measure: textCell(measure) as Measure,
        question: question === null ? null : textCell(question),
        option: option === null ? null : textCell(option),
        number: number === null ? null : numberCell(number),
        count: numberCell(count),
        firsts: numberCell(firsts),
        places: numberCell(places),
        points: numberCell(points),
      };
    }),
  );
}

/** How many counters are not what a count of the answers gives; 0 where all agree. */
export async function tallyFaults(connection: DuckDBConnection): Promise<number> {
  const reader = await connection.runAndReadAll(`
    WITH anew AS (${countAll})
    SELECT count(*) FROM (FROM tallies WHERE count <> 0 OR firsts <> 0 OR places <> 0) t
    FULL JOIN (FROM anew WHERE count <> 0) a
      ON (t.tenant, t.campaign, t.measure) = (a.tenant, a.campaign, a.measure)
      AND t.question IS NOT DISTINCT FROM a.question AND t."option" IS NOT DISTINCT FROM a."option"
      AND t."number" IS NOT DISTINCT FROM a."number"
    WHERE t.count IS DISTINCT FROM a.count OR t.firsts IS DISTINCT FROM a.firsts
       OR t.places IS DISTINCT FROM a.places OR abs(coalesce(t.points, 0) - coalesce(a.points, 0)) > 1e-6`);
  return numberCell(reader.getRowsJS()[0]?.[0]);
}
