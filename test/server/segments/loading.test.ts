// Readers are read page by page while commits go on: whatever the order, what is held in the end is what the tables hold.
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { storeActivities } from "../../../server/activities/store.ts";
import { engineLimits } from "../../../server/segments/limits.ts";
import { temporaryFolder } from "../region.ts";
import { Events } from "./events.ts";
import { differences, longSegments } from "./long.ts";
import { segmentOf, Settled } from "./settled.ts";
import { beganAt, campaign, oneOf, readerOf, seeded, tenant } from "./world.ts";

const readers = 300;
const rounds = 6;

test("pages and commits cross in every order, activities among them", async () => {
  const settled = await Settled.open(temporaryFolder(), {
    limits: { ...engineLimits, pageReaders: 7 },
  });
  const random = seeded(5);
  const source = new Events(random, readers);
  for (let fed = 0; fed < 5; fed++) await settled.write(source.batch(200));
  for (const segment of longSegments) settled.segments.put(tenant, segment);
  const active =
    "SELECT reader FROM reader_activities WHERE kind = 'click' GROUP BY reader HAVING COUNT(*) >= 2";
  const progress = { rounds: 0 };
  let activity = 0;
  // Every declaration begins a reading of the campaign; commits go on beside all of them.
  const declaring = (async () => {
    for (; progress.rounds < rounds; progress.rounds++) {
      settled.segments.put(
        tenant,
        segmentOf("active", active, { name: `Round ${progress.rounds}` }),
      );
      await settled.loaded("active");
      await sleep(random(20));
    }
  })();
  while (progress.rounds < rounds) {
    await settled.write(source.batch(20));
    const of = { tenant, campaign, purposes: ["results"], receivedAt: beganAt * 2 };
    const kept = await settled.warehouse.change((connection) =>
      storeActivities(
        connection,
        of,
        Array.from({ length: 10 }, () => ({
          id: `activity-${activity++}`,
          reader: readerOf(random(readers)),
          kind: oneOf(random, ["click", "purchase"] as const),
          happenedAt: new Date(beganAt * 1.5).toISOString(),
        })),
      ),
    );
    settled.segments.applyActivities(kept.changes);
  }
  await declaring;
  for (const { id } of longSegments) await settled.loaded(id);
  expect((await differences(settled, readers)).map(({ differ }) => differ)).toEqual(
    longSegments.map(() => 0),
  );
  const compared = await settled.segments.check(tenant, "active");
  expect(compared).toMatchObject({ missing: 0, extra: 0 });
  expect(compared?.members).toBeGreaterThan(5);
  await settled.close();
});
