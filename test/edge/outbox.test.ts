// The outbox object: order, back-off, alarms, what the server refuses, limits.
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, expect, test } from "vitest";
import { underWayLimits } from "../../edge/outbox.ts";
import { queueLimits } from "../../edge/outbox-queue.ts";
import { Seen } from "../../edge/seen.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { consentOf, instant, invite, submissionOf } from "../edge-process/fixture.ts";
import {
  deployment,
  eventually,
  expectProblem,
  logged,
  outboxOf,
  post,
  publish,
  receiptOf,
  request,
  rowsOf,
  setMood,
  submission,
  takenBy,
  tenant,
} from "./edge-under-test.ts";

let campaign: Campaign;
beforeAll(async () => {
  campaign = await publish();
});
afterEach(async () => {
  await setMood("eu");
  await setMood("us");
});

const idsTaken = async (region: "eu" | "us") =>
  (await takenBy(region, campaign.id)).map(({ record }) => record.submissionId);

const waitingOf = async (region: "eu" | "us") => (await outboxOf(region).backlog()).waiting;

test("what is acknowledged while the region is away waits, in order, and arrives once it is back", async () => {
  await setMood("eu", { away: true });
  const invitation = await invite(tenant, campaign, "eu");
  const ids: string[] = [];
  for (let sent = 0; sent < 12; sent++) {
    const own = await submissionOf(deployment, invitation);
    ids.push(own.submissionId);
    await receiptOf(await post("/v1/answers", own));
  }
  expect(await waitingOf("eu")).toBeGreaterThanOrEqual(12);
  expect(await idsTaken("eu")).toEqual([]);
  await setMood("eu");
  const taken = await eventually(
    () => idsTaken("eu"),
    (all) => ids.every((id) => all.includes(id)),
  );
  expect(taken.filter((id) => ids.includes(id))).toEqual(ids);
  await eventually(
    () => waitingOf("eu"),
    (waiting) => waiting === 0,
  );
});

test("the alarm alone drains what an object that stopped had acknowledged", async () => {
  await setMood("us", { away: true });
  const own = await submission(campaign, "us");
  await receiptOf(await post("/v1/answers", own));
  await evictDurableObject(outboxOf("us"));
  await setMood("us");
  const asked = await runInDurableObject(outboxOf("us"), (_, state) => state.storage.getAlarm());
  expect(asked).not.toBeNull();
  await runDurableObjectAlarm(outboxOf("us"));
  expect(await idsTaken("us")).toContain(own.submissionId);
  await eventually(
    () => waitingOf("us"),
    (waiting) => waiting === 0,
  );
});

test("seen answers and withdrawals outlive the object that stopped", async () => {
  const own = await submission(campaign, "us");
  const receipt = await receiptOf(await post("/v1/answers", own));
  const invitation = await invite(tenant, campaign, "us");
  const late = await submissionOf(deployment, invitation);
  const withdrawn = await receiptOf(await post("/v1/withdrawals", { invitation }));
  await evictDurableObject(outboxOf("us"));
  expect(await receiptOf(await post("/v1/answers", own))).toBe(receipt);
  await expectProblem(await post("/v1/answers", late), "consent-withdrawn");
  expect(await receiptOf(await post("/v1/withdrawals", { invitation }))).toBe(withdrawn);
});

test("an answer whose delivery was cut off is sent again, and taken once", async () => {
  await setMood("eu", { cut: true });
  const own = await submission(campaign);
  await receiptOf(await post("/v1/answers", own));
  await eventually(
    () => idsTaken("eu"),
    (ids) => ids.includes(own.submissionId),
  );
  expect(await waitingOf("eu")).toBe(1);
  await setMood("eu");
  await eventually(
    () => waitingOf("eu"),
    (waiting) => waiting === 0,
  );
  expect((await idsTaken("eu")).filter((id) => id === own.submissionId)).toHaveLength(1);
});

test("what the region's server refuses is parked with its code; what came with it is taken", async () => {
  await setMood("eu", { away: true });
  const before = await rowsOf("eu");
  const invitation = await invite(tenant, campaign, "eu");
  const own = await Promise.all(
    Array.from({ length: 5 }, () => submissionOf(deployment, invitation)),
  );
  for (const each of own) await receiptOf(await post("/v1/answers", each));
  const refused = own[2]!.submissionId;
  const lines = await logged(async () => {
    await setMood("eu", { refuses: [refused] });
    await eventually(
      () => waitingOf("eu"),
      (waiting) => waiting === 0,
    );
  });
  const others = own.map(({ submissionId }) => submissionId).filter((id) => id !== refused);
  expect((await idsTaken("eu")).filter((id) => others.includes(id))).toEqual(others);
  const parked = await runInDurableObject(outboxOf("eu"), (_, state) => [
    ...state.storage.sql.exec<{ code: string; entry: string }>("SELECT code, entry FROM parked"),
  ]);
  expect(parked).toHaveLength((before["parked"] ?? 0) + 1);
  expect(parked.at(-1)?.code).toBe("record-malformed");
  expect(JSON.parse(parked.at(-1)!.entry)).toMatchObject({ record: { submissionId: refused } });
  expect(lines.filter((line) => line.includes('"parked"'))).toHaveLength(1);
  expect(lines.join("")).not.toContain(refused);
});

test("where one entry makes the server refuse a whole batch, it alone is parked", async () => {
  await setMood("us", { away: true });
  const invitation = await invite(tenant, campaign, "us");
  const own = await Promise.all(
    Array.from({ length: 4 }, () => submissionOf(deployment, invitation)),
  );
  const responses = await Promise.all(own.map((each) => post("/v1/answers", each)));
  await Promise.all(responses.map(receiptOf));
  const choking = own[1]!.submissionId;
  await setMood("us", { chokesOn: [choking] });
  await eventually(
    () => waitingOf("us"),
    (waiting) => waiting === 0,
  );
  const ids = await idsTaken("us");
  for (const { submissionId } of own)
    expect(ids.includes(submissionId)).toBe(submissionId !== choking);
  expect((await rowsOf("us"))["parked"]).toBeGreaterThan(0);
});

test("an outbox that is full refuses answers for a while, and never a withdrawal", async () => {
  await setMood("eu", { away: true });
  await receiptOf(await post("/v1/answers", await submission(campaign)));
  // As after a million answers: entries are numbered without gaps.
  await runInDurableObject(outboxOf("eu"), (_, { storage }) => {
    storage.sql.exec("UPDATE outbox SET entries = ?", queueLimits.entries);
  });
  const response = await post("/v1/answers", await submission(campaign));
  const problem = await expectProblem(response, "region-unavailable");
  expect(problem).toMatchObject({ region: "eu", retryAfterSeconds: 30 });
  expect(response.headers.get("retry-after")).toBe("30");
  await receiptOf(
    await post("/v1/withdrawals", { invitation: await invite(tenant, campaign, "eu") }),
  );
  await runInDurableObject(outboxOf("eu"), (_, { storage }) => {
    storage.sql.exec("DELETE FROM outbox");
  });
  await receiptOf(await post("/v1/answers", await submission(campaign)));
});

/** A withdrawal of reader number `index`. */
const withdrawalOf = (index: number) =>
  ({
    kind: "withdrawal",
    reader: `1|AAAAAAAAAAA|AAAA${String(index).padStart(18, "A")}`,
    admittedAt: Date.now(),
    record: "{}",
    receipt: String(index),
  }) as const;

test("an outbox refuses calls and entries beyond what it holds at a time, and takes the next", async () => {
  await setMood("us", { away: true });
  const { calls, entries } = underWayLimits;
  const most = Array.from({ length: entries }, (_, index) => withdrawalOf(index));
  const busy = { status: "refused", code: "region-unavailable", retryAfterSeconds: 1 };
  // Calls made inside the object, so that all of them arrive before any is answered.
  const [full, over, many, after] = await runInDurableObject(outboxOf("us"), async (outbox) => {
    const first = outbox.add("us", most, [1]);
    const second = await outbox.add("us", [withdrawalOf(entries)], [1]);
    const whole = await first;
    const each = Array.from({ length: calls + 1 }, (_, index) =>
      outbox.add("us", [withdrawalOf(index)], [1]),
    );
    const outcomes = (await Promise.all(each)).flat();
    return [whole, second, outcomes, await outbox.add("us", [withdrawalOf(entries)], [1])];
  });
  expect(full.filter(({ status }) => status === "stored")).toHaveLength(entries);
  expect(over).toEqual([busy]);
  expect(many.filter(({ status }) => status === "seen")).toHaveLength(calls);
  expect(many.at(-1)).toEqual(busy);
  expect(after).toEqual([{ status: "stored" }]);
  await runInDurableObject(outboxOf("us"), (_, { storage }) => {
    storage.sql.exec("DELETE FROM outbox; DELETE FROM withdrawals");
  });
});

test("an outbox whose oldest answer waits for days refuses new ones", async () => {
  await setMood("eu", { away: true });
  await receiptOf(await post("/v1/answers", await submission(campaign)));
  const age = (queueLimits.ageSeconds + 1) * 1_000;
  await runInDurableObject(outboxOf("eu"), (_, { storage }) => {
    storage.sql.exec("UPDATE outbox SET admitted_at = admitted_at - ?", age);
  });
  await expectProblem(await post("/v1/answers", await submission(campaign)), "region-unavailable");
  await setMood("eu");
  await eventually(
    () => waitingOf("eu"),
    (waiting) => waiting === 0,
  );
  await receiptOf(await post("/v1/answers", await submission(campaign)));
});

test("an outbox refuses to serve another region than its own", async () => {
  await receiptOf(await post("/v1/answers", await submission(campaign)));
  const entry = {
    kind: "withdrawal",
    reader: "1|a|b",
    admittedAt: Date.now(),
    record: "{}",
    receipt: "",
  } as const;
  const before = await rowsOf("eu");
  expect(await outboxOf("eu").add("us", [entry], [1])).toEqual([
    { status: "refused", code: "region-mismatch" },
  ]);
  expect(await rowsOf("eu")).toEqual(before);
});

test("what no repeat can reach any more is forgotten by the alarm", async () => {
  const invitation = await invite(tenant, campaign, "us");
  const consent = consentOf({ givenAt: instant(-60_000) });
  await receiptOf(
    await post("/v1/answers", await submissionOf(deployment, invitation, { consent })),
  );
  await receiptOf(await post("/v1/withdrawals", { invitation }));
  await eventually(
    () => waitingOf("us"),
    (waiting) => waiting === 0,
  );
  await runInDurableObject(outboxOf("us"), (_, { storage }) => {
    storage.sql.exec("UPDATE seen SET admitted_at = admitted_at - ?", 32 * 86_400_000);
    storage.sql.exec("UPDATE withdrawals SET withdrawn_at = withdrawn_at - ?", 32 * 86_400_000);
  });
  const kept = await submission(campaign, "us");
  await receiptOf(await post("/v1/answers", kept));
  await runInDurableObject(outboxOf("us"), (outbox) => outbox.alarm());
  expect(await rowsOf("us")).toMatchObject({ seen: 1, withdrawals: 0 });
});

test("an object that is nearly full forgets ids after a day, and a withdrawal never early", async () => {
  const sent = await submission(campaign, "us");
  await receiptOf(await post("/v1/answers", sent));
  const invitation = await invite(tenant, campaign, "us");
  await receiptOf(await post("/v1/withdrawals", { invitation }));
  const [kept, forgotten] = await runInDurableObject(outboxOf("us"), (_, { storage }) => {
    const rows = () =>
      storage.sql
        .exec("SELECT (SELECT count(*) FROM seen) AS seen, (SELECT count(*) FROM withdrawals) AS w")
        .one();
    storage.sql.exec("UPDATE seen SET admitted_at = admitted_at - ?", 2 * 86_400_000);
    storage.sql.exec("UPDATE withdrawals SET withdrawn_at = withdrawn_at - ?", 2 * 86_400_000);
    const seen = new Seen(storage.sql);
    seen.forget(Date.now(), false);
    const before = rows();
    seen.forget(Date.now(), true);
    return [before, rows()];
  });
  expect(kept?.["seen"]).toBeGreaterThan(0);
  expect(forgotten).toEqual({ ...kept, seen: 0 });
});

test("/healthz tells what waits, and for how long", async () => {
  await setMood("eu", { away: true });
  await receiptOf(await post("/v1/answers", await submission(campaign)));
  const health = await eventually(
    async () => (await request("/healthz")).json<{ regions: { eu: { waiting: number } } }>(),
    ({ regions }) => regions.eu.waiting > 0,
  );
  expect(health).toMatchObject({
    status: "ok",
    regions: {
      eu: { durability: "outbox", waiting: 1, parked: expect.any(Number) as number },
      apac: { durability: "stream" },
    },
  });
});
