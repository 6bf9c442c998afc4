// Spans in the JSON of OTLP 1.x (opentelemetry.io/docs/specs/otlp, opentelemetry-proto trace/v1): ids in hex, 64-bit numbers as
// texts, enumerations as numbers.
import type { SpanContext } from "./trace-context.ts";

const kinds = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;
const statusError = 2;
/** Trace flags of a span: sampled, and (bits 8 and 9) whether its parent is in another process. */
const flags = { sampled: 0x001, remoteKnown: 0x100, remote: 0x200 } as const;

export type AttributeValue = string | number | boolean;
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>;

/** One piece of work. Times are Unix milliseconds. Names and attributes never hold what a reader, a key or a token says. */
export interface Span extends SpanContext {
  readonly parent?: { readonly spanId: string; readonly remote: boolean };
  readonly name: string;
  readonly kind: keyof typeof kinds;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly attributes: Attributes;
  /** Other spans that it belongs with, in whatever trace. */
  readonly links?: readonly SpanContext[];
  /** A problem code; absent where all went well. */
  readonly error?: string;
}

/** Which process the spans are of: `service.name` and whatever else OpenTelemetry's conventions name. */
export type Resource = Attributes;

const valueOf = (value: AttributeValue): object => {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
};

const attributesOf = (attributes: Attributes): object[] =>
  Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: valueOf(value) }],
  );

/** A clock's whole microseconds: a double has no room for the nanoseconds of today. */
const unixNano = (milliseconds: number): string => `${Math.round(milliseconds * 1000)}000`;

const spanJson = (span: Span): object => ({
  traceId: span.traceId,
  spanId: span.spanId,
  ...(span.parent && { parentSpanId: span.parent.spanId }),
  flags: flags.sampled | flags.remoteKnown | (span.parent?.remote === true ? flags.remote : 0),
  name: span.name,
  kind: kinds[span.kind],
  startTimeUnixNano: unixNano(span.startedAt),
  endTimeUnixNano: unixNano(Math.max(span.startedAt, span.endedAt)),
  attributes: attributesOf({ ...span.attributes, "error.type": span.error }),
  ...(span.links && {
    links: span.links.map(({ traceId, spanId }) => ({
      traceId,
      spanId,
      flags: flags.sampled | flags.remoteKnown,
    })),
  }),
  ...(span.error !== undefined && { status: { code: statusError } }),
});

/** The body of `POST /v1/traces`: an ExportTraceServiceRequest. */
export const tracesRequest = (resource: Resource, spans: readonly Span[]): string =>
  JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeSpans: [{ scope: { name: "maily" }, spans: spans.map(spanJson) }],
      },
    ],
  });
