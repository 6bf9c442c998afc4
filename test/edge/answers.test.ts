// What is admitted: receipts, repeats, consent, withdrawal.
import { beforeAll, expect, test } from "vitest";
import { fromBase64url, textOf, base64url } from "../../sdk/bytes.ts";
import { canonicalBytes, sha256 } from "../../sdk/canonical.ts";
import { readReceipt, verifyReceipt } from "../../sdk/receipt.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { Receipt } from "../../sdk/schema/receipt.ts";
import {
  bytesOf,
  consentOf,
  instant,
  invite,
  randomBytes,
  submissionOf,
} from "../edge-process/fixture.ts";
import {
  deployment,
  eventually,
  expectProblem,
  origin,
  post,
  publish,
  receiptOf,
  rowsOf,
  submission,
  takenBy,
  tenant,
} from "./edge-under-test.ts";

let campaign: Campaign;
beforeAll(async () => {
  campaign = await publish();
});

const receiptKey = () => bytesOf(deployment.directory.receiptKeys[0]!.publicKey);

test("an answer gets a receipt that the directory's key verifies and that says what was agreed to", async () => {
  const consent = consentOf({ purposes: ["results", "newsletter"], language: "de" });
  const sent = await submission(campaign, "eu", { consent });
  const jws = await receiptOf(await post("/v1/answers", sent, { "sec-gpc": "1" }));
  const id = await verifyReceipt(jws, receiptKey());
  expect(id).toBeDefined();
  const read = await readReceipt(jws);
  const receipt = Receipt.parse(read?.receipt);
  expect(receipt).toMatchObject({
    tenant: 1,
    campaign: campaign.id,
    jurisdiction: "eu",
    retentionDays: 30,
    controller: campaign.notice.controller,
    notice: {
      version: 3,
      language: "de",
      sha256: base64url(await sha256(canonicalBytes(campaign.notice))),
    },
    event: { type: "consent-given", givenAt: consent.givenAt, method: "web" },
    signals: { gpc: true },
    withdrawAt: `${origin}/a/${campaign.id}`,
    binding: {
      submissionId: sent.submissionId,
      keyId: 1,
      envelopeSha256: base64url(await sha256(bytesOf(sent.envelope))),
    },
  });
  expect(receipt.process.map((process) => process["dpv:hasConsentStatus"])).toEqual([
    "dpv:ConsentGiven",
    "dpv:ConsentGiven",
    "dpv:ConsentRefused",
  ]);
  const [entry] = await eventually(
    () => takenBy("eu", campaign.id),
    (taken) => taken.some(({ record }) => record.submissionId === sent.submissionId),
  );
  expect(entry).toMatchObject({
    // It is remembered in the outbox, and not carried on.
    receipt: "",
    record: { kind: "answer", ...sent, channel: "web", receiptId: id },
  });
});

test("sharing is admitted where the browser does not opt out", async () => {
  const consent = consentOf({ purposes: ["results", "partners"] });
  await receiptOf(await post("/v1/answers", await submission(campaign, "eu", { consent })));
});

test("a consent within the clock's tolerance, or kept for 30 days, is admitted", async () => {
  for (const offset of [299_000, -30 * 86_400_000 - 299_000]) {
    const consent = consentOf({ givenAt: instant(offset) });
    await receiptOf(await post("/v1/answers", await submission(campaign, "eu", { consent })));
  }
});

test("a test send travels like any other answer", async () => {
  const invitation = await invite(tenant, campaign, "eu", { test: true });
  await receiptOf(await post("/v1/answers", await submissionOf(deployment, invitation)));
});

test("the same again gives the same receipt and adds nothing", async () => {
  const sent = await submission(campaign);
  const first = await receiptOf(await post("/v1/answers", sent));
  const after = (await rowsOf("eu"))["seen"];
  expect(await receiptOf(await post("/v1/answers", sent))).toBe(first);
  expect((await rowsOf("eu"))["seen"]).toBe(after);
  await eventually(
    () => takenBy("eu", campaign.id),
    (taken) => taken.some(({ record }) => record.submissionId === sent.submissionId),
  );
  const taken = await takenBy("eu", campaign.id);
  expect(taken.filter(({ record }) => record.submissionId === sent.submissionId)).toHaveLength(1);
});

test("the same, many times at once, is one answer with one receipt", async () => {
  const sent = await submission(campaign);
  const responses = await Promise.all(Array.from({ length: 20 }, () => post("/v1/answers", sent)));
  const receipts = await Promise.all(responses.map(receiptOf));
  expect(new Set(receipts).size).toBe(1);
  const own = ({ record }: { record: { submissionId: string } }) =>
    record.submissionId === sent.submissionId;
  const taken = await eventually(
    () => takenBy("eu", campaign.id),
    (entries) => entries.some(own),
  );
  expect(taken.find(own)?.record).toMatchObject({
    receiptId: (await readReceipt(receipts[0]!))?.id,
  });
});

test("a submission id is not used again for another envelope, nor for another consent", async () => {
  const invitation = await invite(tenant, campaign, "eu");
  const sent = await submissionOf(deployment, invitation);
  const { submissionId } = sent;
  await receiptOf(await post("/v1/answers", sent));
  const other = await submissionOf(deployment, invitation, { submissionId, drink: "coffee" });
  await expectProblem(await post("/v1/answers", other), "submission-reused");
  const consent = consentOf({ purposes: ["results", "newsletter"] });
  await expectProblem(await post("/v1/answers", { ...sent, consent }), "submission-reused");
});

test("a reader may send 60 answers an hour, and may still repeat one of them", async () => {
  const reader = randomBytes(16);
  const invitation = await invite(tenant, campaign, "us", { reader });
  const first = await submissionOf(deployment, invitation);
  const receipt = await receiptOf(await post("/v1/answers", first));
  const again = () => ({ ...first, submissionId: base64url(randomBytes(16)) });
  for (let sent = 1; sent < 60; sent++) await receiptOf(await post("/v1/answers", again()));
  const response = await post("/v1/answers", again());
  const problem = await expectProblem(response, "rate-limited");
  expect(Number(response.headers.get("retry-after"))).toBe(problem["retryAfterSeconds"]);
  expect(problem["retryAfterSeconds"]).toBeGreaterThan(3_000);
  expect(await receiptOf(await post("/v1/answers", first))).toBe(receipt);
  await receiptOf(await post("/v1/answers", await submission(campaign, "us")));
});

test("a withdrawal stops what was agreed to before it, and nothing that is agreed to after", async () => {
  const invitation = await invite(tenant, campaign, "us");
  const before = await submissionOf(deployment, invitation);
  const answered = await receiptOf(await post("/v1/answers", before));
  const late = await submissionOf(deployment, invitation);
  const withdrawn = await receiptOf(await post("/v1/withdrawals", { invitation }));
  expect(withdrawn).not.toBe(answered);
  const read = Receipt.parse((await readReceipt(withdrawn))?.receipt);
  expect(read.event.type).toBe("consent-withdrawn");
  expect(read.binding).toBeUndefined();
  expect(await verifyReceipt(withdrawn, receiptKey())).toBeDefined();

  await expectProblem(await post("/v1/answers", late), "consent-withdrawn");
  await expectProblem(await post("/v1/answers", before), "consent-withdrawn");

  const renewed = await submissionOf(deployment, invitation, {
    consent: consentOf({ givenAt: instant(1_000) }),
  });
  await receiptOf(await post("/v1/answers", renewed));
  await expectProblem(await post("/v1/answers", late), "consent-withdrawn");

  const taken = await eventually(
    () => takenBy("us", campaign.id),
    (entries) => entries.some(({ record }) => record.submissionId === renewed.submissionId),
  );
  const own = taken.filter(({ record }) => record.invitation === invitation);
  expect(own.map(({ record }) => record.kind)).toEqual(["answer", "withdrawal", "answer"]);
});

test("a withdrawal repeated gives the same receipt; after a new answer it is a new one", async () => {
  const invitation = await invite(tenant, campaign, "us");
  const first = await receiptOf(await post("/v1/withdrawals", { invitation }));
  expect(await receiptOf(await post("/v1/withdrawals", { invitation }))).toBe(first);
  const consent = consentOf({ givenAt: instant(1_000) });
  await receiptOf(
    await post("/v1/answers", await submissionOf(deployment, invitation, { consent })),
  );
  const second = await receiptOf(await post("/v1/withdrawals", { invitation }));
  expect(second).not.toBe(first);
  expect(await receiptOf(await post("/v1/withdrawals", { invitation }))).toBe(second);
});

test("neither an expired invitation nor a closed campaign keeps a reader from withdrawing", async () => {
  const closed = await publish({ opensAt: instant(-2_000), closesAt: instant(-1_000) });
  const invitation = await invite(tenant, closed, "eu", {
    expiresAt: Math.floor(Date.now() / 1000) - 60,
  });
  await receiptOf(await post("/v1/withdrawals", { invitation }));
});

test("a withdrawal with a forged or malformed invitation is refused", async () => {
  const forged = await invite(tenant, campaign, "eu", { keyId: 9 });
  await expectProblem(await post("/v1/withdrawals", { invitation: forged }), "invitation-forged");
  await expectProblem(await post("/v1/withdrawals", { invitation: "A" }), "invitation-malformed");
  await expectProblem(await post("/v1/withdrawals", {}), "malformed-request");
});

test("a receipt's payload is its RFC 8785 bytes, and its header names the key", async () => {
  const open = await publish();
  const withdrawn = await submission(open);
  const jws = [
    await receiptOf(await post("/v1/answers", await submission(open))),
    await receiptOf(await post("/v1/withdrawals", { invitation: withdrawn.invitation })),
  ];
  for (const [header = "", payload = ""] of jws.map((text) => text.split("."))) {
    const text = textOf(fromBase64url(payload)!);
    expect(text).toBe(textOf(canonicalBytes(JSON.parse(text))));
    expect(JSON.parse(textOf(fromBase64url(header)!))).toMatchObject({ alg: "EdDSA" });
  }
});
