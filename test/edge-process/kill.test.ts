// What is acknowledged survives a kill of the edge, and arrives with no request to wake it.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { verifyReceipt } from "../../sdk/receipt.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { publishTo, startEdge, type EdgeProcess } from "./edge-process.ts";
import { bytesOf, invite, mailOf, randomCode, submissionOf } from "./fixture.ts";
import { willing } from "./intake-peer.ts";

let edge: EdgeProcess;
let campaign: Campaign;
beforeAll(async () => {
  edge = await startEdge({ shards: 2 });
  campaign = await publishTo(edge, { mail: mailOf(edge.keys.deployment, [sender]) });
});
afterAll(() => edge.stop());

const sender = "hello@tea.example";
const arrivalMilliseconds = 20_000;

/** Sends answers of new readers until told to stop; resolves with the ids that were acknowledged. */
async function answerUntil(stopped: () => boolean): Promise<Set<string>> {
  const acknowledged = new Set<string>();
  const { tenant, deployment } = edge.keys;
  const receiptKey = bytesOf(deployment.directory.receiptKeys[0]!.publicKey);
  const sealed = await submissionOf(deployment, await invite(tenant, campaign, "eu"));
  const reader = async () => {
    while (!stopped()) {
      const invitation = await invite(tenant, campaign, "eu");
      const submissionId = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString(
        "base64url",
      );
      const response = await fetch(`${edge.origin}/v1/answers`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ...sealed, invitation, submissionId }),
      }).catch(() => undefined); // The edge was killed: not acknowledged.
      if (response?.status !== 202) continue;
      const { receipt } = (await response.json()) as { receipt: string };
      expect(await verifyReceipt(receipt, receiptKey)).toBeDefined();
      acknowledged.add(submissionId);
    }
  };
  await Promise.all(Array.from({ length: 16 }, reader));
  return acknowledged;
}

const idsTaken = () => edge.peers.eu.taken.map(({ record }) => record.submissionId);

/** Waits, without a request to the edge, until its peer has every one of `ids`. */
async function arrived(ids: ReadonlySet<string>): Promise<void> {
  const until = Date.now() + arrivalMilliseconds;
  const missing = () => {
    const taken = new Set(idsTaken());
    return [...ids].filter((id) => !taken.has(id));
  };
  while (missing().length > 0 && Date.now() < until) await sleep(50);
  expect(missing()).toEqual([]);
}

test("killed between acknowledgement and delivery, the edge delivers everything after it is started again", async () => {
  edge.peers.eu.mood = { ...willing, away: true };
  let stop = false;
  const answering = answerUntil(() => stop);
  await sleep(1_500);
  await edge.child.kill9();
  stop = true;
  const acknowledged = await answering;
  expect(acknowledged.size).toBeGreaterThan(20);
  expect(idsTaken()).toEqual([]);
  edge.peers.eu.mood = willing;
  await edge.child.start();
  await arrived(acknowledged);
});

test("killed again and again while answers arrive and leave, it loses none and delivers each once", async () => {
  let stop = false;
  const answering = answerUntil(() => stop);
  for (let kill = 0; kill < 4; kill++) {
    await sleep(400 + 150 * kill);
    await edge.child.kill9();
    await edge.child.start();
  }
  stop = true;
  const acknowledged = await answering;
  expect(acknowledged.size).toBeGreaterThan(50);
  await arrived(acknowledged);
  const taken = idsTaken();
  expect(new Set(taken).size).toBe(taken.length);
});

test("a delivery that the server took and did not confirm is repeated after a kill, and taken once", async () => {
  edge.peers.eu.mood = { ...willing, cut: true };
  let stop = false;
  const answering = answerUntil(() => stop);
  await sleep(500);
  stop = true;
  const acknowledged = await answering;
  await edge.child.kill9();
  edge.peers.eu.mood = willing;
  await edge.child.start();
  await arrived(acknowledged);
  const taken = idsTaken();
  expect(new Set(taken).size).toBe(taken.length);
  expect(
    Math.max(...[...acknowledged].map((id) => edge.peers.eu.sent.get(id) ?? 0)),
  ).toBeGreaterThan(1);
});

test("what was seen before the kill is still seen", async () => {
  const { tenant, deployment } = edge.keys;
  const invitation = await invite(tenant, campaign, "eu");
  const sent = await submissionOf(deployment, invitation);
  const post = async (path: string, body: unknown) => {
    const response = await fetch(edge.origin + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return (await response.json()) as { receipt?: string; code?: string };
  };
  const { receipt } = await post("/v1/answers", sent);
  await edge.child.kill9();
  await edge.child.start();
  expect((await post("/v1/answers", sent)).receipt).toBe(receipt);
  const { receipt: withdrawn } = await post("/v1/withdrawals", { invitation });
  await edge.child.kill9();
  await edge.child.start();
  expect((await post("/v1/withdrawals", { invitation })).receipt).toBe(withdrawn);
  expect((await post("/v1/answers", sent)).code).toBe("consent-withdrawn");
});

test("what was answered or asked for inside mails arrives after a kill, once, and is known again", async () => {
  edge.peers.eu.mood = { ...willing, away: true };
  const invitation = await invite(edge.keys.tenant, campaign, "eu");
  const say = async (code: string): Promise<string> => {
    const response = await fetch(`${edge.origin}/v1/amp/answers`, {
      method: "POST",
      headers: { "amp-email-sender": sender },
      body: new URLSearchParams({ invitation, consent: "results", "q.drink": code }),
    });
    const { receipt } = (await response.json()) as { receipt: string };
    return receipt;
  };
  const click = async (): Promise<number> => {
    const body = new URLSearchParams({ "List-Unsubscribe": "One-Click" });
    const { status } = await fetch(`${edge.origin}/u/${invitation}`, { method: "POST", body });
    return status;
  };
  const last = randomCode();
  await say(randomCode());
  const receipt = await say(last);
  await edge.child.kill9();
  await edge.child.start();
  expect(await say(last)).toBe(receipt);
  expect(await click()).toBe(200);
  await edge.child.kill9();
  await edge.child.start();
  expect(await click()).toBe(200);
  edge.peers.eu.mood = willing;
  const own = () => edge.peers.eu.taken.filter(({ record }) => record.invitation === invitation);
  await expect.poll(() => own().length, { timeout: arrivalMilliseconds }).toBe(3);
  expect(own().map(({ record }) => record.kind)).toEqual(["choices", "choices", "request"]);
});

test("a reader who hangs up takes no other reader's answer along", async () => {
  const { tenant, deployment } = edge.keys;
  for (let round = 0; round < 10; round++) {
    const sent = await Promise.all(
      Array.from({ length: 12 }, async () =>
        submissionOf(deployment, await invite(tenant, campaign, "eu")),
      ),
    );
    const hangUp = new AbortController();
    const answers = sent.map((submission, index) =>
      fetch(`${edge.origin}/v1/answers`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(submission),
        ...(index === 0 && { signal: hangUp.signal }),
      }),
    );
    // The first to arrive makes the call for those that arrive with it.
    setTimeout(() => hangUp.abort(), round);
    const settled = await Promise.allSettled(answers);
    const others = settled
      .slice(1)
      .map((answer) => answer.status === "fulfilled" && answer.value.status);
    expect(others).toEqual(Array.from({ length: 11 }, () => 202));
  }
});

test("killed again and again while its shards change, it remembers everybody and delivers each answer once", async () => {
  const { tenant, deployment } = edge.keys;
  const sent = await Promise.all(
    Array.from({ length: 40 }, async () =>
      submissionOf(deployment, await invite(tenant, campaign, "eu")),
    ),
  );
  const receipts = new Map(sent.map(({ submissionId }) => [submissionId, new Set<string>()]));
  const say = async (index: number): Promise<number | undefined> => {
    const own = sent[index % sent.length]!;
    const response = await fetch(`${edge.origin}/v1/answers`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(own),
    }).catch(() => undefined); // The edge was killed.
    const answer = (await response?.json().catch(() => undefined)) as
      | { receipt?: string }
      | undefined;
    if (answer?.receipt !== undefined) receipts.get(own.submissionId)!.add(answer.receipt);
    return response?.status;
  };
  let stop = false;
  const goesOn = (): boolean => !stop;
  const readers = Array.from({ length: 8 }, async (_, reader) => {
    for (let index = reader; goesOn(); index += 7) await say(index);
  });
  const layouts = [
    { shards: 5, before: [{ shards: 2 }] },
    { shards: 3, before: [{ shards: 5 }, { shards: 2 }] },
    { shards: 2, before: [{ shards: 3 }, { shards: 5 }, { shards: 2 }] },
  ];
  for (const layout of layouts) {
    await sleep(300);
    await edge.configure(layout);
    for (let kill = 0; kill < 2; kill++) {
      await edge.child.kill9();
      await edge.child.start();
      await sleep(100 + 150 * kill);
    }
  }
  stop = true;
  await Promise.all(readers);
  for (let index = 0; index < sent.length; index++) expect(await say(index)).toBe(202);
  for (const [, given] of receipts) expect(given.size).toBe(1);
  await arrived(new Set(receipts.keys()));
  const taken = idsTaken();
  expect(new Set(taken).size).toBe(taken.length);
});
