import { Consumer as GroupClient, type BaseOptions } from "@platformatic/kafka";
import { Problem } from "../../sdk/problem.ts";
import { log } from "../log.ts";
import { backOffMs, deliver, pause, type DeliveryHealth } from "./deliver.ts";
import { KafkaBatches, type Messages } from "./kafka-batch.ts";
import { errorName, within } from "./kafka-errors.ts";
import type { KafkaTopics } from "./kafka-topics.ts";
import {
  batchBytesMax,
  batchRecordsMax,
  retryAfterSeconds,
  type Consumer,
  type StoredRecord,
  type Subscription,
} from "./stream.ts";

type Client = GroupClient<string, Buffer, string, string>;

/** A member that says nothing for so long has died; brokers accept no less than this by default. */
const sessionMsMax = 6_000;
const heartbeatEveryMs = 1_500;
/** How long the others wait for a member to come back to the group. */
const rebalanceMsMax = 15_000;
/** A join is answered only when the group is complete. */
const requestMsMax = rebalanceMsMax + 5_000;
const fetchWaitMsMax = 1_000;
const commitEveryMs = 1_000;
const closeMsMax = 5_000;
const reconnectMsMin = 250;
const reconnectMsMax = 2_000;

export interface KafkaConsumerSettings {
  readonly options: BaseOptions;
  readonly topics: KafkaTopics;
  readonly subscription: Subscription;
  readonly handle: (batch: readonly StoredRecord[]) => Promise<void>;
}

/**
 * Reads one topic as a member of one group. It lives in sessions: a session is one client of the library, from its
 * join to its first failure; within it, every (re)assignment of partitions begins a round with the positions asked
 * anew. So nothing a client remembered through a fault or a rebalance is ever believed.
 */
export class KafkaConsumer implements Consumer {
  readonly #settings: KafkaConsumerSettings;
  readonly #stopping = new AbortController();
  readonly #health: DeliveryHealth = { failures: 0 };
  #sessionFailures = 0;
  /** The next offset of each partition this member reads. */
  #positions = new Map<number, bigint>();
  #round = new AbortController();
  #committed = Promise.resolve();
  #committedAt = 0;
  #done: Promise<void> | undefined;

  constructor(settings: KafkaConsumerSettings) {
    this.#settings = settings;
  }

  /** Checks the positions if the brokers answer, and begins to read. If they are away, reading begins when they are back. */
  async start(): Promise<void> {
    const { topics, subscription } = this.#settings;
    const named = await subscription.nextOffsets();
    try {
      await topics.ensure(subscription.topic);
      this.#positions = await this.#startOffsets(named);
    } catch (error) {
      if (error instanceof Problem) throw error;
      log("reading-waits", { topic: subscription.topic, fault: errorName(error) });
    }
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#round.abort();
    await this.#done;
  }

  async lag(): Promise<number> {
    try {
      const ranges = await this.#settings.topics.ranges(this.#settings.subscription.topic);
      let lag = 0n;
      for (const [partition, position] of this.#positions) {
        const end = ranges.get(partition)?.end ?? position;
        if (end > position) lag += end - position;
      }
      return Number(lag);
    } catch {
      throw new Problem("region-unavailable", { retryAfterSeconds });
    }
  }

  failures(): number {
    return this.#health.failures + this.#sessionFailures;
  }

  async #run(): Promise<void> {
    const { options, subscription } = this.#settings;
    while (!this.#stopping.signal.aborted) {
      const client = newClient(options, subscription.group);
      try {
        await this.#session(client);
      } catch (error) {
        // Said once for a whole outage.
        if (this.#sessionFailures++ === 0)
          log("reading-begins-anew", { topic: subscription.topic, fault: errorName(error) });
      }
      // Leaving needs the brokers; if they are away, the group forgets this member by itself.
      await within(closeMsMax, client.close(true)).catch(() => undefined);
      if (this.#sessionFailures > 0)
        await pause(
          backOffMs(this.#sessionFailures, reconnectMsMin, reconnectMsMax),
          this.#stopping.signal,
        );
    }
  }

  /** Returns when the consumer stops; throws what ended the session. */
  async #session(client: Client): Promise<void> {
    const { topics, subscription } = this.#settings;
    const { topic } = subscription;
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => undefined);
    const fail = (error: Error): void => {
      failed.reject(error);
      this.#round.abort();
    };
    client.on("error", fail);
    client.on("consumer:heartbeat:stalled", () => fail(new Error("heartbeat stalled")));
    client.on("consumer:group:join", () => this.#round.abort());

    await topics.ensure(topic);
    let messages: Messages | undefined;
    try {
      while (!this.#stopping.signal.aborted) {
        this.#round = new AbortController();
        const positions = await this.#startOffsets(await subscription.nextOffsets());
        // The first call joins the group and thereby ends its own round: positions asked before the join may be
        // another member's past. A later round opens its stream before it drops the old one: with none left,
        // the client would leave the topic and join again.
        const next = await Promise.race([
          client.consume({
            topics: [topic],
            mode: "manual",
            fallbackMode: "earliest",
            offsets: Array.from(positions, ([partition, offset]) => ({ topic, partition, offset })),
            autocommit: false,
            maxBytes: batchBytesMax,
            maxWaitTime: fetchWaitMsMax,
            highWaterMark: batchRecordsMax,
          }),
          failed.promise,
        ]);
        messages?.destroy();
        messages = next;
        messages.on("error", fail);
        messages.on("close", () => next === messages && fail(new Error("stream closed")));
        if (this.#round.signal.aborted) continue;
        const assigned = client.assignments?.find((assignment) => assignment.topic === topic);
        this.#positions = new Map(
          Array.from(positions).filter(([partition]) => assigned?.partitions.includes(partition)),
        );
        await this.#read(client, messages);
      }
      await this.#commit(client);
    } finally {
      const last = messages;
      messages = undefined;
      last?.destroy();
    }
  }

  /** Delivers until the round ends. The batch in hand is always finished: there is never a second one beside it. */
  async #read(client: Client, messages: Messages): Promise<void> {
    const { signal } = this.#round;
    const batches = new KafkaBatches(messages, signal);
    while (!signal.aborted) {
      const batch = batches.take();
      if (batch.length === 0) {
        await batches.arrival();
      } else if (await deliver(batch, this.#settings.handle, this.#health, signal)) {
        if (this.#sessionFailures > 0) log("reading-again", { topic: batch[0]?.topic ?? "" });
        this.#sessionFailures = 0;
        for (const { partition, offset } of batch) this.#positions.set(partition, offset + 1n);
        if (Date.now() - this.#committedAt > commitEveryMs) this.#committed = this.#commit(client);
      }
    }
  }

  /** Tells the group how far this member is, for whoever watches the broker: nothing here ever reads it back. */
  async #commit(client: Client): Promise<void> {
    this.#committedAt = Date.now();
    await this.#committed;
    const { topic } = this.#settings.subscription;
    const offsets = Array.from(this.#positions, ([partition, offset]) => ({
      topic,
      partition,
      offset,
      leaderEpoch: -1,
    }));
    // One that fails says nothing that the next will not say.
    if (offsets.length > 0 && client.isActive())
      await within(closeMsMax, client.commit({ offsets })).catch(() => undefined);
  }

  /** Every partition's first offset to deliver. Throws Problem `configuration-invalid` for one beyond the end. */
  async #startOffsets(named: ReadonlyMap<number, bigint>): Promise<Map<number, bigint>> {
    const { topic } = this.#settings.subscription;
    const ranges = await this.#settings.topics.ranges(topic);
    for (const [partition, position] of named) {
      const range = ranges.get(partition);
      if (range === undefined || position > range.end)
        throw new Problem("configuration-invalid", {
          errors: [
            `The stream ${topic}/${partition} ends at ${range?.end}, before the stored position ${position}: this is not its stream.`,
          ],
        });
      if (position < range.start)
        log("records-expired-unread", {
          topic,
          partition,
          records: Number(range.start - position),
        });
    }
    return new Map(
      Array.from(ranges, ([partition, { start }]) => {
        const position = named.get(partition) ?? start;
        return [partition, position > start ? position : start];
      }),
    );
  }
}

function newClient(options: BaseOptions, groupId: string): Client {
  return new GroupClient<string, Buffer, string, string>({
    ...options,
    groupId,
    // KIP-345: who comes back under the same name takes its old place at once; a nameless member would wait until its
    // former self is declared dead.
    groupInstanceId: options.clientId,
    requestTimeout: requestMsMax,
    sessionTimeout: sessionMsMax,
    heartbeatInterval: heartbeatEveryMs,
    rebalanceTimeout: rebalanceMsMax,
    deserializers: {
      key: (key) => key?.toString("utf8"),
      value: (value) => value,
      headerKey: (name) => name?.toString("utf8"),
      headerValue: (text) => text?.toString("utf8"),
    },
  });
}
