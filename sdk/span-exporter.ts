// Spans on their way to a collector, by OTLP/HTTP. Nobody waits for it: the queue is bounded, and what finds it full, or meets a
// collector that is away for long, is dropped and counted.
import { tracesRequest, type Resource, type Span } from "./otlp.ts";

export const exportLimits = {
  /** Spans that wait; the next is dropped. */
  spans: 2_048,
  requestSpans: 512,
  /** Spans gather so long before a request. */
  gatherMilliseconds: 1_000,
  answerMilliseconds: 5_000,
  answerBytes: 65_536,
} as const;

const restMilliseconds = { first: 1_000, max: 60_000 } as const;
/** Of one flush: all that can wait when it begins. */
const requestsMax = exportLimits.spans / exportLimits.requestSpans;
/** A flush that is older was cut off with the request that made it; the next makes another. */
const flushMilliseconds =
  exportLimits.gatherMilliseconds + requestsMax * exportLimits.answerMilliseconds + 1_000;
/** OTLP/HTTP, "Retryable Response Codes": whatever else refuses will refuse again. */
const passing: readonly number[] = [429, 502, 503, 504];

export interface Collector {
  /** The collector's address without /v1/traces. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly resource: Resource;
}

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    const timer: unknown = setTimeout(resolve, milliseconds);
    // Node alone: telemetry keeps no process alive.
    if (typeof timer === "object" && timer !== null && "unref" in timer)
      (timer as { unref: () => void }).unref();
  });

export class SpanExporter {
  readonly #collector: Collector;
  #waiting: Span[] = [];
  #flushingSince = -Infinity;
  #restUntil = 0;
  #failures = 0;
  /** Since the start. */
  exported = 0;
  dropped = 0;

  constructor(collector: Collector) {
    this.#collector = collector;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  add(span: Span): void {
    if (this.#waiting.length < exportLimits.spans) this.#waiting.push(span);
    else this.dropped += 1;
  }

  /**
   * Sends what waits, after a moment for more to join; never rejects. Undefined where there is nothing to do, or it is being
   * done. The caller keeps it alive: an edge's request by waitUntil.
   */
  flushSoon(): Promise<void> | undefined {
    const now = Date.now();
    if (this.#waiting.length === 0 || this.#rests()) return undefined;
    // Either way round: a clock that was set back must not keep them for ever.
    if (Math.abs(now - this.#flushingSince) < flushMilliseconds) return undefined;
    this.#flushingSince = now;
    return sleep(exportLimits.gatherMilliseconds)
      .then(() => this.flush())
      .finally(() => {
        this.#flushingSince = -Infinity;
      });
  }

  /** Sends what waits now; never rejects. What comes meanwhile may be left: no request is kept alive for those after it. */
  async flush(): Promise<void> {
    for (let requests = 0; requests < requestsMax; requests++) {
      if (this.#waiting.length === 0 || this.#rests()) return;
      const spans = this.#waiting.splice(0, exportLimits.requestSpans);
      const refused = await this.#send(spans);
      if (refused === "passing") {
        // They are first in the queue again; what has come meanwhile and finds no room is dropped.
        const room = Math.max(0, exportLimits.spans - this.#waiting.length);
        this.#waiting.unshift(...spans.slice(0, room));
        this.dropped += Math.max(0, spans.length - room);
        this.#rest();
      } else {
        this.#failures = 0;
        this.dropped += refused;
        this.exported += spans.length - refused;
      }
    }
  }

  /** No rest is longer than `restMilliseconds.max`: what is further ahead was said by a clock that was set back since. */
  #rests(): boolean {
    const left = this.#restUntil - Date.now();
    return left > 0 && left <= restMilliseconds.max;
  }

  #rest(): void {
    const step = Math.min(restMilliseconds.first * 2 ** this.#failures, restMilliseconds.max);
    this.#failures += 1;
    this.#restUntil = Date.now() + step * (0.5 + Math.random() / 2);
  }

  /** How many of them will never be taken, or that none is for now. */
  async #send(spans: readonly Span[]): Promise<number | "passing"> {
    const { endpoint, headers, resource } = this.#collector;
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), exportLimits.answerMilliseconds);
    try {
      const response = await fetch(`${endpoint.replace(/\/$/, "")}/v1/traces`, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: tracesRequest(resource, spans),
        redirect: "manual",
        signal: deadline.signal,
      });
      const answer = await readAnswer(response);
      if (response.status === 200) return Math.min(rejectedSpans(answer), spans.length);
      return passing.includes(response.status) ? "passing" : spans.length;
    } catch {
      return "passing"; // Not reached, cut off, or too slow: a collector that is away is no event of ours.
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The body, whatever it is, to its end or its limit: one left unread would hold the connection. */
async function readAnswer(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    bytes += part.value.length;
    if (bytes > exportLimits.answerBytes) {
      await reader?.cancel();
      break;
    }
    text += decoder.decode(part.value, { stream: true });
  }
  return text;
}

/** OTLP "Partial Success": a 200 that says how many spans it did not take. */
function rejectedSpans(answer: string): number {
  const found = /"rejectedSpans"\s*:\s*"?(\d{1,9})"?/.exec(answer)?.[1];
  return found === undefined ? 0 : Number(found);
}
