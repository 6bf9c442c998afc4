// A planted lift among a million activities: found, with how long the table of all lifts takes; and how often nulls are taken for
// lifts, and intervals miss, over many small campaigns.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { liftsOf } from "../../server/activities/lift.ts";
import { rateRatio, type Sums } from "../../server/activities/ratio.ts";
import { Warehouse } from "../../server/warehouse/duckdb.ts";
import { Random } from "../simulation/random.ts";
import {
  dayMs,
  gamma,
  plant,
  plantedAt,
  plantedOf,
  poisson,
  type PlantedReader,
} from "../server/planted.ts";

const quick = process.argv.includes("--quick");
const readersInAll = quick ? 20_000 : 200_000;
const perBatch = 20_000;
const labels = ["eco", "news", "sale", "team", "shop", "blog", "help", "map", "jobs", "press"];
const questions = ["values", "roast", "size", "milk", "when"];
const options = ["a", "b", "c", "d"];
/** A day and reader, and how much more often who chose `values: a` clicks `eco`. */
const rate = 0.033;
const lift = 2.6;
/** The least readers of a group. */
const floor = 20;

const random = new Random("planted lift");
const fraction = (): number => random.fraction();

/** One reader, followed for up to 30 days, who differs from the others (gamma of shape 1.5). */
function readerFrom(): PlantedReader {
  const next = fraction;
  const chose = Object.fromEntries(questions.map((question) => [question, random.one(options)]));
  const days = 1 + next() * 29;
  const answeredAt = plantedAt - Math.floor(days * dayMs);
  const own = gamma(next, 1.5) / 1.5;
  const did = labels.flatMap((label) => {
    const times = label === "eco" && chose["values"] === "a" ? lift : 1;
    return Array.from({ length: poisson(next, rate * own * days * times) }, () => ({
      kind: "click",
      label,
      happenedAt: answeredAt + Math.floor(next() * days * dayMs),
    }));
  });
  return { chose, answeredAt, did };
}

const folder = mkdtempSync(join(tmpdir(), "maily-lift-"));
const warehouse = await Warehouse.open(join(folder, "warehouse.duckdb"));
let activities = 0;
for (let from = 0; from < readersInAll; from += perBatch) {
  const readers = Array.from({ length: perBatch }, () => readerFrom());
  activities += readers.reduce((sum, { did }) => sum + did.length, 0);
  await warehouse.change((writer) => plant(writer, readers, from));
}
const begun = performance.now();
const lifts = await warehouse.read((connection) =>
  liftsOf(connection, plantedOf, { floor, purposes: ["shop"], asOf: plantedAt }),
);
const milliseconds = performance.now() - begun;
await warehouse.close();
rmSync(folder, { recursive: true, force: true });
const [best] = lifts;
// Of the question and label that were planted every option differs: the others lack it.
const nulls = lifts.filter(({ question, label }) => question !== "values" || label !== "eco");
const wrong = nulls.filter(({ q }) => (q ?? 1) <= 0.05).length;
const unadjusted = nulls.filter(({ often }) => (often?.p ?? 1) <= 0.05).length;
console.log(
  `${readersInAll} readers, ${activities} activities, ${lifts.length} pairs compared in ${milliseconds.toFixed(0)} ms`,
);
console.log(
  `planted ${lift}: ${best?.option} ${best?.label} ${best?.often?.ratio.toFixed(3)} (95 % ${best?.often?.low.toFixed(3)} to ${best?.often?.high.toFixed(3)})`,
);
console.log(
  `of ${nulls.length} nulls: ${wrong} at q ≤ 0.05, ${unadjusted} at p ≤ 0.05 (${((100 * unadjusted) / nulls.length).toFixed(1)} %)`,
);

function drawn(n: number, mean: number): Sums {
  const sums = { n, y: 0, yy: 0, t: 0, tt: 0, yt: 0 };
  for (let index = 0; index < n; index++) {
    const t = 1 + random.fraction() * 29;
    const y = poisson(fraction, (mean * t * gamma(fraction, 1.5)) / 1.5);
    sums.y += y;
    sums.yy += y * y;
    sums.t += t;
    sums.tt += t * t;
    sums.yt += y * t;
  }
  return sums;
}

const runs = quick ? 1_000 : 5_000;
for (const n of [50, 200, 1_000]) {
  let held = 0;
  let poissonHeld = 0;
  for (let run = 0; run < runs; run++) {
    const [one, other] = [drawn(n, rate * lift), drawn(n, rate)];
    const { ratio, low, high } = rateRatio(one, other);
    if (low <= lift && lift <= high) held++;
    // What one gets who takes readers for alike.
    const half = 1.959964 * Math.sqrt(1 / one.y + 1 / other.y);
    if (Math.abs(Math.log(ratio / lift)) <= half) poissonHeld++;
  }
  console.log(
    `groups of ${n}: ${((100 * held) / runs).toFixed(1)} % of intervals hold the truth (plain Poisson: ${((100 * poissonHeld) / runs).toFixed(1)} %)`,
  );
}
