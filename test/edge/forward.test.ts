// What leaves for a region's server: compressed where the region says so, and never more at a time than named.
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { forwardBatch } from "../../edge/forward.ts";
import { forwardToStream } from "../../edge/forward-stream.ts";
import { settingsOf, type Settings } from "../../edge/env.ts";
import type { Region } from "../../sdk/region.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { randomBytes } from "../edge-process/fixture.ts";
import { base64url } from "../../sdk/bytes.ts";
import {
  bindings,
  edge,
  expectProblem,
  post,
  publish,
  setMood,
  submission,
  takenBy,
} from "./edge-under-test.ts";

let campaign: Campaign;
beforeAll(async () => {
  campaign = await publish();
});
afterEach(async () => {
  await setMood("eu");
  await setMood("apac");
});

/** Entries as an outbox holds them. */
const entries = (count: number, region: Region): Promise<string[]> =>
  Promise.all(
    Array.from({ length: count }, async () => {
      const record = {
        kind: "answer",
        ...(await submission(campaign, region)),
        admittedAt: new Date().toISOString(),
        channel: "web",
        receiptId: base64url(randomBytes(32)),
      };
      return JSON.stringify({ record, receipt: "r" });
    }),
  );

const compressing = (settings: Settings): Settings => ({
  ...settings,
  links: new Map(
    [...settings.links].map(([region, link]) => [region, { ...link, compression: "gzip" }]),
  ),
});

const bytesReceived = async (): Promise<number> => {
  const response = await fetch(`${edge.peers.eu}/peer/taken`, { method: "POST", body: "{}" });
  return (await response.json<{ bytesReceived: number }>()).bytesReceived;
};

test("a batch is compressed where the region says so, signed as it is sent, and taken whole", async () => {
  const settings = settingsOf(bindings);
  const texts = await entries(64, "eu");
  const start = await bytesReceived();
  const plain = await forwardBatch(settings, "eu", texts, texts.length);
  const between = await bytesReceived();
  const again = await forwardBatch(compressing(settings), "eu", texts, texts.length);
  const sizes = [between - start, (await bytesReceived()) - between] as const;
  expect(plain).toMatchObject({ status: "delivered" });
  expect(again).toEqual({
    status: "delivered",
    results: texts.map(() => ({ status: "seen", receipt: "r" })),
  });
  // base64url alone gives a quarter.
  expect(sizes[1]).toBeLessThan(sizes[0] * 0.8);
  expect(await takenBy("eu", campaign.id)).toHaveLength(64);
});

test("what fits into a packet or two is sent as it is", async () => {
  const before = await bytesReceived();
  const text = '{"record":{},"receipt":""}';
  const delivery = await forwardBatch(compressing(settingsOf(bindings)), "eu", [text], 1);
  expect(delivery.status).not.toBe("delivered");
  const body = `{"region":"eu","entries":[${text}]}`;
  expect((await bytesReceived()) - before).toBe(body.length);
});

test("beyond the batches that may wait for a region's stream, readers are told at once to come again", async () => {
  await setMood("apac", { milliseconds: 1_000 });
  const settings = settingsOf(bindings);
  const texts = await entries(20, "apac");
  const deliveries = await Promise.all(
    texts.map((text) => forwardToStream(settings, "apac", [text])),
  );
  const statuses = deliveries.flat().map(({ status }) => status);
  expect(statuses.filter((status) => status === "delivered")).toHaveLength(16);
  expect(deliveries.flat().filter(({ status }) => status === "away")).toEqual(
    Array.from({ length: 4 }, () => ({ status: "away", retryAfterSeconds: 1 })),
  );
  expect((await forwardToStream(settings, "apac", texts.slice(16, 17)))[0]?.status).toBe(
    "delivered",
  );
});

test("where one entry spoils a batch and the server goes away meanwhile, it is not asked for each of them", async () => {
  const texts = await entries(20, "apac");
  const [spoilt = ""] = texts;
  const { record } = JSON.parse(spoilt) as { record: { submissionId: string } };
  await setMood("apac", { chokesOn: [record.submissionId] });
  const real = globalThis.fetch;
  let batches = 0;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (...request: Parameters<typeof fetch>) => {
    const response = await real(...request);
    const [address] = request;
    if (typeof address === "string" && address.endsWith("/v1/intake") && ++batches === 1)
      await setMood("apac", { away: true });
    return response;
  });
  const deliveries = await forwardToStream(settingsOf(bindings), "apac", texts);
  vi.restoreAllMocks();
  expect(deliveries.map(({ status }) => status)).toEqual(texts.map(() => "away"));
  expect(batches, "all, then as many as at once").toBe(1 + 6);
});

test("a region's stream that answers too late is away, and its reader keeps the answer", async () => {
  await setMood("apac", { milliseconds: 16_000 });
  const response = await post("/v1/answers", await submission(campaign, "apac"));
  await expectProblem(response, "region-unavailable");
  expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
});
