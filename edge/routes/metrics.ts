// What a Prometheus server asks, with the operator's token.
import { fromBase64url, utf8 } from "../../sdk/bytes.ts";
import { sha256 } from "../../sdk/canonical.ts";
import { Problem } from "../../sdk/problem.ts";
import type { Settings } from "../env.ts";
import { metricsText, type Gauge } from "../metrics.ts";
import { route } from "../route.ts";
import { exported } from "../trace.ts";
import { healthOf, type RegionHealth, type RegionsHealth } from "./service.ts";

const tokenForm = /^Bearer ([\w.~+/-]{16,512}=*)$/i;
const contentType = "text/plain; version=0.0.4; charset=utf-8";

/** Problems: not-found where no token is configured, token-invalid. */
async function requireToken({ telemetry }: Settings, request: Request): Promise<void> {
  const digest = telemetry?.metricsTokenSha256;
  if (digest === undefined) throw new Problem("not-found");
  const [, token] = tokenForm.exec(request.headers.get("authorization") ?? "") ?? [];
  if (token === undefined) throw new Problem("token-invalid");
  const [known, presented] = [fromBase64url(digest), await sha256(utf8(token))];
  // Of one length: a digest's. Without early exit, so that the time taken tells nothing of the token.
  if (known === undefined || !crypto.subtle.timingSafeEqual(known, presented))
    throw new Problem("token-invalid");
}

function outboxGauge(
  known: RegionsHealth,
  name: string,
  help: string,
  figure: (health: RegionHealth) => number | undefined,
): Gauge {
  const samples = [...known].flatMap(([region, health]) => {
    const value = health instanceof Problem ? undefined : figure(health);
    return value === undefined ? [] : [[`region="${region}"`, value] as const];
  });
  return [name, help, samples];
}

/** The other figures of an outbox that is away are absent: a zero would say that nothing waits. */
function outboxUp(known: RegionsHealth): Gauge {
  const samples = [...known].flatMap(([region, health]) =>
    health instanceof Problem || health.durability === "outbox"
      ? [[`region="${region}"`, health instanceof Problem ? 0 : 1] as const]
      : [],
  );
  return ["maily_edge_outbox_up", "Whether all of the region's outbox objects answer.", samples];
}

/** When the last of a region's published keys ends: sealing stops then, and with it every answer. */
function keyExpiry({ epochs, links }: Settings): Gauge {
  const samples = [...links.keys()].map((region) => {
    const ends = [...epochs.values()].filter((epoch) => epoch.region === region);
    return [
      `region="${region}"`,
      Math.max(0, ...ends.map(({ notAfter }) => notAfter)) / 1000,
    ] as const;
  });
  return [
    "maily_edge_region_key_expires_timestamp_seconds",
    "When the region's last published key ends, Unix seconds.",
    samples,
  ];
}

function telemetryGauges(settings: Settings): Gauge[] {
  const counts = exported(settings);
  if (counts === undefined) return [];
  return [
    ["maily_edge_spans_exported_total", "Spans that the collector took.", [["", counts.exported]]],
    ["maily_edge_spans_dropped_total", "Spans that it never got.", [["", counts.dropped]]],
    ["maily_edge_spans_waiting", "Spans on their way to it.", [["", counts.waiting]]],
  ];
}

export const getMetrics = route({
  method: "GET",
  path: "/metrics",
  summary: "What this isolate counts and what waits for each region, for Prometheus",
  answers: { 200: { description: "The text format, version 0.0.4", contentType } },
  problems: ["not-found", "token-invalid"],
  handle: async ({ env, settings, request, now, headers }) => {
    headers["cache-control"] = "no-store";
    // RFC 9110 §11.6.1: a 401 names how to authenticate.
    if (settings.telemetry?.metricsTokenSha256 !== undefined)
      headers["www-authenticate"] = "Bearer";
    await requireToken(settings, request);
    delete headers["www-authenticate"];
    const health = await healthOf(env, settings, now);
    const text = metricsText([
      outboxUp(health),
      outboxGauge(
        health,
        "maily_edge_outbox_waiting",
        "Answers acknowledged and not yet taken by the region's server.",
        ({ waiting }) => waiting,
      ),
      outboxGauge(
        health,
        "maily_edge_outbox_oldest_age_seconds",
        "How long the oldest of them has waited.",
        ({ oldestSeconds }) => oldestSeconds,
      ),
      outboxGauge(
        health,
        "maily_edge_outbox_parked",
        "Answers that the region's server refused, kept for its operator.",
        ({ parked }) => parked,
      ),
      keyExpiry(settings),
      ...telemetryGauges(settings),
    ]);
    return new Response(text, { headers: { "content-type": contentType } });
  },
});
