import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { exportLimits, SpanExporter } from "../../sdk/span-exporter.ts";
import type { Span } from "../../sdk/otlp.ts";
import { newSpan, newTrace } from "../../sdk/trace-context.ts";
import { Collector } from "../collector.ts";

let collector: Collector;
beforeEach(async () => {
  collector = await Collector.listen();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await collector.close();
});

const exporterOf = (endpoint: string): SpanExporter =>
  new SpanExporter({
    endpoint,
    headers: { authorization: "Bearer of-the-collector" },
    resource: { "service.name": "maily-test" },
  });

const span = (more: Partial<Span> = {}): Span => ({
  ...newTrace(),
  name: "POST /v1/answers",
  kind: "server",
  startedAt: Date.now() - 1.5,
  endedAt: Date.now(),
  attributes: { "http.response.status_code": 202, ratio: 0.5, held: true, nothing: undefined },
  ...more,
});

test("a span arrives as OTLP has it", async () => {
  const exporter = exporterOf(`${collector.endpoint}/`);
  const first = span();
  const linked = newTrace();
  const second = span({
    ...newSpan(first),
    parent: { spanId: first.spanId, remote: true },
    kind: "client",
    links: [linked],
    error: "region-unavailable",
    attributes: {},
  });
  exporter.add(first);
  exporter.add(second);
  await exporter.flush();
  expect(collector.faults).toEqual([]);
  expect(collector.headers[0]?.authorization).toBe("Bearer of-the-collector");
  expect(collector.spans).toMatchObject([
    {
      service: "maily-test",
      traceId: first.traceId,
      parentSpanId: undefined,
      kind: "server",
      attributes: { "http.response.status_code": 202, ratio: 0.5, held: true },
      failed: false,
    },
    {
      traceId: first.traceId,
      parentSpanId: first.spanId,
      kind: "client",
      attributes: { "error.type": "region-unavailable" },
      links: [linked],
      failed: true,
    },
  ]);
  expect(collector.spans[0]?.attributes).not.toHaveProperty("nothing");
  expect([exporter.exported, exporter.dropped, exporter.waiting]).toEqual([2, 0, 0]);
});

test("what gathers goes in one request, what is more in several", async () => {
  const exporter = exporterOf(collector.endpoint);
  for (let count = 0; count < 700; count++) exporter.add(span());
  const flushing = exporter.flushSoon();
  expect(flushing).toBeDefined();
  expect(exporter.flushSoon(), "one at a time").toBeUndefined();
  await flushing;
  expect([collector.requests, collector.spans.length, exporter.exported]).toEqual([2, 700, 700]);
  expect(exporter.flushSoon(), "nothing waits").toBeUndefined();
});

test("a collector that is away holds nobody, and its spans within bounds", async () => {
  const exporter = exporterOf(collector.endpoint);
  collector.mood = { status: 503 };
  for (let count = 0; count < exportLimits.spans + 10; count++) exporter.add(span());
  expect([exporter.waiting, exporter.dropped]).toEqual([exportLimits.spans, 10]);
  await exporter.flush();
  expect([collector.requests, exporter.exported]).toEqual([1, 0]);
  expect([exporter.waiting, exporter.dropped]).toEqual([exportLimits.spans, 10]);
  await exporter.flush();
  expect(collector.requests, "it rests").toBe(1);
  collector.mood = undefined;
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  await exporter.flush();
  expect([exporter.waiting, exporter.exported]).toEqual([0, exportLimits.spans]);
  expect(new Set(collector.spans.map(({ spanId }) => spanId)).size).toBe(exportLimits.spans);
});

test("a flush ends, however fast spans keep coming", async () => {
  const exporter = exporterOf(collector.endpoint);
  const more = () => {
    for (let count = 0; count < exportLimits.requestSpans; count++) exporter.add(span());
  };
  more();
  const real = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation((...request: Parameters<typeof fetch>) => {
    if (collector.requests < 20) more();
    return real(...request);
  });
  await exporter.flush();
  expect(collector.requests).toBe(exportLimits.spans / exportLimits.requestSpans);
  expect(exporter.waiting).toBe(exportLimits.requestSpans);
});

test("a clock that was set back by an hour keeps no span for an hour", async () => {
  const exporter = exporterOf(collector.endpoint);
  collector.mood = { status: 503 };
  exporter.add(span());
  await exporter.flush();
  collector.mood = undefined;
  const real = Date.now.bind(Date);
  vi.spyOn(Date, "now").mockImplementation(() => real() - 3_600_000);
  await exporter.flushSoon();
  expect([exporter.waiting, exporter.exported]).toEqual([0, 1]);
});

test("nobody at the address is a collector that is away", async () => {
  const exporter = exporterOf("http://127.0.0.1:9");
  exporter.add(span());
  await exporter.flush();
  expect([exporter.waiting, exporter.exported, exporter.dropped]).toEqual([1, 0, 0]);
});

for (const status of [400, 401, 404, 413, 500, 307])
  test(`what is answered ${status} is dropped and counted`, async () => {
    const exporter = exporterOf(collector.endpoint);
    collector.mood = { status };
    exporter.add(span());
    await exporter.flush();
    expect([exporter.waiting, exporter.exported, exporter.dropped]).toEqual([0, 0, 1]);
  });

test("a partial success counts what was not taken as dropped", async () => {
  const exporter = exporterOf(collector.endpoint);
  collector.rejected = 2;
  for (let count = 0; count < 3; count++) exporter.add(span());
  await exporter.flush();
  expect([exporter.exported, exporter.dropped]).toEqual([1, 2]);
});
