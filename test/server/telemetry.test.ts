// A traced record's way through one region's server: what is handed on, with a collector and without.
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { generateKeys } from "../../cli/keygen.ts";
import { IntakeBatch } from "../../sdk/schema/record.ts";
import { newTrace, spanOf, traceparentOf } from "../../sdk/trace-context.ts";
import { takeBatch } from "../../server/intake.ts";
import { openEmbeddedStream } from "../../server/stream/embedded.ts";
import type { StoredRecord } from "../../server/stream/stream.ts";
import { sealedTopic, traceHeader } from "../../server/stream/topics.ts";
import { Telemetry } from "../../server/telemetry.ts";
import { Collector } from "../collector.ts";
import { temporaryFolder, until } from "./region.ts";
import { answerOf, campaignOf } from "./sealed.ts";

const keys = await generateKeys(1, Date.now() - 60_000);
const campaign = await campaignOf(keys);
const folder = temporaryFolder();
let collector: Collector;
beforeEach(async () => {
  collector = await Collector.listen();
});
afterEach(() => collector.close());

const kept = newTrace();
let files = 0;

/** The header of a record that was kept under `kept`, and of one that is not traced. */
async function headersAfter(telemetry: Telemetry | undefined): Promise<(string | undefined)[]> {
  const stream = openEmbeddedStream({ path: join(folder, `${files++}.db`) });
  const [traced, other] = [await answerOf(keys, campaign), await answerOf(keys, campaign)];
  const batch = IntakeBatch.parse({
    region: "eu",
    entries: [
      { record: traced, receipt: "one", trace: traceparentOf(kept) },
      { record: other, receipt: "two" },
    ],
  });
  await takeBatch(batch, { region: "eu", stream, seen: undefined, telemetry });
  const records: StoredRecord[] = [];
  const subscription = {
    topic: sealedTopic("eu"),
    group: "test",
    nextOffsets: async () => new Map(),
  };
  await stream.consume(subscription, async (read) => void records.push(...read));
  await until(() => records.length === 2);
  await stream.close();
  const headerOf = (receiptId: string): string | undefined =>
    records.find(({ value }) => Buffer.from(value).includes(receiptId))?.headers[traceHeader];
  return [headerOf(traced.receiptId), headerOf(other.receiptId)];
}

test("without a collector, the edge's own traceparent goes on with the record", async () => {
  expect(await headersAfter(undefined)).toEqual([traceparentOf(kept), undefined]);
});

test("with one, the span of the append takes its place, in the same trace", async () => {
  const telemetry = new Telemetry("eu", { endpoint: collector.endpoint, headers: {} });
  const [traced, other] = await headersAfter(telemetry);
  await telemetry.close();
  expect(other).toBeUndefined();
  const appended = spanOf(traced);
  expect(appended?.traceId).toBe(kept.traceId);
  expect(appended?.spanId).not.toBe(kept.spanId);
  expect(collector.spans).toMatchObject([{ ...appended, parentSpanId: kept.spanId }]);
});

test("a stop does not wait for a collector that is away", async () => {
  const telemetry = new Telemetry("eu", { endpoint: "http://127.0.0.1:9", headers: {} });
  await headersAfter(telemetry);
  const begun = performance.now();
  await telemetry.close();
  expect(performance.now() - begun).toBeLessThan(3_000);
});
