// A clock that was ahead and is set back: nothing may wait until that time comes again.
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { invite, submissionOf } from "../edge-process/fixture.ts";
import {
  deployment,
  eventually,
  outboxOf,
  post,
  publish,
  receiptOf,
  setMood,
  tenant,
} from "./edge-under-test.ts";

const aheadMilliseconds = 3_000_000;

let campaign: Campaign;
beforeAll(async () => {
  campaign = await publish();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await setMood("eu");
});

const waiting = async () => (await outboxOf("eu").backlog()).waiting;

test("a rest that began while the clock was ahead is over once it is set back", async () => {
  const [first, second] = await Promise.all(
    [0, 1].map(async () => submissionOf(deployment, await invite(tenant, campaign, "eu"))),
  );
  await setMood("eu", { away: true });
  const real = Date.now.bind(Date);
  vi.spyOn(Date, "now").mockImplementation(() => real() + aheadMilliseconds);
  await receiptOf(await post("/v1/answers", first));
  expect(await waiting()).toBe(1);
  // Until the first delivery failed, and the outbox rests.
  await scheduler.wait(300);
  vi.restoreAllMocks();
  await setMood("eu");
  // Neither the call to the outbox nor the outbox's own call waits for that time.
  await receiptOf(await post("/v1/answers", second));
  await eventually(waiting, (entries) => entries === 0);
});
