// Planted lift is found, planted nulls are not, and intervals hold what they promise.
import { join } from "node:path";
import { expect, test } from "vitest";
import { liftOf, liftsOf, type Following } from "../../server/activities/lift.ts";
import {
  falseDiscovery,
  rateRatio,
  shareRatio,
  twoSided,
  wilson,
  type Sums,
} from "../../server/activities/ratio.ts";
import { Warehouse } from "../../server/warehouse/duckdb.ts";
import { Random } from "../chaos/random.ts";
import {
  dayMs,
  gamma,
  plant,
  plantedAt,
  plantedOf,
  poisson,
  type PlantedConduct,
  type PlantedReader,
} from "./planted.ts";
import { temporaryFolder } from "./region.ts";

const asOf = plantedAt;
const following: Following = { floor: 20, purposes: ["shop"], asOf };

const opened = async (readers: readonly PlantedReader[]): Promise<Warehouse> => {
  const warehouse = await Warehouse.open(join(temporaryFolder(), "warehouse.duckdb"));
  await warehouse.change((writer) => plant(writer, readers));
  return warehouse;
};

/** Readers who differ among themselves (gamma), followed for different times, at `rate` a day. */
function conducts(
  random: Random,
  rate: number,
  answeredAt: number,
  of: Omit<PlantedConduct, "happenedAt">,
): PlantedConduct[] {
  const days = (asOf - answeredAt) / dayMs;
  const own = gamma(() => random.next(), 1.5) / 1.5;
  return Array.from({ length: poisson(() => random.next(), rate * own * days) }, () => ({
    ...of,
    happenedAt: answeredAt + Math.floor(random.next() * days * dayMs),
  }));
}

test("a planted lift of 2.6 is in its interval, and a planted null is not significant", async () => {
  const random = new Random(26);
  const readers = Array.from({ length: 6_000 }, (): PlantedReader => {
    const eco = random.chance(0.3);
    const answeredAt = asOf - Math.floor((1 + random.next() * 29) * dayMs);
    return {
      chose: { values: eco ? "sustainability" : "price" },
      answeredAt,
      did: [
        ...conducts(random, eco ? 0.052 : 0.02, answeredAt, { kind: "click", label: "eco" }),
        ...conducts(random, 0.03, answeredAt, { kind: "click", label: "news" }),
        // Before the answer it follows from nothing.
        { kind: "click", label: "eco", happenedAt: answeredAt - dayMs },
      ],
    };
  });
  const warehouse = await opened(readers);
  const choice = { question: "values", option: "sustainability" };
  const lift = await warehouse.read((connection) =>
    liftOf(connection, plantedOf, choice, { kind: "click", label: "eco" }, following),
  );
  expect(lift.often!.low).toBeLessThan(2.6);
  expect(lift.often!.high).toBeGreaterThan(2.6);
  expect(lift.often!.low).toBeGreaterThan(2.2);
  const clicks = (label: string, option: string): number =>
    readers
      .filter(({ chose }) => chose["values"] === option)
      .flatMap(({ did, answeredAt }) => did.filter(({ happenedAt }) => happenedAt >= answeredAt))
      .filter((done) => done.label === label).length;
  expect(lift.chose!.times).toBe(clicks("eco", "sustainability"));
  expect(lift.others!.times).toBe(clicks("eco", "price"));
  const lifts = await warehouse.read((connection) => liftsOf(connection, plantedOf, following));
  expect(lifts.map(({ option, label }) => `${option} ${label}`)).toEqual(
    expect.arrayContaining(["sustainability eco", "price news"]),
  );
  for (const { label, q } of lifts) expect(q! < 0.05, `${label}`).toBe(label === "eco");
  // The table and the one look count the same.
  const same = lifts.find(({ option, label }) => option === "sustainability" && label === "eco");
  expect([same!.chose, same!.others, same!.anyone]).toEqual([lift.chose, lift.others, lift.anyone]);
  expect(same!.often!.ratio).toBeCloseTo(lift.often!.ratio, 9);
  expect(same!.often!.low).toBeCloseTo(lift.often!.low, 9);
  await warehouse.close();
});

test("who does not agree is in no group, and groups under the floor are not told", async () => {
  const answeredAt = asOf - 10 * dayMs;
  const did = [{ kind: "click", label: "eco", happenedAt: answeredAt + dayMs }];
  const readers: PlantedReader[] = [];
  for (let index = 0; index < 200; index++)
    readers.push({
      chose: { values: index % 2 === 0 ? "sustainability" : "price" },
      answeredAt,
      did: index % 4 < 2 ? did : [],
    });
  for (let index = 0; index < 100; index++)
    readers.push({
      chose: { values: "price" },
      answeredAt,
      purposes: ["results"],
      did: [],
    });
  const warehouse = await opened(readers);
  const ask = (floor: number, purposes = ["shop"]) =>
    warehouse.read((connection) =>
      liftOf(
        connection,
        plantedOf,
        { question: "values", option: "sustainability" },
        { kind: "click" },
        { floor, purposes, asOf },
      ),
    );
  const lift = await ask(50);
  expect([lift.chose!.readers, lift.others!.readers]).toEqual([100, 100]);
  expect(lift.often!.ratio).toBeCloseTo(1, 9);
  expect(await ask(51)).toEqual({
    question: "values",
    option: "sustainability",
    kind: "click",
    label: null,
    withheld: "too-few",
  });
  expect((await ask(20, [])).withheld).toBe("none");
  await warehouse.close();
});

/** Sums of `n` readers whose own rates are spread, followed for 1 to 30 days. */
function drawn(random: Random, n: number, rate: number): Sums {
  const sums = { n, y: 0, yy: 0, t: 0, tt: 0, yt: 0 };
  for (let index = 0; index < n; index++) {
    const t = 1 + random.next() * 29;
    const y = poisson(() => random.next(), (rate * t * gamma(() => random.next(), 1.5)) / 1.5);
    sums.y += y;
    sums.yy += y * y;
    sums.t += t;
    sums.tt += t * t;
    sums.yt += y * t;
  }
  return sums;
}

test("of 2,000 intervals of a rate ratio 95 % hold the truth, though readers differ among themselves", () => {
  const random = new Random(95);
  let held = 0;
  let significant = 0;
  for (let run = 0; run < 2_000; run++) {
    const { low, high } = rateRatio(drawn(random, 300, 0.052), drawn(random, 300, 0.02));
    if (low <= 2.6 && 2.6 <= high) held++;
    if (rateRatio(drawn(random, 300, 0.03), drawn(random, 300, 0.03)).p < 0.05) significant++;
  }
  // Three standard errors of 2,000 draws.
  expect(Math.abs(held / 2_000 - 0.95)).toBeLessThan(0.015);
  expect(significant / 2_000).toBeLessThan(0.065);
});

test("the figures agree with worked examples of others", () => {
  // Newcombe 1998, table I: 81 of 263 by Wilson's score method.
  const { low, high } = wilson(81, 263);
  expect([low, high].map((bound) => bound.toFixed(4))).toEqual(["0.2553", "0.3662"]);
  expect(wilson(0, 20).low).toBe(0);
  // Altman 1991, of smoking: 24 of 67 and 40 of 80 would do; the formula by hand.
  const ratio = shareRatio({ count: 24, n: 67 }, { count: 40, n: 80 });
  expect(ratio.ratio).toBeCloseTo(0.71642, 5);
  const error = Math.sqrt(1 / 24 - 1 / 67 + 1 / 40 - 1 / 80);
  expect(Math.log(ratio.high / ratio.ratio)).toBeCloseTo(1.959964 * error, 6);
  for (const [z, p] of [
    [0, 1],
    [1.959963985, 0.05],
    [2.575829304, 0.01],
    [5, 5.733e-7],
  ] as const)
    expect(twoSided(z) / p).toBeCloseTo(1, 3);
  // Benjamini & Hochberg 1995, §3.2, their fifteen p-values: four are found at 0.05.
  const ps = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719,
    0.6528, 0.759, 1,
  ];
  expect(falseDiscovery(ps).filter((q) => q <= 0.05)).toHaveLength(4);
  expect(falseDiscovery([0.5])).toEqual([0.5]);
});
