import { isIP } from "node:net";
import { compatibilityPartitioner, Producer, type BaseOptions } from "@platformatic/kafka";
import { Problem } from "../../sdk/problem.ts";
import { log } from "../log.ts";
import { KafkaConsumer } from "./kafka-consumer.ts";
import { errorName, within } from "./kafka-errors.ts";
import { KafkaTopics, type TopicSettings } from "./kafka-topics.ts";
import {
  recordBytes,
  recordBytesMax,
  retryAfterSeconds,
  waitingBytesMax,
  type Consumer,
  type StoredRecord,
  type Stream,
  type StreamRecord,
  type Subscription,
} from "./stream.ts";

export interface KafkaConfig extends TopicSettings {
  /** `host:port` of some brokers; the others are learnt from them. */
  readonly brokers: readonly string[];
  /** Names this process to the brokers, and its place in its groups: the same after a restart, no other's at any time. */
  readonly clientId: string;
  /** Present: TLS. `ca`, `cert` and `key` are PEM texts; without `ca` the system's authorities hold. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly sasl?: {
    readonly mechanism: "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512";
    readonly username: string;
    readonly password: string;
  };
}

/** One produce request: half of the broker's default limit for a batch (message.max.bytes, 1 MiB). */
const sendBytesMax = 512 * 1024;
const sendRecordsMax = 2_000;
/** A send that takes longer is given up, and its connection with it. */
const sendMsMax = 10_000;
const healthMsMax = 3_000;
/** The library repeats a failed request this often by itself; an idempotent producer without a number never stops. */
const retriesMax = 3;
const retryPauseMs = 250;
const connectMsMax = 3_000;
const requestMsMax = 5_000;

interface Append {
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
  unsent: number;
}

interface WaitingRecord {
  readonly topic: string;
  readonly record: StreamRecord;
  readonly bytes: number;
  readonly append: Append;
}

/** The stream on Apache Kafka or Redpanda. The brokers need not be there yet: until they are, appends are refused. */
export function openKafkaStream(config: KafkaConfig): Stream {
  return new KafkaStream(config);
}

class KafkaStream implements Stream {
  readonly #options: BaseOptions;
  readonly #topics: KafkaTopics;
  readonly #consumers = new Set<KafkaConsumer>();
  #producer: Producer<string, Buffer, string, string>;
  #waiting: WaitingRecord[] = [];
  #waitingBytes = 0;
  #sending: Promise<void> | undefined;
  #draining = false;
  /** Whether the last send failed. */
  #away = false;
  #closed = false;

  constructor(config: KafkaConfig) {
    this.#options = clientOptions(config);
    this.#topics = new KafkaTopics(this.#options, config);
    this.#producer = this.#newProducer();
  }

  append(topic: string, records: readonly StreamRecord[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const append: Append = { resolve, reject, unsent: records.length };
      const added = records.map((record): WaitingRecord => {
        const bytes = recordBytes(record);
        if (bytes > recordBytesMax)
          throw new Problem("body-too-large", { limitBytes: recordBytesMax });
        return { topic, record, bytes, append };
      });
      const bytes = added.reduce((total, waiting) => total + waiting.bytes, 0);
      if (this.#closed || this.#waitingBytes + bytes > waitingBytesMax)
        throw new Problem("region-unavailable", { retryAfterSeconds });
      if (added.length === 0) resolve();
      for (const waiting of added) this.#waiting.push(waiting);
      this.#waitingBytes += bytes;
      if (!this.#draining) this.#sending = this.#drain();
    });
  }

  async consume(
    subscription: Subscription,
    handle: (batch: readonly StoredRecord[]) => Promise<void>,
  ): Promise<Consumer> {
    if (this.#closed) throw new Problem("region-unavailable", { retryAfterSeconds });
    const consumer = new KafkaConsumer({
      options: this.#options,
      topics: this.#topics,
      subscription,
      handle,
    });
    await consumer.start();
    this.#consumers.add(consumer);
    return consumer;
  }

  async healthy(): Promise<boolean> {
    if (this.#closed) return false;
    try {
      await within(healthMsMax, this.#topics.ping());
      return true;
    } catch {
      // The answer to the question, not a failure of asking.
      return false;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#sending;
    await Promise.all(Array.from(this.#consumers, (consumer) => consumer.stop()));
    await this.#producer.close(true);
    await this.#topics.close();
  }

  /** Sends what waits, one request at a time: the next request carries all that arrived meanwhile, in order. */
  async #drain(): Promise<void> {
    this.#draining = true;
    // What is appended in the same turn of the loop travels together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const group = this.#take();
      try {
        await this.#send(group);
      } catch (error) {
        // Said once for a whole outage: whoever was refused tries again, and again.
        if (!this.#away) log("appends-refused", { fault: errorName(error) });
        this.#away = true;
        this.#refuseAll(group);
        continue;
      }
      if (this.#away) log("appends-taken-again");
      this.#away = false;
      for (const { append } of group) if (--append.unsent === 0) append.resolve();
    }
    // In the same turn as the last look at what waits, or an append in between would wait for ever.
    this.#draining = false;
  }

  #take(): WaitingRecord[] {
    let count = 0;
    let bytes = 0;
    for (const waiting of this.#waiting) {
      if (count === sendRecordsMax || bytes + waiting.bytes > sendBytesMax) break;
      count++;
      bytes += waiting.bytes;
    }
    const group = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    this.#waitingBytes -= bytes;
    return group;
  }

  /** Everyone who waits hears it now: waiting out the same outage one request after another would help nobody. */
  #refuseAll(group: readonly WaitingRecord[]): void {
    const refused = new Set([...group, ...this.#waiting].map(({ append }) => append));
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const append of refused)
      append.reject(new Problem("region-unavailable", { retryAfterSeconds }));
  }

  async #send(group: readonly WaitingRecord[]): Promise<void> {
    const producer = this.#producer;
    const sent = this.#sendOn(producer, group);
    try {
      await within(sendMsMax, sent);
    } catch (error) {
      // After a failure nobody knows which sequence numbers the broker has seen: a new producer begins anew, and
      // what the old one may still have under way ends with its connections.
      this.#producer = this.#newProducer();
      sent.catch(() => undefined);
      producer.close(true).catch(() => undefined);
      throw error;
    }
  }

  async #sendOn(
    producer: Producer<string, Buffer, string, string>,
    group: readonly WaitingRecord[],
  ): Promise<void> {
    await Promise.all(
      Array.from(new Set(group.map(({ topic }) => topic)), (topic) => this.#topics.ensure(topic)),
    );
    await producer.send({
      messages: group.map(({ topic, record }) => ({
        topic,
        key: record.key,
        value: Buffer.from(record.value.buffer, record.value.byteOffset, record.value.length),
        headers: { ...record.headers },
      })),
    });
  }

  #newProducer(): Producer<string, Buffer, string, string> {
    return new Producer({
      ...this.#options,
      idempotent: true,
      // The partition that Kafka's Java clients choose for the same key.
      partitioner: (message, key) => compatibilityPartitioner(message, key),
      serializers: {
        key: (key) => (key === undefined ? undefined : Buffer.from(key)),
        value: (value) => value,
        headerKey: (name) => (name === undefined ? undefined : Buffer.from(name)),
        headerValue: (value) => (value === undefined ? undefined : Buffer.from(value)),
      },
    });
  }
}

function clientOptions(config: KafkaConfig): BaseOptions {
  const host = (config.brokers[0] ?? "").replace(/:\d+$/, "");
  return {
    clientId: config.clientId,
    bootstrapBrokers: [...config.brokers],
    retries: retriesMax,
    retryDelay: retryPauseMs,
    connectTimeout: connectMsMax,
    requestTimeout: requestMsMax,
    timeout: requestMsMax,
    autocreateTopics: false,
    ...(config.tls !== undefined && { tls: { ...config.tls }, tlsServerName: isIP(host) === 0 }),
    ...(config.sasl !== undefined && { sasl: { ...config.sasl } }),
  };
}
