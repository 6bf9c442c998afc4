// A protocol peer of OTLP/HTTP: takes what a collector would, strictly, and refuses the rest with its reason. A real collector's
// receiver reads the same in test/peers/go-otlp.test.ts.
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";

const TraceId = z.string().regex(/^(?!0{32})[0-9a-f]{32}$/);
const SpanId = z.string().regex(/^(?!0{16})[0-9a-f]{16}$/);
const Nano = z.string().regex(/^[1-9]\d{18}$/);

const Value = z.union([
  z.strictObject({ stringValue: z.string() }),
  z.strictObject({ boolValue: z.boolean() }),
  z.strictObject({ intValue: z.string().regex(/^-?\d+$/) }),
  z.strictObject({ doubleValue: z.number() }),
]);
const Attributes = z
  .array(z.strictObject({ key: z.string().min(1), value: Value }))
  .refine((list) => new Set(list.map(({ key }) => key)).size === list.length, "a key twice");

const Span = z.strictObject({
  traceId: TraceId,
  spanId: SpanId,
  parentSpanId: SpanId.optional(),
  flags: z.int().min(0).max(0x3ff),
  name: z.string().min(1),
  kind: z.int().min(1).max(5),
  startTimeUnixNano: Nano,
  endTimeUnixNano: Nano,
  attributes: Attributes,
  links: z.array(z.strictObject({ traceId: TraceId, spanId: SpanId, flags: z.int() })).optional(),
  status: z.strictObject({ code: z.literal(2) }).optional(),
});

const Traces = z.strictObject({
  resourceSpans: z.array(
    z.strictObject({
      resource: z.strictObject({ attributes: Attributes }),
      scopeSpans: z.array(
        z.strictObject({
          scope: z.strictObject({ name: z.string() }),
          spans: z.array(Span).max(512),
        }),
      ),
    }),
  ),
});

const kinds = ["", "internal", "server", "client", "producer", "consumer"] as const;

/** A span as a test asks about it. */
export interface ReceivedSpan {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: string;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly failed: boolean;
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number;
}

const plain = (list: z.infer<typeof Attributes>): ReceivedSpan["attributes"] =>
  Object.fromEntries(
    list.map(({ key, value }) => {
      if ("intValue" in value) return [key, Number(value.intValue)];
      if ("stringValue" in value) return [key, value.stringValue];
      return [key, "boolValue" in value ? value.boolValue : value.doubleValue];
    }),
  );

const millisecondsOf = (nano: string): number => Number(BigInt(nano) / 1_000n) / 1_000;

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  // Nothing of ours is larger, and a test would see it missing.
  for await (const part of request) if (text.length < 16_777_216) text += String(part);
  return text;
}

export class Collector {
  readonly spans: ReceivedSpan[] = [];
  /** Why requests were refused. */
  readonly faults: string[] = [];
  readonly headers: IncomingMessage["headers"][] = [];
  requests = 0;
  /** Every body as it came. */
  readonly bodies: string[] = [];
  /** What it answers instead of taking anything. */
  mood: { readonly status: number; readonly retryAfter?: string } | undefined;
  /** Of the next request, how many spans it says it did not take. */
  rejected = 0;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async listen(port = 0): Promise<Collector> {
    const server = createServer();
    const collector = new Collector(server);
    server.on("request", (request, response) => {
      const answer = async (): Promise<void> => {
        const { status, body } = await collector.#answer(request);
        response.writeHead(status, { "content-type": "application/json" }).end(body);
      };
      void answer();
    });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return collector;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`; // A TCP server's address.
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage): Promise<{ status: number; body: string }> {
    this.requests += 1;
    this.headers.push(request.headers);
    const text = await bodyOf(request);
    this.bodies.push(text);
    if (this.mood !== undefined) return { status: this.mood.status, body: "{}" };
    const asked = `${request.method} ${request.url} ${request.headers["content-type"]}`;
    if (asked !== "POST /v1/traces application/json") return this.#refuse(asked);
    const parsed = Traces.safeParse(JSON.parse(text));
    if (!parsed.success) return this.#refuse(z.prettifyError(parsed.error));
    for (const { resource, scopeSpans } of parsed.data.resourceSpans)
      for (const span of scopeSpans.flatMap(({ spans }) => spans))
        this.#take(String(plain(resource.attributes)["service.name"]), span);
    const body = this.rejected > 0 ? { partialSuccess: { rejectedSpans: `${this.rejected}` } } : {};
    return { status: 200, body: JSON.stringify(body) };
  }

  #take(service: string, span: z.infer<typeof Span>): void {
    if (BigInt(span.endTimeUnixNano) < BigInt(span.startTimeUnixNano))
      this.faults.push(`${span.name} ends before it starts`);
    if (this.spans.some(({ spanId }) => spanId === span.spanId))
      this.faults.push(`${span.name} came twice`);
    this.spans.push({
      service,
      traceId: span.traceId,
      spanId: span.spanId,
      parentSpanId: span.parentSpanId,
      name: span.name,
      kind: kinds[span.kind] ?? "",
      attributes: plain(span.attributes),
      links: (span.links ?? []).map(({ traceId, spanId }) => ({ traceId, spanId })),
      failed: span.status !== undefined,
      startedAt: millisecondsOf(span.startTimeUnixNano),
      endedAt: millisecondsOf(span.endTimeUnixNano),
    });
  }

  #refuse(fault: string): { status: number; body: string } {
    this.faults.push(fault);
    return { status: 400, body: "{}" };
  }
}
