// 50,000 random events: the engine's members are those of the SQL. `npm run bench segments -- --events 1000000` does the
// same with a million.
import { expect, test } from "vitest";
import { temporaryFolder } from "../region.ts";
import { differences, feed, longSegments } from "./long.ts";
import { Settled } from "./settled.ts";
import { tenant } from "./world.ts";

const seed = Number(process.env["MAILY_SEED"] ?? 20_261_121);
const events = 50_000;
const readers = 3_000;

test(`after ${events} answers, changes of mind, withdrawals, preferences and erasures, late and twice, engine and SQL agree`, async () => {
  const settled = await Settled.open(temporaryFolder());
  for (const segment of longSegments) await settled.put(segment);
  await feed(settled, { events, readers, seed, rowsPerBatch: 1_000 });
  const found = await differences(settled, readers);
  expect(found.map(({ differ }) => differ)).toEqual(longSegments.map(() => 0));
  // Where nobody belonged, or everybody, little was compared.
  for (const { members } of found) {
    expect(members).toBeGreaterThan(20);
    expect(members).toBeLessThan(readers * 0.9);
  }
  for (const { id } of longSegments)
    expect(await settled.segments.check(tenant, id)).toMatchObject({ missing: 0, extra: 0 });
  expect(settled.segments.health).toMatchObject({ suspect: 0, paused: 0 });
  await settled.close();
}, 300_000);
