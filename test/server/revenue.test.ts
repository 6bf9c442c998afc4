// Revenue by answer: right sums, and no figure of too few, told or to be worked out.
import { join } from "node:path";
import { array, assert, integer, nat, property } from "fast-check";
import { expect, test } from "vitest";
import { withheld } from "../../server/activities/floor.ts";
import { revenueOf, type RevenueAsked } from "../../server/activities/revenue.ts";
import { Warehouse } from "../../server/warehouse/duckdb.ts";
import {
  dayMs,
  plant,
  plantedAt,
  plantedOf,
  plantedReader,
  type PlantedReader,
} from "./planted.ts";
import { temporaryFolder } from "./region.ts";

const answeredAt = plantedAt - 10 * dayMs;

/** So many readers of an option, of whom so many bought for `amount` each. */
const buyers = (
  option: string,
  readers: number,
  buying: number,
  amount: number,
  currency = "EUR",
): PlantedReader[] =>
  Array.from({ length: readers }, (_, index) => ({
    chose: { roast: option },
    answeredAt,
    did:
      index < buying
        ? [{ kind: "purchase", amount, currency, happenedAt: answeredAt + index }]
        : [],
  }));

async function figures(readers: readonly PlantedReader[], asked: Partial<RevenueAsked> = {}) {
  const warehouse = await Warehouse.open(join(temporaryFolder(), "warehouse.duckdb"));
  await warehouse.change((writer) => plant(writer, readers));
  const found = await warehouse.read((connection) =>
    revenueOf(connection, plantedOf, { floor: 10, purposes: ["shop"], ...asked }),
  );
  await warehouse.close();
  return found;
}

const byRoast = { by: { question: "roast" } };

test("revenue, orders and conversion by option", async () => {
  const found = await figures(
    [...buyers("dark", 100, 40, 1_250), ...buyers("light", 100, 20, 1_000)],
    byRoast,
  );
  expect(found.total).toMatchObject({
    readers: 200,
    buyers: 60,
    orders: 60,
    revenue: [{ currency: "EUR", amount: 70_000, perReader: 350 }],
  });
  expect(found.total.conversion!.share).toBeCloseTo(0.3, 9);
  expect(found.by!.options.map(({ option, buyers: count }) => [option, count])).toEqual([
    ["dark", 40],
    ["light", 20],
  ]);
  expect(found.by!.options[0]!.revenue).toEqual([
    { currency: "EUR", amount: 50_000, perReader: 500 },
  ]);
});

test("refunds are taken off, currencies are never added up, and conduct without an amount is no order", async () => {
  const [first, ...rest] = buyers("dark", 60, 30, 1_000);
  const refunded: PlantedReader = {
    ...first!,
    did: [
      ...first!.did,
      { kind: "refund", amount: -400, currency: "EUR", happenedAt: answeredAt + 5 },
      { kind: "click", label: "eco", happenedAt: answeredAt + 5 },
    ],
  };
  const found = await figures([refunded, ...rest, ...buyers("dark", 40, 20, 900, "JPY")]);
  expect(found.total.orders).toBe(50);
  expect(found.total.revenue).toEqual([
    { currency: "EUR", amount: 29_600, perReader: 296 },
    { currency: "JPY", amount: 18_000, perReader: 180 },
  ]);
});

test("too few buyers are not told, nor what would tell them, nor one reader's purchase", async () => {
  const found = await figures(
    [
      ...buyers("dark", 100, 40, 1_000),
      ...buyers("light", 100, 20, 1_000),
      ...buyers("green", 100, 3, 1_000),
    ],
    byRoast,
  );
  const told = new Map(found.by!.options.map((cell) => [cell.option, cell]));
  expect(found.total.buyers).toBe(63);
  expect(told.get("dark")!.buyers).toBe(40);
  // Of the total and the others, three would follow.
  expect(told.get("light")).toMatchObject({ readers: 100, withheld: "derivable" });
  expect(told.get("light")!.revenue).toEqual([{ currency: "EUR", withheld: "derivable" }]);
  expect(told.get("green")).toMatchObject({ readers: 100, withheld: "too-few" });
  expect(JSON.stringify(told.get("green"))).not.toMatch(/buyers|amount/);
  const whale = buyers("dark", 100, 40, 1_000);
  const dominated = await figures([
    ...whale,
    {
      chose: {},
      answeredAt,
      did: [{ kind: "purchase", amount: 1e9, currency: "EUR", happenedAt: answeredAt }],
    },
  ]);
  expect(dominated.total.revenue).toEqual([{ currency: "EUR", withheld: "dominated" }]);
});

test("all but a few who bought are too few as well; an empty campaign has nothing to tell", async () => {
  const found = await figures(buyers("dark", 50, 48, 1_000));
  expect(found.total).toMatchObject({ readers: 50, withheld: "too-few" });
  expect(found.total.buyers).toBeUndefined();
  expect((await figures([])).total).toEqual({ revenue: [], withheld: "too-few" });
});

test("members alone, and only of who agrees", async () => {
  const readers = [
    ...buyers("dark", 40, 20, 1_000),
    ...buyers("light", 40, 20, 1_000).map((reader) => ({ ...reader, purposes: ["results"] })),
  ];
  const members = Array.from({ length: 35 }, (_, index) => plantedReader(index + 5));
  expect((await figures(readers, { members })).total).toMatchObject({ readers: 35, buyers: 15 });
  expect((await figures(readers)).total).toMatchObject({ readers: 40, buyers: 20 });
});

test("nothing withheld can be worked out: what is hidden is of at least two cells and the floor", () => {
  assert(
    property(
      array(nat({ max: 60 }), { maxLength: 12 }),
      nat({ max: 40 }),
      integer({ min: 5, max: 30 }),
      (counts, rest, floor) => {
        const cells = counts.map((readers, index) => ({ id: `o${index}`, readers }));
        const total = counts.reduce((sum, count) => sum + count, rest);
        const hidden = withheld(cells, { total, floor });
        for (const { id, readers } of cells) if (readers < floor) expect(hidden).toContain(id);
        const sum = cells.reduce(
          (all, { id, readers }) => all + (hidden.has(id) ? readers : 0),
          rest,
        );
        const all = hidden.size === cells.length;
        if (hidden.size > 0 && !all) {
          expect(sum).toBeGreaterThanOrEqual(floor);
          expect(hidden.size + (rest > 0 ? 1 : 0)).toBeGreaterThanOrEqual(2);
        }
        if (hidden.size === 0 && rest > 0 && cells.length > 0)
          expect(rest).toBeGreaterThanOrEqual(floor);
      },
    ),
  );
});
