import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { Problem } from "../../sdk/problem.ts";
import { faultOf, log } from "../log.ts";
import { backOffMs, deliver, pause, type DeliveryHealth } from "./deliver.ts";
import { SegmentStore } from "./embedded-store.ts";
import {
  recordBytes,
  recordBytesMax,
  retentionMsDefault,
  retryAfterSeconds,
  waitingBytesMax,
  type Consumer,
  type StoredRecord,
  type Stream,
  type StreamRecord,
  type Subscription,
} from "./stream.ts";

export interface EmbeddedConfig {
  /** The SQLite file; its folder is made if missing. One process at a time. */
  readonly path: string;
  /** Records older than this that every consumer has handled are deleted. */
  readonly retentionMs?: number;
  /** Topics whose records are deleted at that age whoever has handled them: they are nobody's only copy. */
  readonly derivedTopics?: readonly string[];
}

/** Appends committed in one transaction: bounds how long the process waits for one fsync. */
const commitRecordsMax = 2_000;
const sweepEveryMs = 60_000;
/** SQLite's greatest integer. */
const offsetMax = 2n ** 63n - 1n;

interface Append {
  readonly topic: string;
  readonly records: readonly StreamRecord[];
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** The stream inside this process, on one SQLite file. Throws Problem `configuration-invalid` when it cannot open it. */
export function openEmbeddedStream(config: EmbeddedConfig): Stream {
  mkdirSync(dirname(config.path), { recursive: true });
  return new EmbeddedStream(new SegmentStore(config.path), config);
}

class EmbeddedStream implements Stream {
  readonly #store: SegmentStore;
  readonly #retentionMs: number;
  readonly #derivedTopics: ReadonlySet<string>;
  readonly #consumers = new Set<EmbeddedConsumer>();
  readonly #sweep: NodeJS.Timeout;
  #waiting: Append[] = [];
  #waitingBytes = 0;
  #closed = false;
  /** Whether the last commit went through. */
  #writable = true;

  constructor(store: SegmentStore, { retentionMs, derivedTopics }: EmbeddedConfig) {
    this.#store = store;
    this.#retentionMs = retentionMs ?? retentionMsDefault;
    this.#derivedTopics = new Set(derivedTopics);
    this.#sweep = setInterval(() => this.#expire(), sweepEveryMs).unref();
  }

  append(topic: string, records: readonly StreamRecord[]): Promise<void> {
    return new Promise((resolve, reject) => {
      let bytes = 0;
      for (const record of records) {
        const size = recordBytes(record);
        if (size > recordBytesMax)
          throw new Problem("body-too-large", { limitBytes: recordBytesMax });
        bytes += size;
      }
      if (this.#closed || this.#waitingBytes + bytes > waitingBytesMax)
        throw new Problem("region-unavailable", { retryAfterSeconds });
      this.#waiting.push({ topic, records, bytes, resolve, reject });
      this.#waitingBytes += bytes;
      // Everything that arrives in this turn of the loop shares one transaction and one fsync.
      if (this.#waiting.length === 1) setImmediate(() => this.#commit());
    });
  }

  async consume(
    subscription: Subscription,
    handle: (batch: readonly StoredRecord[]) => Promise<void>,
  ): Promise<Consumer> {
    const named = await subscription.nextOffsets();
    if (this.#closed) throw new Problem("region-unavailable", { retryAfterSeconds });
    const nextOffsets = this.#store.startOffsets(subscription.topic, named);
    const consumer = new EmbeddedConsumer(this.#store, subscription, nextOffsets, handle, () =>
      this.#consumers.delete(consumer),
    );
    this.#consumers.add(consumer);
    return consumer;
  }

  async healthy(): Promise<boolean> {
    if (!this.#closed && !this.#writable) this.#writable = this.#store.probe();
    return !this.#closed && this.#writable;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#sweep);
    while (this.#waiting.length > 0) this.#commit();
    await Promise.all(Array.from(this.#consumers, (consumer) => consumer.stop()));
    this.#store.close();
  }

  #commit(): void {
    const group: Append[] = [];
    let count = 0;
    while (this.#waiting.length > group.length && count < commitRecordsMax) {
      const append = this.#waiting[group.length];
      if (append === undefined) break;
      group.push(append);
      count += append.records.length;
    }
    this.#waiting = this.#waiting.slice(group.length);
    if (group.length === 0) return;
    if (this.#waiting.length > 0) setImmediate(() => this.#commit());
    for (const append of group) this.#waitingBytes -= append.bytes;
    try {
      this.#store.append(group);
      this.#writable = true;
    } catch (error) {
      this.#writable = false;
      for (const append of group) append.reject(error);
      return;
    }
    for (const append of group) append.resolve();
    for (const consumer of this.#consumers) consumer.wake();
  }

  #expire(): void {
    const before = Date.now() - this.#retentionMs;
    for (const topic of this.#store.topics()) {
      if (this.#derivedTopics.has(topic)) {
        this.#store.expire(topic, before, () => offsetMax);
        continue;
      }
      const readers = Array.from(this.#consumers).filter((consumer) => consumer.topic === topic);
      // A record that nobody has handled yet is an acknowledged answer that is nowhere else: it stays, however old.
      if (readers.length === 0) continue;
      this.#store.expire(topic, before, (partition) =>
        readers.map((reader) => reader.keptTo(partition)).reduce((a, b) => (a < b ? a : b)),
      );
    }
  }
}

class EmbeddedConsumer implements Consumer {
  readonly topic: string;
  readonly #store: SegmentStore;
  readonly #nextOffsets: Map<number, bigint>;
  readonly #firstHeld: Subscription["firstHeld"];
  readonly #stopping = new AbortController();
  readonly #health: DeliveryHealth = { failures: 0 };
  readonly #done: Promise<void>;
  #wake: (() => void) | undefined;
  #woken = false;

  constructor(
    store: SegmentStore,
    { topic, firstHeld }: Subscription,
    nextOffsets: Map<number, bigint>,
    handle: (batch: readonly StoredRecord[]) => Promise<void>,
    stopped: () => void,
  ) {
    this.#store = store;
    this.topic = topic;
    this.#firstHeld = firstHeld;
    this.#nextOffsets = nextOffsets;
    this.#done = this.#run(handle).finally(stopped);
  }

  wake(): void {
    this.#woken = true;
    this.#wake?.();
  }

  /** Records of a partition before this offset need not come again. */
  keptTo(partition: number): bigint {
    return this.#firstHeld?.(partition) ?? this.#nextOffsets.get(partition) ?? 0n;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    await this.#done;
  }

  async lag(): Promise<number> {
    return this.#store.countFrom(this.topic, this.#nextOffsets);
  }

  failures(): number {
    return this.#health.failures;
  }

  async #run(handle: (batch: readonly StoredRecord[]) => Promise<void>): Promise<void> {
    const { signal } = this.#stopping;
    // Each batch begins at the next partition, so that a busy one cannot keep another waiting.
    for (let first = 0; !signal.aborted; first++) {
      this.#woken = false;
      const batch = await this.#read(first);
      if (batch.length === 0) {
        await this.#appended();
      } else if (await deliver(batch, handle, this.#health, signal)) {
        for (const { partition, offset } of batch) this.#nextOffsets.set(partition, offset + 1n);
      }
    }
  }

  /** A disk that cannot be read is asked again later, like a handler that refuses. */
  async #read(first: number): Promise<readonly StoredRecord[]> {
    try {
      return this.#store.read(this.topic, this.#nextOffsets, first);
    } catch (error) {
      log("stream-unreadable", { topic: this.topic, fault: faultOf(error) });
      this.#woken = true;
      await pause(backOffMs(++this.#health.failures), this.#stopping.signal);
      return [];
    }
  }

  /** Only this process writes to the file, so only its appends can end the wait. */
  async #appended(): Promise<void> {
    if (this.#woken) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}
