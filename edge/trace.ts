// An answer's way, traced (docs/operating.md). The edge draws which requests are; a reader's own traceparent decides nothing, and
// without the binding TELEMETRY nothing here does anything.
import type { Span } from "../sdk/otlp.ts";
import type { Region } from "../sdk/region.ts";
import { SpanExporter } from "../sdk/span-exporter.ts";
import {
  newSpan,
  newTrace,
  spanOf,
  traceparentOf,
  type SpanContext,
} from "../sdk/trace-context.ts";
import type { Settings } from "./env.ts";
import type { Outcome } from "./outbox-entry.ts";
import type { WaitUntil } from "./together.ts";

/** A request that is traced. Times are Unix milliseconds; workerd's clock moves only when something was waited for. */
export interface TracedRequest extends SpanContext {
  readonly startedAt: number;
  /** An operator's own span. */
  readonly parent: SpanContext | undefined;
}

/** The telemetry that the isolate's settings ask for. */
let exporter: { readonly of: object; readonly spans: SpanExporter } | undefined;

function spansOf({ telemetry }: Settings): SpanExporter | undefined {
  const otlp = telemetry?.otlp;
  if (otlp === undefined) return undefined;
  if (exporter?.of !== otlp)
    exporter = {
      of: otlp,
      spans: new SpanExporter({
        endpoint: otlp.endpoint,
        headers: otlp.headers,
        resource: {
          "service.namespace": "maily",
          "service.name": "maily-edge",
          "service.instance.id": crypto.randomUUID(),
        },
      }),
    };
  return exporter.spans;
}

/**
 * A request's span, where it is drawn, at Unix milliseconds. It begins a trace: a reader's browser, or what stands before it,
 * could otherwise have everything recorded, or mix its own into others' traces.
 */
export function drawTrace({ telemetry }: Settings, startedAt: number): TracedRequest | undefined {
  const otlp = telemetry?.otlp;
  if (otlp === undefined || Math.random() * otlp.sampleOneIn >= 1) return undefined;
  return { ...newTrace(), startedAt, parent: undefined };
}

/** The span of a request whose caller was found to be an operator of ours: it continues the caller's trace, if there is one. */
export function continueTrace(
  { telemetry }: Settings,
  request: Request,
  startedAt: number,
): TracedRequest | undefined {
  if (telemetry?.otlp === undefined) return undefined;
  const parent = spanOf(request.headers.get("traceparent"));
  return parent && { ...newSpan(parent), startedAt, parent };
}

/** The span of a request that was answered (OpenTelemetry: HTTP server). `waitUntil` keeps the request alive to export it. */
export function endRequest(
  settings: Settings,
  { traceId, spanId, startedAt, parent }: TracedRequest,
  answered: {
    readonly method: string;
    readonly route: string;
    readonly region: Region | undefined;
    readonly status: number;
    readonly code: string | undefined;
  },
  waitUntil: WaitUntil,
): void {
  const spans = spansOf(settings);
  if (spans === undefined) return;
  const { method, route, region, status, code } = answered;
  spans.add({
    traceId,
    spanId,
    ...(parent && { parent: { spanId: parent.spanId, remote: true } }),
    name: `${method} ${route}`,
    kind: "server",
    startedAt,
    endedAt: Date.now(),
    attributes: {
      "http.request.method": method,
      "http.route": route,
      "http.response.status_code": status,
      "maily.region": region,
      "maily.problem": code,
    },
    // OpenTelemetry: what the caller did wrong is no error of a server.
    ...(status >= 500 && { error: code ?? String(status) }),
  });
  keepExporting(settings, waitUntil);
}

/** Sends spans that wait, beside whatever goes on. */
export function keepExporting(settings: Settings, waitUntil: WaitUntil): void {
  const flushing = spansOf(settings)?.flushSoon();
  if (flushing !== undefined) waitUntil(flushing);
}

export interface Kept extends SpanContext {
  readonly parent: SpanContext;
  readonly startedAt: number;
}

/** The span under which an entry of a traced request is made durable (OpenTelemetry: messaging producer). */
export const beginKeeping = (request: SpanContext): Kept => ({
  ...newSpan(request),
  parent: request,
  startedAt: Date.now(),
});

export function endKeeping(
  settings: Settings,
  { parent, ...span }: Kept,
  region: Region,
  destination: "outbox" | "stream",
  outcome: Outcome,
): void {
  const refused = outcome.status === "refused" ? outcome.code : undefined;
  spansOf(settings)?.add({
    ...span,
    parent: { spanId: parent.spanId, remote: false },
    name: `send ${destination}`,
    kind: "producer",
    endedAt: Date.now(),
    attributes: {
      "messaging.system": "maily",
      "messaging.operation.type": "send",
      "messaging.operation.name": "send",
      "messaging.destination.name": destination,
      "maily.region": region,
      "maily.outcome": outcome.status,
    },
    ...(refused !== undefined && { error: refused }),
  });
}

/** Entries end in their `trace`; within a record or receipt the quotation marks would be escaped. */
const tracePattern = /","trace":"([0-9a-f-]{55})"\}/g;

/** A request to a region's server that carries traced entries: one span for each, in its own trace. */
export interface TracedDelivery {
  /** For the request: it has one parent, so it is the first entry's; the others' spans link to that. */
  readonly traceparent: string;
  end(status: "delivered" | "away" | "refused", code?: string): void;
}

/** Undefined where none of the entries is traced. */
export function beginDelivery(
  settings: Settings,
  region: Region,
  texts: readonly string[],
  entries: number,
): TracedDelivery | undefined {
  const spans = spansOf(settings);
  if (spans === undefined) return undefined;
  const sent: Pick<Span, "traceId" | "spanId" | "parent" | "links">[] = [];
  for (const text of texts)
    for (const [, traceparent] of text.matchAll(tracePattern)) {
      const kept = spanOf(traceparent);
      if (kept === undefined) continue;
      const [first] = sent;
      sent.push({
        ...newSpan(kept),
        parent: { spanId: kept.spanId, remote: true },
        ...(first && { links: [{ traceId: first.traceId, spanId: first.spanId }] }),
      });
    }
  const [first] = sent;
  if (first === undefined) return undefined;
  const startedAt = Date.now();
  return {
    traceparent: traceparentOf(first),
    end: (status, code) => {
      const endedAt = Date.now();
      for (const span of sent)
        spans.add({
          ...span,
          name: "POST /v1/intake",
          kind: "client",
          startedAt,
          endedAt,
          attributes: {
            "http.request.method": "POST",
            "url.template": "/v1/intake",
            "messaging.batch.message_count": entries,
            "maily.region": region,
            "maily.delivery": status,
          },
          ...(status !== "delivered" && { error: code ?? "region-unavailable" }),
        });
    },
  };
}

/** What this isolate's exporter has done: undefined where there is none. */
export const exported = (
  settings: Settings,
): Pick<SpanExporter, "exported" | "dropped" | "waiting"> | undefined => spansOf(settings);
