// What this isolate counts, in the Prometheus text format. Cloudflare runs many isolates and ends them at will: whoever asks meets
// one of them. Its figures are labelled with it, so that shares and quantiles hold; the outboxes' are the platform's
// (docs/operating.md).
import type { Region } from "../sdk/region.ts";

/** Upper bounds in seconds, around what design asks of an acknowledgement: p99 within 30 ms. */
const latencyBounds = [
  0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20,
] as const;
/** Routes × regions × codes that were met; what comes beyond is not counted on its own. */
const seriesMax = 1_000;

interface Series {
  readonly labels: string;
  count: number;
}

interface Latency {
  readonly below: number[];
  count: number;
  sum: number;
}

/** Requests by route, region and outcome: a problem's code, or the status of what is none. */
const requests = new Map<string, Series>();
/** Of requests that say a region. */
const latencies = new Map<string, Latency>();
/**
 * Requests under way, by the second of their arrival. Where a reader hangs up, workerd ends the request without a word: after
 * these seconds whoever is left of a second was cut off.
 */
const secondsMax = 32;
const underWay = Array.from({ length: secondsMax }, () => ({ second: 0, requests: 0 }));
let cutOff = 0;
/** Drawn with the first request: outside of one, the platform gives no random bytes. */
let isolate = "";

function slotOf(second: number): { second: number; requests: number } {
  // The remainder is within the array.
  const slot = underWay[second % secondsMax] as { second: number; requests: number };
  if (slot.second !== second) {
    // Below zero where the clock was set back: a counter never goes down.
    cutOff += Math.max(0, slot.requests);
    slot.second = second;
    slot.requests = 0;
  }
  return slot;
}

const secondOf = (milliseconds: number): number => Math.floor(milliseconds / 1000);

/** A request has come, at Unix milliseconds. */
export function countArrival(arrivedAt: number): void {
  if (isolate === "") isolate = crypto.randomUUID().slice(0, 8);
  slotOf(secondOf(arrivedAt)).requests += 1;
}

/** It is answered: by which route, for which region where that is known, and with what. */
export function countAnswer(
  route: string | undefined,
  region: Region | undefined,
  outcome: string,
  arrivedAt: number,
): void {
  const now = Date.now();
  if (now - arrivedAt < (secondsMax - 1) * 1000) slotOf(secondOf(arrivedAt)).requests -= 1;
  const key = `${route ?? ""}|${region ?? ""}|${outcome}`;
  const known = requests.get(key);
  if (known !== undefined) known.count += 1;
  else if (requests.size < seriesMax)
    requests.set(key, {
      labels: `route="${route ?? "none"}",region="${region ?? "none"}",outcome="${outcome}"`,
      count: 1,
    });
  if (region === undefined) return;
  const latency = latencies.get(region) ?? { below: latencyBounds.map(() => 0), count: 0, sum: 0 };
  latencies.set(region, latency);
  const seconds = Math.max(0, now - arrivedAt) / 1000;
  const bucket = latencyBounds.findIndex((bound) => seconds <= bound);
  if (bucket >= 0) latency.below[bucket] = (latency.below[bucket] ?? 0) + 1;
  latency.count += 1;
  latency.sum += seconds;
}

/** A name, what it means, and its samples: labels without braces, or none for what is this isolate's own, and a value. */
export type Gauge = readonly [
  name: string,
  help: string,
  samples: readonly (readonly [labels: string, value: number])[],
];

const head = (name: string, help: string, kind: string): string =>
  `# HELP ${name} ${help}\n# TYPE ${name} ${kind}`;

function latencyLines(name: string): string[] {
  const lines = [head(name, "From a request's arrival to its answer, by region.", "histogram")];
  for (const [region, { below, count, sum }] of latencies) {
    const labels = `isolate="${isolate}",region="${region}"`;
    let within = 0;
    for (const [index, bound] of latencyBounds.entries()) {
      within += below[index] ?? 0;
      lines.push(`${name}_bucket{${labels},le="${bound}"} ${within}`);
    }
    lines.push(
      `${name}_bucket{${labels},le="+Inf"} ${count}`,
      `${name}_sum{${labels}} ${sum}`,
      `${name}_count{${labels}} ${count}`,
    );
  }
  return lines;
}

/** The text format, version 0.0.4; `gauges` are read at the time of asking. */
export function metricsText(gauges: readonly Gauge[]): string {
  const now = secondOf(Date.now());
  // Brings every second up to date, so that the cut off are counted without new arrivals.
  const current = Array.from({ length: secondsMax }, (_, ago) => slotOf(now - ago).requests);
  const lines = [
    head("maily_edge_requests_total", "Requests by route, region and outcome.", "counter"),
    ...[...requests.values()].map(
      ({ labels, count }) => `maily_edge_requests_total{isolate="${isolate}",${labels}} ${count}`,
    ),
    ...latencyLines("maily_edge_request_duration_seconds"),
    head("maily_edge_requests_under_way", "Requests not answered yet, in this isolate.", "gauge"),
    `maily_edge_requests_under_way{isolate="${isolate}"} ${current.reduce((sum, count) => sum + count, 0)}`,
    head("maily_edge_requests_cut_off_total", "Requests whose reader hung up.", "counter"),
    `maily_edge_requests_cut_off_total{isolate="${isolate}"} ${cutOff}`,
  ];
  for (const [name, help, samples] of gauges) {
    lines.push(head(name, help, name.endsWith("_total") ? "counter" : "gauge"));
    for (const [labels, value] of samples)
      lines.push(`${name}{${labels === "" ? `isolate="${isolate}"` : labels}} ${value}`);
  }
  return `${lines.join("\n")}\n`;
}
