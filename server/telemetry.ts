// An answer's way through this region's server, traced where the edge drew it (docs/operating.md): intake, stream, ingest.
import { randomUUID } from "node:crypto";
import type { Attributes, Span } from "../sdk/otlp.ts";
import { Problem } from "../sdk/problem.ts";
import type { Region } from "../sdk/region.ts";
import { SpanExporter, type Collector } from "../sdk/span-exporter.ts";
import { newSpan, spanOf, traceparentOf, type SpanContext } from "../sdk/trace-context.ts";
import type { StoredRecord } from "./stream/stream.ts";
import { traceHeader } from "./stream/topics.ts";

/** What a collector that was away left waiting goes out with the next look. */
const lookMs = 5_000;
/** What a graceful stop gives the collector. */
const closeMsMax = 2_000;

/** A span under way. */
export interface Begun extends SpanContext {
  readonly parentSpanId: string;
  /** Unix milliseconds. */
  readonly startedAt: number;
}

/** Present where there is a collector; without it, what is traced elsewhere passes through. */
export class Telemetry {
  readonly #region: Region;
  readonly #spans: SpanExporter;
  readonly #look: NodeJS.Timeout;

  constructor(region: Region, collector: Omit<Collector, "resource">) {
    this.#region = region;
    this.#spans = new SpanExporter({
      ...collector,
      resource: {
        "service.namespace": "maily",
        "service.name": "maily-server",
        "service.instance.id": randomUUID(),
        "maily.region": region,
      },
    });
    this.#look = setInterval(() => void this.#spans.flushSoon(), lookMs).unref();
  }

  /** What the exporter has done. */
  get counts(): Pick<SpanExporter, "exported" | "dropped" | "waiting"> {
    return this.#spans;
  }

  /** A span whose parent a caller named; undefined where it named none. */
  begin(traceparent: string | undefined): Begun | undefined {
    const parent = spanOf(traceparent);
    return parent && { ...newSpan(parent), parentSpanId: parent.spanId, startedAt: Date.now() };
  }

  end(
    { traceId, spanId, parentSpanId, startedAt }: Begun,
    what: Pick<Span, "name" | "kind" | "error" | "links"> & { readonly attributes: Attributes },
  ): void {
    this.#spans.add({
      traceId,
      spanId,
      parent: { spanId: parentSpanId, remote: true },
      startedAt,
      endedAt: Date.now(),
      ...what,
      attributes: { "maily.region": this.#region, ...what.attributes },
    });
    void this.#spans.flushSoon();
  }

  /** What `work` gives, and the span of the request that the edge signed and asked for it (OpenTelemetry: HTTP server). */
  async served<Result>(
    begun: Begun | undefined,
    route: string,
    work: Promise<Result>,
  ): Promise<Result> {
    if (begun === undefined) return work;
    const end = (status: number, error?: string): void =>
      this.end(begun, {
        name: `POST ${route}`,
        kind: "server",
        attributes: {
          "http.request.method": "POST",
          "http.route": route,
          "http.response.status_code": status,
        },
        ...(error !== undefined && { error }),
      });
    try {
      const result = await work;
      end(200);
      return result;
    } catch (error) {
      if (error instanceof Problem) end(error.status, error.code);
      else end(500, "internal");
      throw error;
    }
  }

  /** The appends of one batch (messaging producer); `arrived` is the request that brought it. */
  appended(spans: readonly (Begun | undefined)[], topic: string, arrived?: SpanContext): void {
    for (const span of spans)
      if (span !== undefined)
        this.end(span, {
          name: `send ${topic}`,
          kind: "producer",
          attributes: {
            ...messaging(topic, "send"),
            "messaging.batch.message_count": spans.length,
          },
          ...(arrived && { links: [{ traceId: arrived.traceId, spanId: arrived.spanId }] }),
        });
  }

  /** One record of the stream, read and in the warehouse (messaging consumer); `code` of a dead letter. */
  ingested(
    begun: Begun,
    { topic, partition, offset }: StoredRecord,
    code: string | undefined,
  ): void {
    this.end(begun, {
      name: `process ${topic}`,
      kind: "consumer",
      attributes: {
        ...messaging(topic, "process"),
        "messaging.destination.partition.id": String(partition),
        "messaging.kafka.offset": Number(offset),
      },
      ...(code !== undefined && { error: code }),
    });
  }

  /** Sends what waits, for a while. */
  async close(): Promise<void> {
    clearInterval(this.#look);
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, closeMsMax);
    await Promise.race([this.#spans.flush(), late.promise]);
    clearTimeout(timer);
  }
}

const messaging = (topic: string, operation: "send" | "process"): Attributes => ({
  "messaging.system": "kafka",
  "messaging.operation.type": operation,
  "messaging.operation.name": operation,
  "messaging.destination.name": topic,
});

/** The header by which a record names the span that appended it. */
export const traceHeaderOf = (
  begun: SpanContext | undefined,
  passing: string | undefined,
): Readonly<Record<string, string>> => {
  const traceparent = begun === undefined ? passing : traceparentOf(begun);
  return traceparent === undefined ? {} : { [traceHeader]: traceparent };
};
