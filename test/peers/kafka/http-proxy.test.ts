// The HTTP proxy in front of a real broker: what its documented API answers, and what it cannot carry.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeTopic, watchTopic, type Sight } from "../../bench/edge/sight.ts";
import { freePorts } from "../../flow/product.ts";
import { startBroker, type Broker } from "./brokers.ts";
import { HttpProxy, type PartitionOffset } from "./http-proxy.ts";

const topic = "through.the.proxy";
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const idOf = (index: number): string => `${index}`.padStart(22, "x");
const recordOf = (index: number) => ({
  key: base64(`1|${index % 3}`),
  value: base64(JSON.stringify({ submissionId: idOf(index) })),
});

let folder: string;
let broker: Broker;
let proxy: HttpProxy;
let sight: Sight;
let origin: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maily-http-proxy-"));
  broker = await startBroker({ name: "proxied", dataDir: folder });
  const address = `127.0.0.1:${broker.port}`;
  await makeTopic(address, topic);
  sight = await watchTopic(address, topic, "proxied");
  const [port = 0] = await freePorts(1);
  proxy = new HttpProxy(address, 1);
  await proxy.listen(port);
  origin = `http://127.0.0.1:${port}`;
});

afterAll(async () => {
  await sight.close();
  await proxy.close();
  await broker.kill9();
  await rm(folder, { recursive: true, force: true });
});

async function produce(
  body: unknown,
  contentType = "application/vnd.kafka.binary.v2+json",
): Promise<{ status: number; offsets: PartitionOffset[] }> {
  const response = await fetch(`${origin}/topics/${topic}`, {
    method: "POST",
    headers: { "content-type": contentType },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as { offsets?: PartitionOffset[] };
  return { status: response.status, offsets: answer.offsets ?? [] };
}

test("records arrive once, and the answer has one offset a partition, not one a record", async () => {
  const { status, offsets } = await produce({
    records: Array.from({ length: 30 }, (_, index) => recordOf(index)),
  });
  expect(status).toBe(200);
  // Three keys: at most three partitions.
  expect(offsets.length).toBeLessThanOrEqual(3);
  expect(offsets.every(({ error_code: code, offset }) => code === undefined && offset >= 0)).toBe(
    true,
  );
  const ids = Array.from({ length: 30 }, (_, index) => idOf(index));
  expect(await sight.sees(ids, 20_000)).toBe(true);
  expect(Array.from(sight.records.values()).every((records) => records === 1)).toBe(true);
});

test("a record with headers is refused: the API has no place for them", async () => {
  const headers = [{ name: "region", value: base64("eu") }];
  expect((await produce({ records: [{ ...recordOf(100), headers }] })).status).toBe(422);
});

test("refuses what is no list of records, and other media types", async () => {
  expect((await produce({ records: "none" })).status).toBe(422);
  expect((await produce({ records: [recordOf(101)] }, "application/json")).status).toBe(415);
});

test("with the broker away it answers 200 all the same, with an error for the partition", async () => {
  await broker.kill9();
  const { status, offsets } = await produce({ records: [recordOf(200)] });
  expect(status).toBe(200);
  expect(offsets).toEqual([expect.objectContaining({ error_code: -1, offset: -1 })]);
  await broker.restart();
});
