// What is sent again, and what is sent to fill up: an id means one thing, and taking back is never in anybody's way.
import { runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { bytesOf, invite, randomCode, submissionOf } from "../edge-process/fixture.ts";
import {
  asking,
  deployment,
  expectProblem,
  outboxOf,
  post,
  publishMail,
  receiptOf,
  recordedOf,
  tenant,
} from "./edge-under-test.ts";

let campaign: Campaign;
beforeAll(async () => {
  campaign = await publishMail();
});

type Kind = "answer" | "preferences" | "request";
const paths = { answer: "/v1/answers", preferences: "/v1/preferences", request: "/v1/requests" };

/** A body of each kind under one id, by one reader. */
async function bodiesOf(invitation: string, submissionId: string): Promise<Record<Kind, object>> {
  const sealed = await submissionOf(deployment, invitation, { submissionId });
  return {
    answer: sealed,
    preferences: sealed,
    request: asking(invitation, "unsubscribe", submissionId),
  };
}

for (const first of ["answer", "preferences", "request"] as const)
  for (const second of ["answer", "preferences", "request"] as const)
    test(`an id of ${first} used for other ${second} is refused`, async () => {
      const invitation = await invite(tenant, campaign, "eu");
      const id = randomCode();
      const bodies = await bodiesOf(invitation, id);
      expect((await post(paths[first], bodies[first])).status).toBe(202);
      const other =
        first === second
          ? second === "request"
            ? asking(invitation, "erase", id)
            : await submissionOf(deployment, invitation, { submissionId: id, drink: "coffee" })
          : bodies[second];
      await expectProblem(await post(paths[second], other), "submission-reused");
      expect((await post(paths[first], bodies[first])).status, "the first again").toBe(202);
    });

test("an id that another reader used is anybody's", async () => {
  const id = randomCode();
  const one = await bodiesOf(await invite(tenant, campaign, "eu"), id);
  const two = await bodiesOf(await invite(tenant, campaign, "eu"), id);
  const first = await receiptOf(await post("/v1/answers", one.answer));
  expect(await receiptOf(await post("/v1/answers", two.answer))).not.toBe(first);
});

/** What the outbox remembers of the reader of an invitation. */
const rowsOfReader = (invitation: string): Promise<number> =>
  runInDurableObject(outboxOf("eu"), (_, { storage }) => {
    const reader = btoa(String.fromCharCode(...bytesOf(invitation).slice(16, 32)))
      .replaceAll("+", "-")
      .replaceAll("/", "_")
      .replaceAll("=", "");
    const { rows } = storage.sql
      .exec<{ rows: number }>("SELECT count(*) AS rows FROM seen WHERE reader LIKE ?", `%${reader}`)
      .one();
    return rows;
  });

test("taking back is never refused, and a flood of it is not stored", async () => {
  const invitation = await invite(tenant, campaign, "eu");
  for (let sent = 0; sent < 60; sent++)
    for (const what of ["unsubscribe", "resubscribe"])
      await recordedOf(await post("/v1/requests", asking(invitation, what)));
  await expectProblem(
    await post("/v1/requests", asking(invitation, "erase", "")),
    "malformed-request",
  );
  const before = await rowsOfReader(invitation);
  expect(before).toBe(120);
  for (let sent = 0; sent < 40; sent++)
    for (const what of ["unsubscribe", "erase"])
      await recordedOf(await post("/v1/requests", asking(invitation, what)));
  for (let sent = 0; sent < 20; sent++)
    await receiptOf(await post("/v1/withdrawals", { invitation }));
  await expectProblem(
    await post("/v1/requests", asking(invitation, "resubscribe")),
    "rate-limited",
  );
  expect(await rowsOfReader(invitation), "one of each").toBe(before + 2);
});
