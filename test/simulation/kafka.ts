// A log with the semantics of Kafka, in place of server/stream/kafka.ts: acknowledged or not, with either outcome; delivered
// again after every reassignment, from where the warehouse stands. It keeps the contract of server/stream/stream.ts.
import { Problem } from "../../sdk/problem.ts";
import {
  batchRecordsMax,
  recordBytes,
  recordBytesMax,
  retryAfterSeconds,
  type Consumer,
  type StoredRecord,
  type Stream,
  type StreamRecord,
  type Subscription,
} from "../../server/stream/stream.ts";
import { startProcess, type Clock, type Process } from "./clock.ts";
import type { Random } from "./random.ts";

const partitions = 3;
const sendMilliseconds = [0.3, 5] as const;
/** How long a producer tries before it gives up. */
const giveUpMilliseconds = 3_000;
/** From an append to its delivery, and how long a consumer waits where nothing comes. */
const fetchMilliseconds = [0.5, 15] as const;
const pollMilliseconds = 5_000;
const pauseMilliseconds = [100, 2_000] as const;
/** Markers of transactions and compaction leave gaps between offsets. */
const gaps = 0.2;

export interface BrokerConditions {
  away: boolean;
  /** How often an append is not acknowledged; what is stored of it then is chance. */
  unacknowledged: number;
}

function partitionOf(key: string): number {
  let hash = 7;
  for (let index = 0; index < key.length; index++) hash = (hash * 31 + key.charCodeAt(index)) | 0;
  return (hash >>> 0) % partitions;
}

/** The brokers of one region; they outlive its server. */
export class Broker {
  readonly conditions: BrokerConditions = { away: false, unacknowledged: 0 };
  readonly log: StoredRecord[][] = Array.from({ length: partitions }, () => []);
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #self = startProcess("brokers");
  readonly #ends: bigint[] = Array.from({ length: partitions }, () => 0n);
  /** Raised with each reassignment of partitions. */
  generation = 0;
  /** Consumers that wait for something to come. */
  readonly #idle = new Set<() => void>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** `server/stream/kafka.ts` for one process. */
  moduleOf(process: Process): { openKafkaStream: () => Stream } {
    return {
      openKafkaStream: () => new BrokerStream(this, process, this.#clock, this.#random),
    };
  }

  /** Sent when it is asked for; what of it arrives is stored even if the sender dies meanwhile. */
  store(topic: string, records: readonly StreamRecord[], done: (stored: boolean) => void): void {
    this.#clock.later(this.#self, this.#random.between(...sendMilliseconds), () => {
      const { away, unacknowledged } = this.conditions;
      const refused = away || this.#random.happens(unacknowledged);
      // Each partition has its own leader.
      const missing = new Set<number>();
      if (refused)
        for (let partition = 0; partition < partitions; partition++)
          if (away || this.#random.happens(0.5)) missing.add(partition);
      for (const record of records) this.#append(topic, record, missing);
      this.wake();
      done(!refused);
    });
  }

  /** Tells the consumers that wait that there may be something to do. */
  wake(): void {
    for (const run of this.#idle) run();
    this.#idle.clear();
  }

  /** Resolves, in `process`, soon after something has come, or after a while. */
  idle(process: Process): Promise<void> {
    return new Promise((resolve) => {
      const soon = (): void => {
        this.#clock.later(process, this.#random.between(...fetchMilliseconds), resolve);
      };
      this.#idle.add(soon);
      this.#clock.later(process, pollMilliseconds, resolve);
    });
  }

  #append(topic: string, record: StreamRecord, missing: ReadonlySet<number>): void {
    const partition = partitionOf(record.key);
    if (missing.has(partition)) return;
    const offset = (this.#ends[partition] ?? 0n) + (this.#random.happens(gaps) ? 2n : 0n);
    this.#ends[partition] = offset + 1n;
    const appendedAt = this.#clock.unix(this.#self);
    this.log[partition]?.push({ ...record, topic, partition, offset, appendedAt });
  }

  read(positions: ReadonlyMap<number, bigint>): StoredRecord[] {
    const batch: StoredRecord[] = [];
    for (const [partition, records] of this.log.entries()) {
      const from = positions.get(partition) ?? 0n;
      batch.push(...records.filter(({ offset }) => offset >= from));
    }
    return batch.slice(0, 1 + this.#random.whole(batchRecordsMax));
  }
}

/** Nobody is watched in a run: that topic stays empty, and takes no chance from what the seeds draw. */
const unwatched: Consumer = { stop: async () => {}, lag: async () => 0, failures: () => 0 };

class BrokerStream implements Stream {
  readonly #broker: Broker;
  readonly #process: Process;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #consumers = new Set<BrokerConsumer>();

  constructor(broker: Broker, process: Process, clock: Clock, random: Random) {
    this.#broker = broker;
    this.#process = process;
    this.#clock = clock;
    this.#random = random;
  }

  append(topic: string, records: readonly StreamRecord[]): Promise<void> {
    return new Promise((resolve, reject) => {
      if (records.some((record) => recordBytes(record) > recordBytesMax))
        throw new Problem("body-too-large", { limitBytes: recordBytesMax });
      const refuse = (): void => reject(new Problem("region-unavailable", { retryAfterSeconds }));
      this.#broker.store(topic, records, (stored) => {
        const wait = stored ? this.#random.between(...sendMilliseconds) : giveUpMilliseconds;
        this.#clock.later(this.#process, wait, stored ? resolve : refuse);
      });
    });
  }

  async consume(
    subscription: Subscription,
    handle: (batch: readonly StoredRecord[]) => Promise<void>,
  ): Promise<Consumer> {
    if (subscription.topic.startsWith("events.")) return unwatched;
    const pause = (from: number, to: number): Promise<void> =>
      new Promise((resolve) => {
        this.#clock.later(this.#process, this.#random.between(from, to), resolve);
      });
    const idle = (): Promise<void> => this.#broker.idle(this.#process);
    const consumer = new BrokerConsumer(this.#broker, subscription, handle, { pause, idle });
    this.#consumers.add(consumer);
    return consumer;
  }

  async healthy(): Promise<boolean> {
    return !this.#broker.conditions.away;
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#consumers, (consumer) => consumer.stop()));
  }
}

interface Waits {
  readonly pause: (from: number, to: number) => Promise<void>;
  readonly idle: () => Promise<void>;
}

class BrokerConsumer implements Consumer {
  readonly #broker: Broker;
  readonly #subscription: Subscription;
  readonly #waits: Waits;
  readonly #done: Promise<void>;
  #positions = new Map<number, bigint>();
  #failures = 0;
  #stopped = false;

  constructor(
    broker: Broker,
    subscription: Subscription,
    handle: (batch: readonly StoredRecord[]) => Promise<void>,
    waits: Waits,
  ) {
    this.#broker = broker;
    this.#subscription = subscription;
    this.#waits = waits;
    this.#done = this.#run(handle);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#broker.wake();
    await this.#done;
  }

  async lag(): Promise<number> {
    return this.#broker.read(this.#positions).length;
  }

  failures(): number {
    return this.#failures;
  }

  async #run(handle: (batch: readonly StoredRecord[]) => Promise<void>): Promise<void> {
    let generation = -1;
    while (!this.#stopped) {
      try {
        if (generation !== this.#broker.generation) {
          const assigned = this.#broker.generation;
          this.#positions = new Map(await this.#subscription.nextOffsets());
          generation = assigned;
        }
        const batch = this.#broker.conditions.away ? [] : this.#broker.read(this.#positions);
        if (batch.length === 0) await this.#waits.idle();
        else {
          await handle(batch);
          for (const { partition, offset } of batch) this.#positions.set(partition, offset + 1n);
        }
        this.#failures = 0;
      } catch {
        this.#failures += 1;
        await this.#waits.pause(...pauseMilliseconds);
      }
    }
  }
}
