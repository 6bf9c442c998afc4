// `npm run bench segments`: changes of readers into the engine, beside counting the same segments anew in DuckDB; what a reader
// takes in memory. `-- --events 1000000` feeds so many random events through the warehouse first, and compares the engine's
// members with the SQL's. Ratios within one run; the machine's own speed is no result.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { ReaderChange } from "../../server/warehouse/rows.ts";
import { CampaignEngine } from "../../server/segments/engine/campaign.ts";
import { engineLimits } from "../../server/segments/limits.ts";
import { membersSql } from "../../server/segments/sql/around.ts";
import { compileQuery } from "../../server/segments/sql/compile.ts";
import { parseSegmentSql } from "../../server/segments/sql/parse.ts";
import { differences, feed, longSegments } from "../server/segments/long.ts";
import { Settled } from "../server/segments/settled.ts";
import { answerAt, campaign, readerOf, seeded, tenant } from "../server/segments/world.ts";

const { values } = parseArgs({
  options: {
    events: { type: "string" },
    quick: { type: "boolean" },
    markdown: { type: "boolean" },
  },
});
const readers = values.quick === true ? 50_000 : 200_000;
const updates = readers * 2;
const seed = 20_261_121;

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((left, right) => left - right)[numbers.length >> 1] ?? Number.NaN;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** What a million events come to: in the tables, and in the engine. */
async function compareLong(events: number): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "maily-segments-"));
  const settled = await Settled.open(folder);
  for (const segment of longSegments) await settled.put(segment);
  settled.segments.start();
  const begun = performance.now();
  const long = { events, readers: 50_000, seed, rowsPerBatch: 2_000 };
  const each = { events: 100_000, say: (fed: number) => say(`  ${fed} events`) };
  await feed(settled, { ...long, each });
  const seconds = (performance.now() - begun) / 1000;
  const found = await differences(settled, long.readers);
  const differ = found.reduce((sum, one) => sum + one.differ, 0);
  say(
    `${events} events through the warehouse in ${seconds.toFixed(0)} s; members of each segment: ${found.map(({ members }) => members).join(", ")}; ${differ} differ from the SQL`,
  );
  await settled.close();
  rmSync(folder, { recursive: true });
  return differ === 0;
}

const compiled = longSegments.map(({ id, purpose, sql }) => ({
  id,
  purpose,
  belongs: compileQuery(parseSegmentSql(sql)),
}));

/** A change of one reader as ingest tells it; every second of a reader who is known already. */
function changesOf(count: number): ReaderChange[] {
  const random = seeded(seed);
  return Array.from({ length: count }, (_, index) => {
    const row = answerAt(random, { number: index % readers, offset: BigInt(index), at: index });
    const current = random(50) === 0 ? undefined : row;
    return {
      tenant,
      campaign,
      reader: row.reader,
      sequence: index,
      current,
      purposes: current?.purposes ?? [],
      submissions: 1,
      held: false,
    };
  });
}

const changes = changesOf(updates);
globalThis.gc?.();
const before = process.memoryUsage();
const rates: number[] = [];
let engine = new CampaignEngine({ tenant, campaign }, compiled, engineLimits);
for (let round = 0; round < 3; round++) {
  engine = new CampaignEngine({ tenant, campaign }, compiled, engineLimits);
  const cpu = process.cpuUsage();
  const changed = new Set<string>();
  for (const change of changes) engine.change(change, changed);
  const { user, system } = process.cpuUsage(cpu);
  rates.push((updates / (user + system)) * 1e6);
}
globalThis.gc?.();
// Both times with the changes, without any other engine.
const after = process.memoryUsage();
const held = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
const heldValues = engine.readers.held.values;
say(
  `engine, ${longSegments.length} segments, ${engine.readers.size} readers with ${(heldValues / engine.readers.size).toFixed(1)} values each:`,
);
say(
  `  ${Math.round(median(rates))} changes of a reader a second and core (median of ${rates.length} times ${changes.length}; goal 200000)`,
);
if (globalThis.gc !== undefined) say(`  ${Math.round(held / engine.readers.size)} bytes a reader`);
else say("  run with --expose-gc for what a reader takes in memory");

const folder = mkdtempSync(join(tmpdir(), "maily-segments-"));
const settled = await Settled.open(folder);
const random = seeded(seed);
const asked = readers / 4;
for (let start = 0; start < asked; start += 5_000)
  await settled.write(
    Array.from({ length: Math.min(5_000, asked - start) }, (_, index) => ({
      ...answerAt(random, {
        number: start + index,
        offset: BigInt(start + index),
        at: start + index,
      }),
      campaign,
    })),
  );
const recomputes: number[] = [];
for (let round = 0; round < 3; round++) {
  const begun = performance.now();
  for (const { sql, purpose } of longSegments)
    await settled.warehouse.read((connection) =>
      connection.runAndReadAll(
        `SELECT count(*) FROM (${membersSql(sql, { tenant, campaign, purpose, schema: "main" })})`,
      ),
    );
  recomputes.push(performance.now() - begun);
}
const oneChangeMs = 1000 / median(rates);
say(
  `DuckDB counts the same segments anew over ${asked} readers (${readerOf(0).length} characters each) in ${median(recomputes).toFixed(0)} ms: as long as ${Math.round(median(recomputes) / oneChangeMs)} changes take the engine`,
);
await settled.close();
rmSync(folder, { recursive: true });

const agrees = values.events === undefined || (await compareLong(Number(values.events)));
process.exit(agrees ? 0 : 1);
