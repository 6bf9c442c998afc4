// One answer's way through every process is one trace (docs/operating.md).
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { regions, type Region } from "../../sdk/region.ts";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import { traceparentOf, newTrace } from "../../sdk/trace-context.ts";
import { Collector } from "../collector.ts";
import { campaignOf, publication, signCampaign } from "../edge-process/fixture.ts";
import {
  invite,
  post,
  publishWidget,
  resultsWith,
  startProduct,
  submissionOf,
  type Product,
} from "./product.ts";
import { checkTrace, finished, hopsOf } from "./traces.ts";

let collector: Collector;
let product: Product;
let manifest: Manifest;
const secret = "of-the-collector-0123456789";

beforeAll(async () => {
  collector = await Collector.listen();
  const { endpoint } = collector;
  const headers = { "x-collector-key": secret };
  product = await startProduct({
    more: {
      telemetry: JSON.stringify({ otlp: { endpoint, headers, sampleOneIn: 1 } }),
      servers: () => ({ nodeArguments: [], environment: { MAILY_OTLP_ENDPOINT: endpoint } }),
    },
  });
  manifest = await publishWidget(product);
}, 120_000);
afterAll(async () => {
  await product.stop();
  await collector.close();
});

const answer = async (
  region: Region,
  reader: string,
  headers: Record<string, string> = {},
): Promise<void> => {
  const { invitation } = await invite(product, manifest, region, reader);
  const submission = await submissionOf(manifest, invitation, { drink: "tea", why: "saffron" });
  expect((await post(product, submission, headers)).status).toBe(202);
};

/** The trace of the one answer that `during` sends, once its last hop has been told. */
async function traceOf(during: () => Promise<void>): Promise<string> {
  const before = new Set(finished(collector));
  await during();
  await expect
    .poll(() => finished(collector).filter((trace) => !before.has(trace)).length, {
      timeout: 30_000,
    })
    .toBe(1);
  const [trace = ""] = finished(collector).filter((id) => !before.has(id));
  // The edge and the server tell of theirs about a second after.
  await expect
    .poll(() => hopsOf(collector, trace).size, { timeout: 10_000 })
    .toBeGreaterThanOrEqual(6);
  return trace;
}

for (const region of regions)
  test(`an answer in ${region} is one trace from its admission to the warehouse`, async () => {
    const trace = await traceOf(() => answer(region, `traced-${region}@example.org`));
    checkTrace(collector, trace, region);
    await resultsWith(product, region, manifest.id, 1);
  });

test("an answer that waited for its region goes on in the same trace, with every try in it", async () => {
  await product.running.children.eu.kill9();
  const trace = await traceOf(async () => {
    await answer("eu", "waited@example.org");
    await sleep(1_500);
    await product.running.children.eu.start();
  });
  checkTrace(collector, trace, "eu");
  const tries = collector.spans.filter(
    (span) => span.traceId === trace && span.name === "POST /v1/intake" && span.kind === "client",
  );
  expect(tries.length).toBeGreaterThan(1);
  expect(tries.filter(({ failed }) => failed).length).toBe(tries.length - 1);
  for (const { failed, attributes } of tries)
    expect(attributes["maily.delivery"]).toBe(failed ? "away" : "delivered");
});

test("answers of one batch have a trace each, and the others' requests link to the first's", async () => {
  const before = new Set(finished(collector));
  await product.running.children.us.kill9();
  const readers = Array.from({ length: 5 }, (_, index) => `batch-${index}@example.org`);
  await Promise.all(readers.map((reader) => answer("us", reader)));
  await product.running.children.us.start();
  const mine = (): string[] => finished(collector).filter((id) => !before.has(id));
  await expect.poll(() => mine().length, { timeout: 60_000 }).toBe(5);
  expect(new Set(mine()).size).toBe(5);
  const delivered = () =>
    collector.spans.filter(
      ({ traceId, name, kind, failed }) =>
        mine().includes(traceId) && name === "POST /v1/intake" && kind === "client" && !failed,
    );
  await expect.poll(() => delivered().length, { timeout: 10_000 }).toBe(5);
  const firsts = delivered().filter(({ links }) => links.length === 0);
  const named = new Set(firsts.map(({ spanId }) => spanId));
  for (const { links } of delivered())
    for (const { spanId } of links) expect(named.has(spanId)).toBe(true);
  expect(firsts.length).toBeLessThan(5);
});

test("a reader's traceparent neither joins nor decides", async () => {
  const theirs = newTrace();
  const trace = await traceOf(() =>
    answer("eu", "meddles@example.org", { traceparent: traceparentOf(theirs) }),
  );
  expect(trace).not.toBe(theirs.traceId);
  expect(collector.spans.some(({ traceId }) => traceId === theirs.traceId)).toBe(false);
});

test("an operator's signed request continues the operator's trace, one whose signature fails does not", async () => {
  const { tenant } = product.keys;
  const signed = await publication(await signCampaign(await campaignOf(tenant), tenant), tenant);
  const put = (traceparent: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(product.running.edge + signed.path, {
      method: "PUT",
      headers: { ...signed.headers, traceparent, ...headers },
      body: signed.body,
    });
  const [strangers, operators] = [newTrace(), newTrace()];
  expect((await put(traceparentOf(strangers), { signature: "maily=:AAAA:" })).status).toBe(401);
  expect((await put(traceparentOf(operators))).status).toBe(201);
  const published = () => collector.spans.find(({ traceId }) => traceId === operators.traceId);
  await expect.poll(published, { timeout: 10_000 }).toBeDefined();
  expect(published()).toMatchObject({
    name: "PUT /admin/campaigns/:id",
    parentSpanId: operators.spanId,
    attributes: { "http.response.status_code": 201 },
  });
  expect(collector.spans.some(({ traceId }) => traceId === strangers.traceId)).toBe(false);
});

const refused = () =>
  collector.spans.find(({ attributes }) => attributes["http.response.status_code"] === 400);

test("a refusal is a span of its own, no error of ours, and names its code", async () => {
  const response = await post(product, { invitation: "A".repeat(136) });
  expect(response.status).toBe(400);
  await expect.poll(refused, { timeout: 10_000 }).toBeDefined();
  expect(refused()?.attributes["maily.problem"]).toBe("malformed-request");
  expect(refused()?.failed).toBe(false);
});

test("a collector that is away slows no answer and stops none", async () => {
  collector.mood = { status: 503 };
  await answer("eu", "unseen@example.org");
  await resultsWith(product, "eu", manifest.id, 4);
  collector.mood = undefined;
});

test("the collector took all of it, with its key, and nothing in it tells of a reader", () => {
  expect(collector.faults).toEqual([]);
  const keyed = collector.headers.filter((headers) => headers["x-collector-key"] === secret);
  expect(keyed.length).toBeGreaterThan(0);
  const told = collector.bodies.join("\n");
  for (const word of ["saffron", "example.org", secret, product.keys.tenant.token, manifest.id])
    expect(told.includes(word), word).toBe(false);
});
