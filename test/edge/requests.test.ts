// What a reader asks of the sender beside answering, by the preference page.
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, expect, test } from "vitest";
import { queueLimits } from "../../edge/outbox-queue.ts";
import { Seen } from "../../edge/seen.ts";
import type { ProblemCode } from "../../sdk/problem.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { instant, invite, randomBytes, randomCode, submissionOf } from "../edge-process/fixture.ts";
import {
  asking,
  click,
  deployment,
  expectProblem,
  formOf,
  outboxOf,
  post,
  postForm,
  publish,
  publishMail,
  receiptOf,
  recordedOf,
  recordsOf,
  rowsOf,
  setMood,
  tenant,
} from "./edge-under-test.ts";

let campaign: Campaign;
beforeAll(async () => {
  campaign = await publishMail();
});
afterEach(() => setMood("eu"));

const good = () => invite(tenant, campaign, "eu");

const pastExpiry = () => Math.floor(Date.now() / 1000) - 60;

for (const what of ["unsubscribe", "resubscribe", "erase"])
  test(`${what} is recorded, and told again to a repeat`, async () => {
    const invitation = await invite(tenant, campaign, "eu");
    const body = asking(invitation, what);
    const first = await recordedOf(await post("/v1/requests", body));
    expect(first.requestId).toBe(body.requestId);
    expect(await recordedOf(await post("/v1/requests", body))).toEqual(first);
    const [record, ...more] = await recordsOf(invitation, 1);
    expect(more).toEqual([]);
    expect(record).toEqual({
      kind: "request",
      invitation,
      submissionId: body.requestId,
      request: what,
      via: "page",
      admittedAt: first.recordedAt,
    });
  });

test("a change of mind is a request of its own, in order", async () => {
  const invitation = await invite(tenant, campaign, "eu");
  for (const what of ["unsubscribe", "resubscribe", "unsubscribe"])
    await recordedOf(await post("/v1/requests", asking(invitation, what)));
  const records = await recordsOf(invitation, 3);
  expect(records.map((record) => record.kind === "request" && record.request)).toEqual([
    "unsubscribe",
    "resubscribe",
    "unsubscribe",
  ]);
});

test("a request id is not used again for another request", async () => {
  const invitation = await invite(tenant, campaign, "eu");
  const body = asking(invitation, "unsubscribe");
  await recordedOf(await post("/v1/requests", body));
  const other = { ...body, request: "erase" };
  await expectProblem(await post("/v1/requests", other), "submission-reused");
});

test("one reader's request id is no other's", async () => {
  const body = asking(await invite(tenant, campaign, "eu"), "unsubscribe");
  await recordedOf(await post("/v1/requests", body));
  const invitation = await invite(tenant, campaign, "eu");
  await recordedOf(await post("/v1/requests", { ...body, invitation }));
  expect(await recordsOf(invitation, 1)).toHaveLength(1);
});

test("it needs no consent, no open campaign and no invitation that still holds", async () => {
  const closed = await publish({ opensAt: instant(-2_000), closesAt: instant(-1_000) });
  const invitation = await invite(tenant, closed, "eu", { expiresAt: pastExpiry(), notice: 1 });
  await recordedOf(await post("/v1/requests", asking(invitation, "erase")));
  expect(await recordsOf(invitation, 1)).toHaveLength(1);
});

test("an erasure stops what was agreed to before it, by page and by mail, and nothing after", async () => {
  const invitation = await invite(tenant, campaign, "eu");
  const form = formOf(invitation, { "q.drink": randomCode() });
  const said = await receiptOf(await postForm(form));
  const late = await submissionOf(deployment, invitation);
  await recordedOf(await post("/v1/requests", asking(invitation, "erase")));
  await expectProblem(await post("/v1/answers", late), "consent-withdrawn");
  const withdrawn = await receiptOf(await post("/v1/withdrawals", { invitation }));
  expect(withdrawn.split("."), "a withdrawal of its own, with its receipt").toHaveLength(3);
  await scheduler.wait(2);
  expect(await receiptOf(await postForm(form))).not.toBe(said);
  const erasedAgain = asking(invitation, "erase");
  await recordedOf(await post("/v1/requests", erasedAgain));
  const records = await recordsOf(invitation, 5);
  expect(records.map(({ kind }) => kind)).toEqual([
    "choices",
    "request",
    "withdrawal",
    "choices",
    "request",
  ]);
});

test("a withdrawal, and an answer before it, stand whatever else is asked for", async () => {
  const invitation = await invite(tenant, campaign, "eu");
  const first = await receiptOf(await post("/v1/withdrawals", { invitation }));
  await recordedOf(await post("/v1/requests", asking(invitation, "unsubscribe")));
  expect(await receiptOf(await post("/v1/withdrawals", { invitation }))).toBe(first);
});

test("an erasure stands against a withdrawal that another machine's clock puts before it", async () => {
  const reader = "1|campaign|reader of two clocks";
  const now = Date.now();
  const common = { reader, record: "{}", contentSha256: randomCode() };
  const outcomes = await runInDurableObject(outboxOf("eu"), (_, { storage }) => {
    const seen = new Seen(storage.sql);
    const erased = { ...common, submissionId: randomCode(), admittedAt: now, receipt: "erased" };
    const withdrew = { reader, record: "{}", admittedAt: now - 50, receipt: "withdrawn" };
    const answered = { submissionId: randomCode(), givenAt: now - 20, receipt: "answered" };
    return [
      seen.addRequest({ ...erased, kind: "request", withdraws: true, takesBack: true }),
      seen.addWithdrawal({ ...withdrew, kind: "withdrawal" }),
      seen.addConsented({
        ...common,
        ...answered,
        kind: "answer",
        admittedAt: now + 10,
        test: false,
      }),
      seen.addWithdrawal({ ...withdrew, kind: "withdrawal", receipt: "another" }),
    ];
  });
  expect(outcomes).toEqual([
    { status: "stored" },
    { status: "stored" },
    { status: "refused", code: "consent-withdrawn" },
    { status: "seen", receipt: "withdrawn" },
  ]);
});

test("requests outlive the object that stopped", async () => {
  const body = asking(await invite(tenant, campaign, "eu"), "unsubscribe");
  const first = await recordedOf(await post("/v1/requests", body));
  await evictDurableObject(outboxOf("eu"));
  expect(await recordedOf(await post("/v1/requests", body))).toEqual(first);
});

test("an outbox that is full takes them all the same", async () => {
  await setMood("eu", { away: true });
  await recordedOf(
    await post("/v1/requests", asking(await invite(tenant, campaign, "eu"), "unsubscribe")),
  );
  await runInDurableObject(outboxOf("eu"), (_, { storage }) => {
    storage.sql.exec("UPDATE outbox SET entries = ?", queueLimits.entries);
  });
  const invitation = await invite(tenant, campaign, "eu");
  const own = await submissionOf(deployment, invitation);
  await expectProblem(await post("/v1/answers", own), "region-unavailable");
  await recordedOf(await post("/v1/requests", asking(invitation, "unsubscribe")));
  expect((await click(await invite(tenant, campaign, "eu"))).status).toBe(200);
  await runInDurableObject(outboxOf("eu"), (_, { storage }) => {
    storage.sql.exec("DELETE FROM outbox");
  });
});

test("a reader may subscribe 120 times an hour, also after 60 answers, and take back always", async () => {
  const invitation = await invite(tenant, campaign, "eu");
  const own = await submissionOf(deployment, invitation);
  for (let sent = 0; sent < 60; sent++)
    await receiptOf(await post("/v1/answers", { ...own, submissionId: randomCode() }));
  const what = ["unsubscribe", "resubscribe"];
  for (let sent = 0; sent < 60; sent++)
    await recordedOf(await post("/v1/requests", asking(invitation, what[sent % 2]!)));
  await recordedOf(await post("/v1/requests", asking(invitation, "unsubscribe")));
  const response = await post("/v1/requests", asking(invitation, "resubscribe"));
  expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(3_000);
  await expectProblem(response, "rate-limited");
});

const refusals: Record<string, [ProblemCode, () => Promise<unknown>]> = {
  "another request": ["malformed-request", async () => asking(await good(), "forget")],
  "no request id": ["malformed-request", async () => asking(await good(), "erase", "")],
  "a member that is not known": [
    "malformed-request",
    async () => ({ ...asking(await good(), "erase"), via: "header" }),
  ],
  "a forged invitation": [
    "invitation-forged",
    async () => asking(await invite(tenant, campaign, "eu", { keyId: 9 }), "erase"),
  ],
  "no campaign": [
    "campaign-unknown",
    async () => asking(await invite(tenant, campaign, "eu", { campaign: randomBytes(8) }), "erase"),
  ],
  "a region that the campaign does not run in": [
    "region-mismatch",
    async () => asking(await invite(tenant, await publish({ regions: ["us"] }), "eu"), "erase"),
  ],
  "a body over 1 KB": [
    "body-too-large",
    async () => ({ ...asking(await good(), "erase"), more: "x".repeat(1_024) }),
  ],
};
for (const [name, [code, body]] of Object.entries(refusals))
  test(`${name}: ${code}`, async () => {
    const text = JSON.stringify(await body());
    const before = await rowsOf("eu");
    await expectProblem(await post("/v1/requests", text), code);
    expect(await rowsOf("eu")).toEqual(before);
  });
