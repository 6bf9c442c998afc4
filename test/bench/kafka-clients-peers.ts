// The clients that kafka-clients.ts compares, each behind the few verbs the comparison needs. Both producers are
// idempotent with acks=all; both carry what arrived during one request in the next, as server/stream does.
import { Consumer, Producer } from "@platformatic/kafka";
import { Kafka, logLevel } from "kafkajs";

export interface BenchRecord {
  readonly key: string;
  readonly value: Buffer;
}

export interface BenchClient {
  readonly name: string;
  produce(topic: string, records: readonly BenchRecord[]): Promise<void>;
  consume(topic: string, group: string, onValue: (value: Buffer) => void): Promise<void>;
  close(): Promise<void>;
}

/** Half a mebibyte of the benchmark's records, the bound of server/stream's requests. */
const sendRecordsMax = 200;

/** One request at a time; the next carries what waited. */
export function coalesced(
  send: (records: readonly BenchRecord[]) => Promise<void>,
): (record: BenchRecord) => Promise<void> {
  const waiting: {
    record: BenchRecord;
    resolve: () => void;
    reject: (error: unknown) => void;
  }[] = [];
  let draining = false;
  const drain = async (): Promise<void> => {
    draining = true;
    while (waiting.length > 0) {
      const group = waiting.splice(0, sendRecordsMax);
      try {
        await send(group.map(({ record }) => record));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    draining = false;
  };
  return (record) =>
    new Promise((resolve, reject) => {
      waiting.push({ record, resolve, reject });
      if (!draining) void drain();
    });
}

export function kafkaJsClient(broker: string): BenchClient {
  const kafka = new Kafka({
    clientId: "bench",
    brokers: [broker],
    logLevel: logLevel.NOTHING,
    retry: { retries: 3, initialRetryTime: 250 },
  });
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  let connected: Promise<void> | undefined;
  const closers: (() => Promise<void>)[] = [];
  return {
    name: "kafkajs 2.2.4",
    async produce(topic, records) {
      connected ??= producer.connect();
      await connected;
      await producer.send({ topic, acks: -1, messages: [...records] });
    },
    async consume(topic, groupId, onValue) {
      const consumer = kafka.consumer({
        groupId,
        sessionTimeout: 6_000,
        heartbeatInterval: 1_500,
        maxWaitTimeInMs: 1_000,
      });
      closers.push(() => consumer.disconnect());
      await consumer.connect();
      await consumer.subscribe({ topics: [topic], fromBeginning: true });
      const joined = Promise.withResolvers<void>();
      consumer.on("consumer.group_join", () => joined.resolve());
      await consumer.run({
        autoCommit: false,
        eachBatch: async ({ batch }) => {
          for (const { value } of batch.messages) if (value !== null) onValue(value);
        },
      });
      await joined.promise;
    },
    async close() {
      await Promise.all(closers.map((close) => close()));
      await producer.disconnect();
    },
  };
}

export function platformaticClient(broker: string): BenchClient {
  const options = {
    clientId: "bench",
    bootstrapBrokers: [broker],
    retries: 3,
    retryDelay: 250,
    timeout: 5_000,
  };
  const producer = new Producer({ ...options, idempotent: true });
  const closers: (() => Promise<void>)[] = [];
  return {
    name: "@platformatic/kafka 2.12.1",
    async produce(topic, records) {
      await producer.send({
        messages: records.map(({ key, value }) => ({ topic, key: Buffer.from(key), value })),
      });
    },
    async consume(topic, groupId, onValue) {
      const consumer = new Consumer({
        ...options,
        groupId,
        sessionTimeout: 6_000,
        heartbeatInterval: 1_500,
        rebalanceTimeout: 15_000,
      });
      closers.push(() => consumer.close(true));
      const stream = await consumer.consume({
        topics: [topic],
        mode: "manual",
        fallbackMode: "earliest",
        offsets: [],
        autocommit: false,
        maxWaitTime: 1_000,
      });
      // Without a listener an error would end the process; that the stream ended shows in the figures.
      stream.on("error", () => undefined);
      stream.on("data", ({ value }) => onValue(value));
    },
    async close() {
      await Promise.all(closers.map((close) => close()));
      await producer.close(true);
    },
  };
}
