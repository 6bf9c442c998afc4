// What a reader sets on the preference page: sealed like an answer, and taken whatever it says of consent.
import { beforeAll, expect, test } from "vitest";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { consentOf, instant, invite, randomCode, submissionOf } from "../edge-process/fixture.ts";
import {
  deployment,
  expectProblem,
  formOf,
  post,
  postForm,
  publish,
  publishMail,
  receiptOf,
  recordsOf,
  rowsOf,
  tenant,
} from "./edge-under-test.ts";

let campaign: Campaign;
beforeAll(async () => {
  campaign = await publishMail();
});

const pastExpiry = () => Math.floor(Date.now() / 1000) - 60;

const set = async (changes: Parameters<typeof submissionOf>[2] = {}, own: Campaign = campaign) =>
  submissionOf(deployment, await invite(tenant, own, "eu"), changes);

const send = async (changes: Parameters<typeof consentOf>[0], headers = {}) =>
  post("/v1/preferences", await set({ consent: consentOf(changes) }), headers);

test("they are stored sealed, with a receipt, and a repeat adds nothing", async () => {
  const sent = await set();
  const receipt = await receiptOf(await post("/v1/preferences", sent));
  const before = await rowsOf("eu");
  expect(await receiptOf(await post("/v1/preferences", sent))).toBe(receipt);
  expect((await rowsOf("eu"))["seen"]).toBe(before["seen"]);
  expect(await recordsOf(sent.invitation, 1)).toEqual([
    {
      kind: "preferences",
      ...sent,
      admittedAt: expect.any(String) as string,
      channel: "web",
      receiptId: expect.any(String) as string,
    },
  ]);
});

test("they may take back what is required, and are taken after the campaign has closed", async () => {
  await receiptOf(
    await post("/v1/preferences", await set({ consent: consentOf({ purposes: [] }) })),
  );
  const closed = await publish({ opensAt: instant(-2_000), closesAt: instant(-1_000) });
  await receiptOf(await post("/v1/preferences", await set({}, closed)));
});

test("an answer's id is not used again for preferences", async () => {
  const sent = await set();
  await receiptOf(await post("/v1/answers", sent));
  const { invitation, submissionId } = sent;
  const other = await submissionOf(deployment, invitation, { submissionId, drink: "coffee" });
  await expectProblem(await post("/v1/preferences", other), "submission-reused");
  await expectProblem(await post("/v1/preferences", sent), "submission-reused");
});

test("the same choice by mail, after preferences that took consent back, is a new answer", async () => {
  const invitation = await invite(tenant, campaign, "eu");
  const form = formOf(invitation, { "q.drink": randomCode() });
  const first = await receiptOf(await postForm(form));
  const taking = await submissionOf(deployment, invitation, {
    consent: consentOf({ purposes: [] }),
  });
  await receiptOf(await post("/v1/preferences", taking));
  expect(await receiptOf(await postForm(form))).not.toBe(first);
});

test("an older notice, an unknown purpose, an opt-out, a late withdrawal and an expired invitation refuse them", async () => {
  await expectProblem(await send({ notice: 2 }), "notice-stale");
  await expectProblem(await send({ purposes: ["results", "all"] }), "purpose-unknown");
  await expectProblem(await send({ givenAt: instant(-31 * 86_400_000) }), "consent-time");
  await expectProblem(await send({ purposes: ["partners"] }, { "sec-gpc": "1" }), "gpc-opt-out");
  const invitation = await invite(tenant, campaign, "eu");
  const late = await submissionOf(deployment, invitation);
  await receiptOf(await post("/v1/withdrawals", { invitation }));
  await expectProblem(await post("/v1/preferences", late), "consent-withdrawn");
  const expired = await invite(tenant, campaign, "eu", { expiresAt: pastExpiry() });
  await expectProblem(
    await post("/v1/preferences", await submissionOf(deployment, expired)),
    "invitation-expired",
  );
});

test("preferences sealed for another region, or that are no envelope, are refused", async () => {
  await expectProblem(
    await post("/v1/preferences", await set({ sealedFor: "us" })),
    "region-mismatch",
  );
  await expectProblem(
    await post("/v1/preferences", { ...(await set()), envelope: "%" }),
    "envelope-malformed",
  );
});
