// From the table `outgoing` to the stream, in order and at least once. A record leaves the table only after the stream has it
// on disk; what was appended when the process died is appended again, with the same id.
import { Problem } from "../../sdk/problem.ts";
import type { Region } from "../../sdk/region.ts";
import { faultOf, log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { backOffMs, pause } from "../stream/deliver.ts";
import { batchRecordsMax, type Stream, type StreamRecord } from "../stream/stream.ts";
import { regionHeader } from "../stream/topics.ts";
import type { Warehouse } from "../warehouse/duckdb.ts";
import {
  countWaiting,
  forgetPublished,
  lastNumber,
  waitingRecords,
  type Waiting,
} from "../warehouse/outgoing.ts";
import type { HandedOver } from "../warehouse/rows.ts";

/** With about this many records waiting, ingest waits too: the disk is the answers' first. */
export const outgoingRecordsMax = 500_000;
/** Read back at a time: more than a commit puts down, so that it catches up while ingest goes on. */
const readRecordsMax = 4_000;
/** Kept in memory; what is beyond is read back. */
const queuedRecordsMax = 20_000;
/** Published records are deleted at most so often: each time is a commit. */
const forgetEveryMs = 500;
/** How long a stop goes on publishing. */
const stopMsMax = 3_000;

export interface PublisherParts {
  readonly region: Region;
  readonly warehouse: Pick<Warehouse, "change">;
  readonly stream: Pick<Stream, "append">;
  readonly metrics: Pick<Metrics, "published">;
}

/** Topic → its records, in order. */
function byTopic(waiting: readonly Waiting[], region: Region): Map<string, StreamRecord[]> {
  const topics = new Map<string, StreamRecord[]>();
  for (const { topic, record } of waiting) {
    const records = topics.get(topic) ?? [];
    topics.set(topic, records);
    records.push({ ...record, headers: { [regionHeader]: region, ...record.headers } });
  }
  return topics;
}

/** Publishes from `start` until `stop`. One of a warehouse. */
export class Publisher {
  readonly #parts: PublisherParts;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  /** What was handed over and not published yet, in order; undefined: the table must be read. */
  #queue: Waiting[] | undefined;
  /** The last number that the table was read to, or that was handed over. */
  #seen = 0n;
  #published = 0n;
  #forgotten = 0n;
  #forgotAt = 0;
  #failures = 0;
  #waiting = 0;
  /** When nothing waited last, Unix milliseconds. */
  #emptyAt = Date.now();
  #woken = false;
  #wake: (() => void) | undefined;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  /** Publishes what an earlier process left, and from then on what each commit adds. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** There may be more in the table. */
  wake(): void {
    this.#queue = undefined;
    this.#signal();
  }

  /** What a commit put down, commit by commit. Where one was missed, or took something back, the table is read. */
  offer({ commit, waiting, takesBack }: HandedOver): void {
    const queue = this.#queue;
    if (queue !== undefined && commit > this.#seen) {
      const follows = commit === this.#seen + 1n && !takesBack;
      if (follows && queue.length + waiting.length <= queuedRecordsMax) {
        queue.push(...waiting);
        this.#seen = commit + BigInt(waiting.length);
      } else this.#queue = undefined;
    }
    this.#signal();
  }

  /** Records that waited when it was last looked. */
  get waiting(): number {
    return this.#waiting;
  }

  /** For how long something has waited, seconds; 0 where nothing does. */
  get waitingSeconds(): number {
    return this.#waiting === 0 ? 0 : (Date.now() - this.#emptyAt) / 1000;
  }

  /** Whether so much waits that no more may be added. Throws Problem `region-unavailable`. */
  requireRoom(): void {
    if (this.#waiting >= outgoingRecordsMax)
      throw new Problem("region-unavailable", { retryAfterSeconds: 2 });
  }

  /** Publishes what waits for a bounded time, as long as the stream takes it; the rest stays in the table. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#signal();
    await this.#running;
    const deadline = performance.now() + stopMsMax;
    try {
      while (performance.now() < deadline && (await this.#publishSome()));
      await this.#forget();
    } catch {
      log("publish-left", { records: this.#waiting });
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#woken = false;
      try {
        const more = await this.#publishSome();
        this.#failures = 0;
        if (!more) await this.#idle();
      } catch (error) {
        this.#failures++;
        // What was not appended is still in the table.
        this.#queue = undefined;
        this.#waiting = await this.#count().catch(() => this.#waiting);
        log("publish-postponed", {
          records: this.#waiting,
          failures: this.#failures,
          fault: error instanceof Problem ? error.code : faultOf(error),
        });
        await pause(backOffMs(this.#failures), signal);
      }
    }
  }

  /** What is next; whether there may be another. */
  async #publishSome(): Promise<boolean> {
    if (performance.now() - this.#forgotAt > forgetEveryMs) await this.#forget();
    const queue = this.#queue;
    const batch = queue?.slice(0, batchRecordsMax) ?? (await this.#readBack());
    if (batch.length === 0) {
      [this.#waiting, this.#emptyAt] = [0, Date.now()];
      return false;
    }
    if (queue !== undefined) this.#waiting = queue.length;
    for (let start = 0; start < batch.length; start += batchRecordsMax)
      await this.#append(batch.slice(start, start + batchRecordsMax));
    // Another may be there by now, or none.
    if (queue !== undefined && queue === this.#queue) queue.splice(0, batch.length);
    return true;
  }

  async #append(batch: readonly Waiting[]): Promise<void> {
    const { stream, region, metrics } = this.#parts;
    await Promise.all(
      Array.from(byTopic(batch, region), ([topic, records]) => stream.append(topic, records)),
    );
    this.#published = batch.at(-1)?.seq ?? this.#published;
    metrics.published.add(batch.length);
  }

  /** The next records of the table. With its last, what is handed over follows: no commit lies between. */
  #readBack(): Promise<Waiting[]> {
    return this.#parts.warehouse.change(async (writer) => {
      const batch = await waitingRecords(writer, this.#published, readRecordsMax);
      if (batch.length < readRecordsMax) {
        [this.#queue, this.#seen] = [[], await lastNumber(writer)];
        this.#waiting = batch.length;
      } else this.#waiting = await countWaiting(writer, this.#published);
      return batch;
    });
  }

  /** Until there is more. What was published is deleted first, for no commit may follow that would. */
  async #idle(): Promise<void> {
    const { signal } = this.#stopping;
    if (this.#published > this.#forgotten) {
      if (!this.#woken) await Promise.race([pause(forgetEveryMs, signal), this.#more()]);
      if (!this.#woken) await this.#forget();
    }
    if (!this.#woken && !signal.aborted) await this.#more();
  }

  #signal(): void {
    this.#woken = true;
    this.#wake?.();
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  async #forget(): Promise<void> {
    const upTo = this.#published;
    if (upTo <= this.#forgotten) return;
    await this.#parts.warehouse.change((writer) => forgetPublished(writer, upTo));
    [this.#forgotten, this.#forgotAt] = [upTo, performance.now()];
  }

  #count(): Promise<number> {
    return this.#parts.warehouse.change((writer) => countWaiting(writer, this.#published));
  }
}
