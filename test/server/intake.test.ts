import { once } from "node:events";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { utf8 } from "../../sdk/bytes.ts";
import { signRequest } from "../../sdk/http-signature.ts";
import { intakeLimits } from "../../sdk/schema/record.ts";
import { codeOf, TestRegion, until } from "./region.ts";
import { answerOf, bytesOf, randomId, withdrawalOf } from "./sealed.ts";

const eu = await TestRegion.start();
const campaign = await eu.published();

test("refuses a batch without a signature, or whose signature does not hold", async () => {
  const body = JSON.stringify({ region: "eu", entries: [] });
  const headers = { "content-type": "application/json" };
  const bare = await fetch(`${eu.origin}/v1/intake`, { method: "POST", headers, body });
  expect([bare.status, await codeOf(bare)]).toEqual([401, "signature-missing"]);
  const target = { method: "POST", path: "/v1/intake", body: utf8(body) };
  const forged = await signRequest(target, "eu-1", {
    alg: "hmac-sha256",
    secret: bytesOf(randomId(32)),
  });
  const refused = await fetch(`${eu.origin}/v1/intake`, {
    method: "POST",
    headers: { ...headers, ...forged },
    body,
  });
  expect([refused.status, await codeOf(refused)]).toEqual([401, "signature-invalid"]);
});

test("refuses a request that was sent before, and one signed long ago", async () => {
  const [key] = eu.keys.regions.eu.forwardKeys;
  const record = await answerOf(eu.keys, campaign);
  const body = utf8(JSON.stringify({ region: "eu", entries: [{ record, receipt: "r" }] }));
  const target = { method: "POST", path: "/v1/intake", body };
  const signing = { alg: "hmac-sha256", secret: bytesOf(key?.secret ?? "") } as const;
  const send = (signature: Record<string, string>): Promise<Response> =>
    fetch(`${eu.origin}/v1/intake`, {
      method: "POST",
      headers: { "content-type": "application/json", ...signature },
      body,
    });
  const signature = await signRequest(target, "eu-1", signing);
  expect((await send(signature)).status).toBe(200);
  expect(await codeOf(await send(signature))).toBe("signature-stale");
  const old = await signRequest(target, "eu-1", signing, Date.now() - 400_000);
  expect(await codeOf(await send(old))).toBe("signature-stale");
});

test("refuses another region's batch", async () => {
  const record = await answerOf(eu.keys, campaign, { region: "us" });
  const response = await eu.signed("POST", "/v1/intake", {
    region: "us",
    entries: [{ record, receipt: "r" }],
  });
  expect([response.status, await codeOf(response)]).toEqual([422, "region-mismatch"]);
});

test("refuses another region's answer within its own batch, and takes the rest", async () => {
  const own = await answerOf(eu.keys, campaign);
  const foreign = await answerOf(eu.keys, campaign, { region: "us" });
  const torn = { ...own, invitation: "A".repeat(136), submissionId: randomId(16) };
  expect(await eu.take(foreign, own, torn)).toEqual([
    { status: "refused", code: "region-mismatch" },
    { status: "stored" },
    { status: "refused", code: "invitation-malformed" },
  ]);
});

test("refuses what is no batch, naming places and no values", async () => {
  const record = { ...(await answerOf(eu.keys, campaign)), channel: "pigeon" };
  const response = await eu.signed("POST", "/v1/intake", {
    region: "eu",
    entries: [{ record, receipt: "r" }],
  });
  expect(response.status).toBe(400);
  const text = await response.text();
  expect(JSON.parse(text)).toMatchObject({ code: "malformed-request" });
  expect(text).toContain("entries.0.record.channel");
  expect(text).not.toContain("pigeon");
  expect(text).not.toContain(record.invitation);
  expect(await codeOf(await eu.signed("POST", "/v1/intake", "{"))).toBe("malformed-request");
});

test("refuses a body above the limit while it streams, and another content type", async () => {
  const large = await eu.signed("POST", "/v1/intake", "x".repeat(intakeLimits.bodyBytes + 1));
  expect(large.status).toBe(413);
  expect(await large.json()).toMatchObject({
    code: "body-too-large",
    limitBytes: intakeLimits.bodyBytes,
  });
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
  });
  const streamed = await fetch(`${eu.origin}/v1/intake`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(await eu.signature("POST", "/v1/intake", utf8("what is signed is another body"))),
    },
    body: endless,
    duplex: "half",
  } as RequestInit); // `duplex` is not yet in TypeScript's fetch.
  expect(await codeOf(streamed)).toBe("body-too-large");
  const plain = await eu.signed("POST", "/v1/intake", "{}", { "content-type": "text/plain" });
  expect([plain.status, await codeOf(plain)]).toEqual([415, "unsupported-media-type"]);
});

test("a sender that hangs up in the middle of a body is no fault of ours", async () => {
  const region = await TestRegion.start();
  const metrics = async (): Promise<string> => (await region.get("/metrics")).text();
  const socket = connect(Number(new URL(region.origin).port), "127.0.0.1");
  await once(socket, "connect");
  const signature = Object.entries(await region.signature("POST", "/v1/intake", utf8("{")))
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("");
  socket.write(
    `POST /v1/intake HTTP/1.1\r\nhost: eu\r\ncontent-type: application/json\r\n${signature}content-length: 1000\r\n\r\n{`,
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.destroy();
  await until(async () =>
    (await metrics()).includes('maily_problems_total{region="eu",code="malformed-request"}'),
  );
  expect(await metrics()).not.toContain('code="internal"');
});

test("takes the largest batch, and many batches at once, and loses none", async () => {
  const reader = randomId(16);
  const one = await answerOf(eu.keys, campaign, { reader });
  const copies = Array.from({ length: intakeLimits.records }, () => one);
  expect(await eu.take(...copies)).toHaveLength(intakeLimits.records);
  await eu.ingested();
  const before = (await eu.results(campaign)).answers;
  const answers = await Promise.all(Array.from({ length: 40 }, () => answerOf(eu.keys, campaign)));
  await Promise.all(answers.map((answer) => eu.take(answer)));
  await until(async () => (await eu.results(campaign)).answers >= before + 40);
  await eu.ingested();
  expect((await eu.results(campaign)).answers).toBe(before + 40);
});

test("an outbox region stores a repeat again, and counts it once", async () => {
  const other = await eu.published();
  const answer = await answerOf(eu.keys, other);
  expect(await eu.take(answer)).toEqual([{ status: "stored" }]);
  expect(await eu.take(answer)).toEqual([{ status: "stored" }]);
  await eu.ingested();
  expect(await eu.results(other)).toMatchObject({ answers: 1, submissions: 1 });
});

test("a withdrawal is taken like an answer", async () => {
  expect(await eu.take(await withdrawalOf(eu.keys, campaign))).toEqual([{ status: "stored" }]);
});

const gzipped = (body: string | Uint8Array): Uint8Array<ArrayBuffer> =>
  new Uint8Array(gzipSync(body));

/** As the edge sends it: signed as it is. */
async function sendEncoded(body: Uint8Array<ArrayBuffer>, encoding: string): Promise<Response> {
  const [key] = eu.keys.regions.eu.forwardKeys;
  const signing = { alg: "hmac-sha256", secret: bytesOf(key?.secret ?? "") } as const;
  const target = { method: "POST", path: "/v1/intake", body };
  return fetch(`${eu.origin}/v1/intake`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "content-encoding": encoding,
      ...(await signRequest(target, "eu-1", signing)),
    },
    body,
  });
}

test("takes a batch that was compressed, signed as it was sent", async () => {
  const record = await answerOf(eu.keys, campaign);
  const text = JSON.stringify({ region: "eu", entries: [{ record, receipt: "r" }] });
  const taken = await sendEncoded(gzipped(text), "gzip");
  expect(await taken.json()).toEqual({ results: [{ status: "stored" }] });
  const plain = await sendEncoded(utf8(text), "identity");
  expect((await plain.json()).results).toHaveLength(1);
});

test("inflates no further than a batch may be large, and nothing that is not signed", async () => {
  const bomb = gzipped(new Uint8Array(64 * intakeLimits.bodyBytes));
  expect(bomb.length).toBeLessThan(intakeLimits.bodyBytes);
  const refused = await sendEncoded(bomb, "gzip");
  expect([refused.status, await codeOf(refused)]).toEqual([413, "body-too-large"]);
  const unsigned = await fetch(`${eu.origin}/v1/intake`, {
    method: "POST",
    headers: { "content-type": "application/json", "content-encoding": "gzip" },
    body: bomb,
  });
  expect(await codeOf(unsigned)).toBe("signature-missing");
});

test("refuses an encoding it does not know, and what only says that it is gzip", async () => {
  const brotli = await sendEncoded(utf8("{}"), "br");
  expect([brotli.status, await codeOf(brotli)]).toEqual([415, "unsupported-media-type"]);
  for (const body of [utf8("{}"), gzipped("{}").slice(0, -4), new Uint8Array(0)]) {
    const broken = await sendEncoded(body, "gzip");
    expect([broken.status, await codeOf(broken)]).toEqual([400, "malformed-request"]);
  }
});
