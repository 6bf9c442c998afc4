// A region that acknowledges from its server's stream: nothing of it is kept at the edge.
import { listDurableObjectIds } from "cloudflare:test";
import { afterEach, beforeAll, expect, test } from "vitest";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import type { Accepted, Recorded } from "../../sdk/schema/submission.ts";
import { invite, randomCode } from "../edge-process/fixture.ts";
import {
  bindings,
  expectProblem,
  formOf,
  formType,
  post,
  postForm,
  publishMail,
  receiptOf,
  request,
  setMood,
  submission,
  takenBy,
  tenant,
} from "./edge-under-test.ts";

let campaign: Campaign;
beforeAll(async () => {
  campaign = await publishMail();
});
afterEach(() => setMood("apac"));

test("an answer is with the region's server before it is acknowledged, and no object holds it", async () => {
  const own = await submission(campaign, "apac");
  const receipt = await receiptOf(await post("/v1/answers", own));
  const taken = await takenBy("apac", campaign.id);
  expect(taken.at(-1)).toMatchObject({ receipt, record: { submissionId: own.submissionId } });
  expect(await listDurableObjectIds(bindings.OUTBOX)).toEqual([]);
});

test("a repeat gets the receipt that the region's server gave first", async () => {
  const own = await submission(campaign, "apac");
  const receipt = await receiptOf(await post("/v1/answers", own));
  expect(await receiptOf(await post("/v1/answers", own))).toBe(receipt);
});

test("many at once are taken together, each with its own receipt", async () => {
  const own = await Promise.all(Array.from({ length: 24 }, () => submission(campaign, "apac")));
  const responses = await Promise.all(own.map((each) => post("/v1/answers", each)));
  const receipts = await Promise.all(responses.map(receiptOf));
  expect(new Set(receipts).size).toBe(24);
  const taken = await takenBy("apac", campaign.id);
  for (const [index, { submissionId }] of own.entries())
    expect(taken.find(({ record }) => record.submissionId === submissionId)?.receipt).toBe(
      receipts[index],
    );
});

test("a region that is away is told of, and the answer is taken once it is back", async () => {
  await setMood("apac", { away: true });
  const own = await submission(campaign, "apac");
  const response = await post("/v1/answers", own);
  expect(await expectProblem(response, "region-unavailable")).toMatchObject({ region: "apac" });
  expect(response.headers.get("retry-after")).toBe("1");
  await setMood("apac");
  await receiptOf(await post("/v1/answers", own));
});

test("a connection cut before the answer is no acknowledgement", async () => {
  await setMood("apac", { cut: true });
  const own = await submission(campaign, "apac");
  await expectProblem(await post("/v1/answers", own), "region-unavailable");
  await setMood("apac");
  await receiptOf(await post("/v1/answers", own));
  const taken = await takenBy("apac", campaign.id);
  expect(taken.filter(({ record }) => record.submissionId === own.submissionId)).toHaveLength(1);
});

test("what the region's server refuses is refused with its code, alone or among others", async () => {
  const alone = await submission(campaign, "apac");
  await setMood("apac", { refuses: [alone.submissionId] });
  await expectProblem(await post("/v1/answers", alone), "record-malformed");
  const own = await Promise.all(Array.from({ length: 3 }, () => submission(campaign, "apac")));
  await setMood("apac", { chokesOn: [own[1]!.submissionId] });
  const [first, second, third] = await Promise.all(own.map((each) => post("/v1/answers", each)));
  await receiptOf(first!);
  await expectProblem(second!, "malformed-request");
  await receiptOf(third!);
});

test("a withdrawal goes to the region's server before it is acknowledged", async () => {
  const invitation = await invite(tenant, campaign, "apac");
  const receipt = await receiptOf(await post("/v1/withdrawals", { invitation }));
  expect((await takenBy("apac", campaign.id)).at(-1)).toMatchObject({
    receipt,
    record: { kind: "withdrawal", invitation },
  });
});

test("choices, preferences and requests go to the region's server before they are acknowledged", async () => {
  const invitation = await invite(tenant, campaign, "apac");
  const code = randomCode();
  const receipt = await receiptOf(await postForm(formOf(invitation, { "q.drink": code })));
  const last = async () => (await takenBy("apac", campaign.id)).at(-1);
  expect(await last()).toMatchObject({
    receipt,
    record: { kind: "choices", invitation, choices: { drink: [code] } },
  });
  const set = await submission(campaign, "apac");
  await receiptOf(await post("/v1/preferences", set));
  expect(await last()).toMatchObject({ record: { kind: "preferences", ...set } });
  const requestId = randomCode();
  const asked = { invitation, requestId, request: "resubscribe" };
  const recorded = await (await post("/v1/requests", asked)).json<Recorded>();
  expect(await last()).toMatchObject({
    receipt: recorded.recordedAt,
    record: { kind: "request", submissionId: requestId, via: "page" },
  });
  const click = await request(`/u/${invitation}`, {
    method: "POST",
    headers: { "content-type": formType },
    body: "List-Unsubscribe=One-Click",
  });
  expect(click.status).toBe(200);
  expect(await last()).toMatchObject({ record: { request: "unsubscribe", via: "header" } });
  expect(await listDurableObjectIds(bindings.OUTBOX)).toEqual([]);
});

test("where the region's server knows what is sent, its first receipt stands", async () => {
  const requestId = randomCode();
  const invitation = await invite(tenant, campaign, "apac");
  const recordedAt = "2026-11-20T20:15:00.000Z";
  await setMood("apac", { knows: recordedAt });
  const response = await post("/v1/requests", { invitation, requestId, request: "erase" });
  expect(await response.json()).toEqual({ requestId, recordedAt });
  await setMood("apac", { knows: "first.receipt.stands" });
  const form = formOf(invitation, { "q.drink": randomCode() });
  expect(await receiptOf(await postForm(form))).toBe("first.receipt.stands");
});

test("where the region's server holds an answer, the reader is asked to confirm it", async () => {
  await setMood("apac", { confirms: true });
  const web = await post("/v1/answers", await submission(campaign, "apac"));
  expect(await web.json<Accepted>()).toMatchObject({ confirm: true });
  const form = formOf(await invite(tenant, campaign, "apac"), { "q.drink": randomCode() });
  const inMail = await postForm(form);
  expect(await inMail.clone().text()).toHaveLength(4_096);
  expect(await inMail.json<Accepted>()).toMatchObject({ confirm: true });
});

test("a one-click request is not acknowledged while the region is away", async () => {
  await setMood("apac", { away: true });
  const invitation = await invite(tenant, campaign, "apac");
  const response = await request(`/u/${invitation}`, {
    method: "POST",
    headers: { "content-type": formType },
    body: "List-Unsubscribe=One-Click",
  });
  await expectProblem(response, "region-unavailable");
});
