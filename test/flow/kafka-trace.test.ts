// The same trace with a real Kafka broker between intake and ingest: the record's header carries it.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { regions, type Region } from "../../sdk/region.ts";
import { Collector } from "../collector.ts";
import { startBroker } from "../peers/kafka/brokers.ts";
import {
  invite,
  post,
  publishWidget,
  startProduct,
  submissionOf,
  type Product,
} from "./product.ts";
import { checkTrace, finished, hopsOf } from "./traces.ts";

let product: Product;
let collector: Collector;
const stops: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "maily-kafka-trace-"));
  stops.push(() => rm(folder, { recursive: true, force: true }));
  const broker = await startBroker({ name: "all", dataDir: join(folder, "broker") });
  stops.push(() => broker.kill9());
  collector = await Collector.listen();
  stops.push(() => collector.close());
  const { endpoint } = collector;
  const address = `127.0.0.1:${broker.port}`;
  product = await startProduct({
    // fromEntries loses the keys' type.
    brokers: Object.fromEntries(regions.map((region) => [region, address])) as Record<
      Region,
      string
    >,
    more: {
      telemetry: JSON.stringify({ otlp: { endpoint, sampleOneIn: 1 } }),
      servers: () => ({ nodeArguments: [], environment: { MAILY_OTLP_ENDPOINT: endpoint } }),
    },
  });
  stops.push(() => product.stop());
}, 180_000);
afterAll(async () => {
  for (const stop of stops.toReversed()) await stop();
}, 60_000);

test("answers in every region are a trace each, through the broker to the warehouse", async () => {
  const manifest = await publishWidget(product);
  for (const [index, region] of regions.entries()) {
    const { invitation } = await invite(product, manifest, region, `${region}@example.org`);
    const submission = await submissionOf(manifest, invitation, { drink: "tea" });
    expect((await post(product, submission)).status).toBe(202);
    await expect.poll(() => finished(collector).length, { timeout: 60_000 }).toBe(index + 1);
    const trace = finished(collector).at(-1) ?? "";
    await expect.poll(() => hopsOf(collector, trace).size, { timeout: 10_000 }).toBe(6);
    checkTrace(collector, trace, region);
  }
  expect(collector.faults).toEqual([]);
});
