// The client of SUBSCRIBE, by the real `pg`, against a server that speaks PostgreSQL's protocol.
import { afterEach, expect, test, vi } from "vitest";
import { RemoteMembers } from "../../../server/segments/remote.ts";
import { Subscription, type SubscriptionParts } from "../../../server/segments/subscribe.ts";
import { SubscribePeer } from "./subscribe-peer.ts";

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop();
});

async function following(rest: Partial<SubscriptionParts> = {}) {
  const peer = await SubscribePeer.open();
  const members = new RemoteMembers();
  const told: { reset: boolean; asOf: bigint }[] = [];
  const subscription = new Subscription({
    url: peer.url,
    password: "right",
    tls: false,
    view: "maily.segment_7_dark_roast",
    onMembers: (changes, about) => {
      members.apply(changes, about.reset);
      told.push(about);
    },
    ...rest,
  });
  open.push(subscription, { stop: () => peer.close() });
  return { peer, members, told, subscription };
}

const soon = (check: () => void): Promise<void> =>
  vi.waitFor(check, { timeout: 20_000, interval: 10 });

test("members come as they are, and then as they change", async () => {
  const { peer, members, told, subscription } = await following();
  peer.tick({ a: 1, b: 1 });
  peer.tick({ b: -1, c: 1 });
  subscription.start();
  await soon(() => expect(told).toHaveLength(1));
  expect([members.size, members.has("a"), members.has("b"), members.has("c")]).toEqual([
    2,
    true,
    false,
    true,
  ]);
  expect(told[0]).toMatchObject({ reset: true });
  peer.tick({ d: 1, a: -1 });
  await soon(() => expect(members.has("d")).toBe(true));
  expect(members.has("a")).toBe(false);
  expect(told[1]).toMatchObject({ reset: false });
  // Time that goes on without a change is no change.
  peer.tick();
  peer.tick({ e: 1 });
  await soon(() => expect(members.has("e")).toBe(true));
  expect(told).toHaveLength(3);
});

test("an empty segment is known to be empty", async () => {
  const { told, members, subscription } = await following();
  subscription.start();
  await soon(() => expect(told).toHaveLength(1));
  expect(members.size).toBe(0);
});

test("a connection that is cut is taken up where it was, and nothing counts twice", async () => {
  const { peer, members, told, subscription } = await following();
  peer.tick({ a: 1 });
  subscription.start();
  await soon(() => expect(members.size).toBe(1));
  for (let round = 0; round < 3; round++) {
    peer.cut();
    peer.tick({ [`r${round}`]: 1 });
    await soon(() => expect(members.has(`r${round}`)).toBe(true));
  }
  expect(members.size).toBe(4);
  expect(peer.declared.at(-1)).toMatch(/SNAPSHOT = false\) AS OF \d+$/);
  expect(told.filter(({ reset }) => reset)).toHaveLength(1);
});

test("a time that is no longer kept there is read anew, whole", async () => {
  const { peer, members, told, subscription } = await following();
  peer.tick({ a: 1, b: 1 });
  subscription.start();
  await soon(() => expect(members.size).toBe(2));
  peer.tick({ b: -1 });
  peer.tick({ c: 1 });
  peer.cut();
  peer.keptFrom = peer.now - 1n;
  await soon(() => expect(told.filter(({ reset }) => reset)).toHaveLength(2));
  expect([members.has("a"), members.has("b"), members.has("c")]).toEqual([true, false, true]);
});

test("a slow server is waited for", async () => {
  const { peer, members, subscription } = await following();
  peer.fetchMs = 700;
  peer.tick({ a: 1 });
  subscription.start();
  await soon(() => expect(members.size).toBe(1));
});

test.each([
  ["a wrong password", { password: "wrong" }, "28P01"],
  ["a view that there is not", { view: "absent" }, "42P01"],
])("%s is named, without the password, and tried again", async (_, rest, code) => {
  const logged = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const { subscription, told } = await following(rest);
  subscription.start();
  await soon(() => expect(subscription.refused).toBe(code));
  const lines = logged.mock.calls.map(([line]) => String(line)).join("");
  logged.mockRestore();
  expect(lines).toContain(`"code":"${code}"`);
  expect(lines).not.toMatch(/wrong|right/);
  expect(told).toEqual([]);
});

test("where TLS is asked for, a server without it is told nothing", async () => {
  const { subscription, told, peer } = await following({ tls: true });
  const logged = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  subscription.start();
  await soon(() => expect(logged.mock.calls.join("")).toContain("segments-source-lost"));
  logged.mockRestore();
  expect(told).toEqual([]);
  expect(peer.declared).toEqual([]);
});

test("a view is a name and nothing else", async () => {
  await expect(following({ view: "x) AS OF 0; DROP" })).rejects.toThrow("configuration");
});
