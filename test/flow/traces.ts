// One answer's trace as the collector has it, checked hop by hop.
import { expect } from "vitest";
import type { Region } from "../../sdk/region.ts";
import type { Collector, ReceivedSpan } from "../collector.ts";

/** Names, in the order of the way. */
export const hops = (region: Region): readonly string[] => {
  const topic = `answers.sealed.${region}`;
  const kept = region === "apac" ? "send stream" : "send outbox";
  return [
    "maily-edge server POST /v1/answers",
    `maily-edge producer ${kept}`,
    "maily-edge client POST /v1/intake",
    "maily-server server POST /v1/intake",
    `maily-server producer send ${topic}`,
    `maily-server consumer process ${topic}`,
  ];
};

const nameOf = ({ service, kind, name }: ReceivedSpan): string => `${service} ${kind} ${name}`;

/** The traces of answers whose last hop has come, oldest first. */
export function finished({ spans }: Collector): string[] {
  return spans.filter(({ kind }) => kind === "consumer").map(({ traceId }) => traceId);
}

/** The hops of a trace by name; of those that were tried again, the one that went through. */
export function hopsOf({ spans }: Collector, traceId: string): Map<string, ReceivedSpan> {
  const own = spans.filter((span) => span.traceId === traceId && !span.failed);
  const named = new Map(own.map((span) => [nameOf(span), span]));
  expect(own.map(nameOf).sort(), "each hop once").toEqual([...named.keys()].sort());
  return named;
}

/** Every hop there, each under the one that caused it, in one trace, and none before its parent. */
export function checkTrace(collector: Collector, traceId: string, region: Region): void {
  const named = hopsOf(collector, traceId);
  expect([...named.keys()].sort()).toEqual([...hops(region)].sort());
  const [admission, kept, delivery, intake, appended, ingested] = hops(region).map((name) => {
    const span = named.get(name);
    if (span === undefined) throw new Error(`no ${name}`);
    return span;
  }) as [ReceivedSpan, ReceivedSpan, ReceivedSpan, ReceivedSpan, ReceivedSpan, ReceivedSpan]; // `hops` has six.
  const parents = [admission, kept, delivery, intake, appended, ingested].map(
    ({ parentSpanId }) => parentSpanId,
  );
  expect(parents).toEqual([
    undefined,
    admission.spanId,
    kept.spanId,
    delivery.spanId,
    // What was kept goes on; that it came with this request is a link.
    kept.spanId,
    appended.spanId,
  ]);
  expect(appended.links).toEqual([{ traceId, spanId: intake.spanId }]);
  for (const span of named.values()) expect(span.attributes["maily.region"]).toBe(region);
  expect(admission.attributes).toMatchObject({
    "http.request.method": "POST",
    "http.route": "/v1/answers",
    "http.response.status_code": 202,
  });
  expect(intake.attributes["http.response.status_code"]).toBe(200);
  // One machine, one clock; a millisecond for workerd's, which stands still between what it waits for.
  for (const [earlier, later] of [
    [admission, kept],
    [kept, delivery],
    [delivery, intake],
    [intake, appended],
    [appended, ingested],
  ] as const)
    expect(later.startedAt).toBeGreaterThanOrEqual(earlier.startedAt - 1);
}
