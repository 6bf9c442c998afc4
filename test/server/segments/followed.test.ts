// Another engine in the place of the own one: its members are told, counted and forgotten like ours.
import { expect, test, vi } from "vitest";
import { temporaryFolder } from "../region.ts";
import { segmentOf, Settled } from "./settled.ts";
import { SubscribePeer } from "./subscribe-peer.ts";
import { campaign, publishedCampaign, tenant } from "./world.ts";

test("sizes and movements are those that Materialize tells", async () => {
  const peer = await SubscribePeer.open();
  peer.tick({ a: 1, b: 1, c: 1, d: 1, e: 1 });
  const settled = await Settled.open(temporaryFolder(), {
    source: { url: peer.url, password: "right", tls: false, schema: "maily" },
  });
  settled.segments.start();
  await settled.put(segmentOf("dark-roast", "SELECT reader FROM current_readers"));
  expect(peer.declared[0]).toContain("FROM maily.segment_7_dark_roast");
  expect(settled.segments.get(tenant, "dark-roast")).toMatchObject({ size: 5, belowFloor: false });
  expect(settled.segments.has(tenant, "dark-roast", "a")).toBe(true);
  peer.tick({ f: 1, a: -1, g: 1 });
  await vi.waitFor(() => expect(settled.segments.get(tenant, "dark-roast")?.size).toBe(6), 10_000);
  await vi.waitFor(
    () => expect(settled.told.at(-1)).toMatchObject({ size: 6, entered: 2, left: 1 }),
    10_000,
  );
  expect(settled.segments.has(tenant, "dark-roast", "a")).toBe(false);
  expect(settled.segments.choices(tenant, "dark-roast")).toBeUndefined();
  settled.segments.delete(tenant, "dark-roast");
  expect(settled.segments.list(tenant)).toEqual([]);
  await settled.close();
  await peer.close();
});

test("a segment that did not fit its campaign for a while is told again at once", async () => {
  const peer = await SubscribePeer.open();
  peer.tick({ a: 1, b: 1, c: 1, d: 1, e: 1 });
  let there = true;
  const settled = await Settled.open(temporaryFolder(), {
    source: { url: peer.url, password: "right", tls: false, schema: "maily" },
    campaigns: { ofTenant: (of, id) => (there ? publishedCampaign(id, of) : undefined) },
  });
  settled.segments.start();
  await settled.put(segmentOf("all", "SELECT reader FROM current_readers"));
  there = false;
  settled.segments.published({ tenant, campaign });
  expect(settled.segments.get(tenant, "all")).toMatchObject({
    paused: "invalid",
    belowFloor: true,
  });
  there = true;
  settled.segments.published({ tenant, campaign });
  const state = settled.segments.get(tenant, "all");
  expect(state).toMatchObject({ size: 5 });
  expect(state).not.toHaveProperty("paused");
  await settled.close();
  await peer.close();
});
