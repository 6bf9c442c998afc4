import { setTimeout as sleep } from "node:timers/promises";
import { Admin, findErrorBy, ListOffsetTimestamps, type BaseOptions } from "@platformatic/kafka";
import { partitionsDefault, retentionMsDefault } from "./stream.ts";

/** How topics are made that do not exist yet; one that exists is taken as it is. */
export interface TopicSettings {
  readonly partitions?: number;
  /** Copies of each partition; without it the broker's own default. */
  readonly replicas?: number;
  readonly retentionMs?: number;
}

/** The first offset a partition still has and the one its next record will get. */
export interface PartitionRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** CreateTopics (KIP-464): -1 leaves the number of copies to the broker. */
const replicasOfBroker = -1;

const appearMsMax = 5_000;
const appearPollMs = 50;

/** What brokers know of topics: makes them, and says where they begin and end. */
export class KafkaTopics {
  readonly #admin: Admin;
  readonly #settings: TopicSettings;
  readonly #made = new Map<string, Promise<void>>();

  constructor(options: BaseOptions, settings: TopicSettings) {
    this.#admin = new Admin(options);
    this.#settings = settings;
  }

  /** Makes the topic if it is missing. Remembered once it succeeded. */
  ensure(topic: string): Promise<void> {
    const known = this.#made.get(topic);
    if (known !== undefined) return known;
    const made = this.#make(topic);
    this.#made.set(topic, made);
    made.catch(() => this.#made.delete(topic));
    return made;
  }

  async ranges(topic: string): Promise<Map<number, PartitionRange>> {
    const starts = await this.#offsets(topic, ListOffsetTimestamps.EARLIEST);
    const ends = await this.#offsets(topic, ListOffsetTimestamps.LATEST);
    return new Map(
      Array.from(ends, ([partition, end]) => [
        partition,
        { start: starts.get(partition) ?? 0n, end },
      ]),
    );
  }

  /** Resolves when a broker answers. */
  async ping(): Promise<void> {
    await this.#admin.metadata({ topics: [], forceUpdate: true, retries: 0 });
  }

  async close(): Promise<void> {
    await this.#admin.close();
  }

  async #offsets(topic: string, timestamp: bigint): Promise<Map<number, bigint>> {
    const metadata = await this.#admin.metadata({ topics: [topic], forceUpdate: true });
    const partitionsCount = metadata.topics.get(topic)?.partitionsCount ?? 0;
    const partitions = Array.from({ length: partitionsCount }, (_, partitionIndex) => ({
      partitionIndex,
      timestamp,
    }));
    const listed = await this.#admin.listOffsets({ topics: [{ name: topic, partitions }] });
    return new Map(
      listed.flatMap(({ partitions: found }) =>
        found.map(({ partitionIndex, offset }) => [partitionIndex, offset] as const),
      ),
    );
  }

  async #make(topic: string): Promise<void> {
    if (await this.#exists(topic)) return;
    const { partitions, replicas, retentionMs } = this.#settings;
    try {
      await this.#admin.createTopics({
        topics: [topic],
        partitions: partitions ?? partitionsDefault,
        replicas: replicas ?? replicasOfBroker,
        configs: [
          { name: "retention.ms", value: String(retentionMs ?? retentionMsDefault) },
          { name: "cleanup.policy", value: "delete" },
        ],
      });
    } catch (error) {
      // Another process of this region made it in the meantime.
      if (!(error instanceof Error) || !findErrorBy(error, "apiId", "TOPIC_ALREADY_EXISTS"))
        throw error;
    }
    // The controller has it; the brokers hear of it a moment later, and refuse to know it until then.
    const deadline = performance.now() + appearMsMax;
    while (!(await this.#exists(topic)) && performance.now() < deadline) await sleep(appearPollMs);
  }

  async #exists(topic: string): Promise<boolean> {
    return (await this.#admin.listTopics()).includes(topic);
  }
}
