// `npm run bench results [-- --rows=10000000]`: one campaign's results from a warehouse of so many answer rows: from the counters
// that are kept with each commit, beside counting the answers; and what a commit costs there. Files stay in the system's
// temporary folder between runs.
import { existsSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { countCampaign } from "../../server/warehouse/counts.ts";
import { Warehouse } from "../../server/warehouse/duckdb.ts";
import { retally, tallyFaults } from "../../server/warehouse/retally.ts";
import { tablesVersion } from "../../server/warehouse/schema/tables.ts";
import { migrate } from "../../server/warehouse/tables.ts";
import { submissionRow } from "../server/warehouse/row.ts";

const given = process.argv.find((argument) => argument.startsWith("--rows="));
const sizes = given === undefined ? [1_000_000] : [Number(given.slice("--rows=".length))];
const valuesEach = 4;
const readersEach = 250_000;
const batches = 40;
const batchRows = 500;
/** Between two looks at the results while answers come in. */
const everyMs = 50;
const of = { tenant: 1, campaign: "AAAAAAAAAAA" };
const ranges = [{ question: "stars", from: 0, width: 1 }];

const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((left, right) => left - right)[
    Math.min(values.length - 1, Math.floor(values.length * share))
  ] ?? Number.NaN;

const line = (name: string, values: readonly number[]): string =>
  `  ${name.padEnd(56)} p50 ${quantile(values, 0.5).toFixed(1).padStart(8)} ms   p95 ${quantile(values, 0.95).toFixed(1).padStart(8)} ms`;

const key = (name: string): string => `left(sha256('1|AAAAAAAAAAA|' || ${name}), 32)::UUID`;

// A single choice, a multiple choice, a number from 0 to 10 and a text; one reader in ten came from a site.
const fill = (from: number, to: number): string[] => [
  `CREATE OR REPLACE TEMP TABLE filling AS
   SELECT i, 'reader ' || i AS reader, 'submission ' || i AS id,
          ${key("'reader ' || i")} AS reader_key, ${key("'reader ' || i || '|submission ' || i")} AS key
   FROM range(${from}, ${to}) t(i)`,
  `INSERT INTO submissions SELECT key, reader_key, 1, 'AAAAAAAAAAA', reader, id, encode(id), 'receipt', 1, false,
     CASE WHEN i % 10 = 0 THEN 'site' ELSE 'web' END, 'en', 1, ['results'], epoch_ms(i), epoch_ms(i), 'outcome ' || i % 4, 0, i
   FROM filling`,
  `INSERT INTO readers (key, tenant, campaign, reader, submissions, "current", admitted_at, "offset", outcome, last_at, held, purposes)
   SELECT reader_key, 1, 'AAAAAAAAAAA', reader, 1, key, epoch_ms(i), i, 'outcome ' || i % 4, epoch_ms(i), false, ['results']
   FROM filling`,
  `INSERT INTO answers BY NAME
   SELECT key AS submission, 1 AS tenant, 'AAAAAAAAAAA' AS campaign, v.*
   FROM filling, LATERAL (VALUES
     ('roast', 0, 'roast ' || i % 5, NULL, NULL), ('extras', 0, 'extra ' || i % 7, NULL, NULL),
     ('stars', 0, NULL, i % 11, NULL), ('why', 0, NULL, NULL, 'because of ' || i))
     v(question, position, "option", "number", "text")`,
];

async function filled(rows: number): Promise<string> {
  const path = join(tmpdir(), `maily-bench-results-${rows}-v${tablesVersion}.duckdb`);
  if (existsSync(path)) return path;
  const making = `${path}.making`;
  rmSync(making, { force: true });
  const begun = performance.now();
  const instance = await DuckDBInstance.create(making, { threads: "2", memory_limit: "2GB" });
  const connection = await instance.connect();
  await migrate(connection);
  const readers = rows / valuesEach;
  for (let from = 0; from < readers; from += readersEach)
    for (const statement of fill(from, Math.min(readers, from + readersEach)))
      await connection.run(statement);
  await retally(connection);
  await connection.run("CHECKPOINT");
  connection.closeSync();
  instance.closeSync();
  renameSync(making, path);
  console.log(`  filled in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
  return path;
}

const mine = "tenant = 1 AND campaign = 'AAAAAAAAAAA' AND consented IS DISTINCT FROM false";

/** As results were counted before there were counters: every answer that counts, each time. */
async function countAnswers(connection: DuckDBConnection): Promise<void> {
  await connection.runAndReadAll(
    `SELECT question, "option", TRY_CAST(floor("number") AS INTEGER) AS "range", count(*),
            sum(CASE WHEN position = 0 THEN 1 ELSE 0 END), sum(position), sum("number")
     FROM answers WHERE tenant = 1 AND campaign = 'AAAAAAAAAAA'
       AND submission IN (SELECT "current" FROM readers WHERE ${mine} AND "current" IS NOT NULL) GROUP BY ALL`,
  );
  await connection.runAndReadAll(
    `SELECT outcome, count("current"), sum(submissions) FROM readers WHERE ${mine} GROUP BY outcome`,
  );
}

async function timed(times: number, work: () => Promise<unknown>): Promise<number[]> {
  const taken: number[] = [];
  for (let time = 0; time < times; time++) {
    const begun = performance.now();
    await work();
    taken.push(performance.now() - begun);
  }
  return taken;
}

/** Batches of new readers, one in twenty of whom has answered before. */
async function commits(warehouse: Warehouse, rows: number): Promise<number[]> {
  const base = BigInt(Date.now()) * 1000n;
  let batch = 0;
  return timed(batches, async () => {
    const offset = base + BigInt(batch++ * batchRows);
    const written = Array.from({ length: batchRows }, (_, index) => {
      const row = submissionRow(offset + BigInt(index), [
        { question: "roast", position: 0, option: `roast ${index % 5}` },
        { question: "extras", position: 0, option: `extra ${index % 7}` },
        { question: "stars", position: 0, number: index % 11 },
        { question: "why", position: 0, text: `because of ${index}` },
      ]);
      const again = Math.floor(Math.random() * (rows / valuesEach));
      return {
        ...row,
        admittedAt: Date.now(),
        ...(index % 20 === 0 && { reader: `reader ${again}` }),
      };
    });
    await warehouse.write({ rows: written, nextOffsets: new Map([[0, offset]]), replay: false });
  });
}

for (const rows of sizes) {
  console.log(`${rows.toLocaleString("en")} answer rows, one campaign`);
  const warehouse = await Warehouse.open(await filled(rows));
  const results = (): Promise<unknown> =>
    warehouse.read((connection) => countCampaign(connection, of, ranges));
  const before = (): Promise<unknown> => warehouse.read(countAnswers);
  await results();
  await before();
  // In turn, so that whatever else the machine does befalls both.
  const [now, then]: [number[], number[]] = [[], []];
  for (let round = 0; round < 10; round++) {
    now.push(...(await timed(20, results)));
    then.push(...(await timed(1, before)));
  }
  console.log(line("counting the answers each time", then));
  console.log(line("results from counters", now));
  console.log(`  ${(quantile(then, 0.5) / quantile(now, 0.5)).toFixed(0)} × as fast`);
  const during: number[] = [];
  const over = new AbortController();
  const written = commits(warehouse, rows).finally(() => over.abort());
  while (!over.signal.aborted) {
    during.push(...(await timed(1, results)));
    await sleep(everyMs);
  }
  console.log(line("results from counters while answers come in", during));
  const taken = await written;
  console.log(line(`a commit of ${batchRows} answers meanwhile`, taken));
  console.log(`  ${((batchRows / quantile(taken, 0.5)) * 1000).toFixed(0)} answers a second`);
  console.log(`  counters that disagree with the answers: ${await warehouse.read(tallyFaults)}`);
  await warehouse.close();
}
