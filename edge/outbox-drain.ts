// What hands an outbox to its region's server: the oldest entries first, a batch at a time, until the server has them.
//
// One batch is under way at a time, so that a reader's records keep their order; what arrives meanwhile is the next, however
// long that takes: no entry waits for company. A batch holds as many entries as an object is meant to take in a second
// (`npm run bench catch-up`), and shards drain beside each other.
import type { Region } from "../sdk/region.ts";
import type { IntakeResult } from "../sdk/schema/record.ts";
import type { Settings } from "./env.ts";
import { forwardBatch } from "./forward.ts";
import { logEvent, logFault } from "./log.ts";
import { entriesOf, type OutboxQueue, type Segment } from "./outbox-queue.ts";
import { keepExporting } from "./trace.ts";

const backOffMilliseconds = { first: 250, max: 10_000 } as const;
/** No rest is longer (edge/forward.ts, `retryAfterSecondsMax`): what is further ahead was said by a clock that was set back. */
const restMillisecondsMax = 310_000;

export class Drain {
  readonly #state: DurableObjectState;
  readonly #queue: OutboxQueue;
  readonly #write: (change: () => void) => void;
  #running: Promise<void> | undefined;
  #failures = 0;
  /** Unix milliseconds before which the region's server is left alone. */
  #restUntil = 0;

  /** `write` makes a change in one transaction. */
  constructor(state: DurableObjectState, queue: OutboxQueue, write: (change: () => void) => void) {
    this.#state = state;
    this.#queue = queue;
    this.#write = write;
  }

  /** Unix milliseconds; in the past where nothing rests. */
  get restUntil(): number {
    if (this.#restUntil - Date.now() > restMillisecondsMax) this.#restUntil = 0;
    return this.#restUntil;
  }

  get isIdle(): boolean {
    return this.#running === undefined && Date.now() >= this.restUntil;
  }

  /** Until nothing waits or the server is away. Rejects with what no server causes: a bug, or storage that fails. */
  run(settings: Settings, region: Region): Promise<void> {
    this.#running ??= this.#run(settings, region).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** A bug, or storage that fails: leaves everything as it is for a while. */
  fault(event: string, error: unknown, region: Region | undefined): void {
    logFault(event, error, { region });
    this.#rest(region);
  }

  async #run(settings: Settings, region: Region): Promise<void> {
    while (Date.now() >= this.restUntil) {
      const segments = this.#queue.next();
      const [oldest] = segments;
      if (oldest === undefined) return;
      const texts = segments.map(({ text }) => text);
      const entries = segments.reduce((sum, segment) => sum + segment.entries, 0);
      const delivery = await forwardBatch(settings, region, texts, entries);
      keepExporting(settings, (promise) => this.#state.waitUntil(promise));
      if (delivery.status === "delivered") this.#settle(region, segments, delivery.results);
      else if (delivery.status === "away") this.#rest(region, delivery.retryAfterSeconds);
      else await this.#sendOneByOne(settings, region, oldest);
    }
  }

  /** Where the server refuses a batch as a whole, only the entry at fault is parked; the others are taken. */
  async #sendOneByOne(settings: Settings, region: Region, segment: Segment): Promise<void> {
    const results: IntakeResult[] = [];
    for (const entry of entriesOf(segment)) {
      const delivery = await forwardBatch(settings, region, [entry], 1);
      if (delivery.status === "away") {
        this.#rest(region, delivery.retryAfterSeconds);
        return;
      }
      results.push(...(delivery.status === "delivered" ? delivery.results : [delivery]));
    }
    this.#settle(region, [segment], results);
  }

  #settle(region: Region, segments: readonly Segment[], results: readonly IntakeResult[]): void {
    this.#failures = 0;
    const isParked = results.some(({ status }) => status === "refused");
    if (isParked) this.#write(() => this.#queue.park(segments, results, Date.now()));
    else this.#queue.taken(segments);
    for (const result of results)
      if (result.status === "refused") logEvent("parked", { region, code: result.code });
  }

  /** Exponential back-off with jitter, and never less than what the server asked for. */
  #rest(region: Region | undefined, retryAfterSeconds = 0): void {
    const step = Math.min(backOffMilliseconds.first * 2 ** this.#failures, backOffMilliseconds.max);
    this.#failures += 1;
    this.#restUntil = Date.now() + retryAfterSeconds * 1000 + step * (0.5 + Math.random() / 2);
    if (this.#failures === 1) logEvent("region-away", { region });
  }
}
