// What other programs see of our topics, and we of theirs: kafkajs is the other program. `npm run test:kafka`.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigResourceTypes, Kafka, logLevel, Partitioners } from "kafkajs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openKafkaStream } from "../../../server/stream/kafka.ts";
import type { StoredRecord, Stream } from "../../../server/stream/stream.ts";
import { startBroker, type Broker } from "../../peers/kafka/brokers.ts";
import { freshTopic } from "./contract.ts";
import { record, textOf, until } from "./record.ts";

describe("Kafka beside other programs", { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "maily-kafka-peers-"));
  let broker: Broker;
  let kafka: Kafka;
  let stream: Stream;

  beforeAll(async () => {
    broker = await startBroker({ name: "peers", dataDir: folder });
    const brokers = [`127.0.0.1:${broker.port}`];
    kafka = new Kafka({ clientId: "other", brokers, logLevel: logLevel.NOTHING });
    stream = openKafkaStream({
      brokers,
      clientId: "maily-test",
      partitions: 6,
      retentionMs: 3_600_000,
    });
  }, 120_000);
  afterAll(async () => {
    await stream.close();
    await broker.kill9();
    rmSync(folder, { recursive: true, force: true });
  });

  async function consumeInto(topic: string, group: string): Promise<StoredRecord[]> {
    const records: StoredRecord[] = [];
    await stream.consume({ topic, group, nextOffsets: async () => new Map() }, async (batch) => {
      records.push(...batch);
    });
    return records;
  }

  test("a topic is made with the partitions and the retention of the configuration", async () => {
    const topic = freshTopic();
    await stream.append(topic, [record("1|a", "first")]);
    const admin = kafka.admin();
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    expect(topics[0]?.partitions).toHaveLength(6);
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
    });
    const settings = new Map(
      resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]),
    );
    expect(settings.get("retention.ms")).toBe("3600000");
    await admin.disconnect();
  });

  test("a key goes to the partition that Kafka's own clients choose", async () => {
    const topic = freshTopic();
    const keys = Array.from({ length: 100 }, (_, index) => `${index}|reader-${index * 7}`);
    await stream.append(
      topic,
      keys.map((key) => record(key, "ours")),
    );
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    await producer.send({ topic, messages: keys.map((key) => ({ key, value: "theirs" })) });
    await producer.disconnect();
    const records = await consumeInto(topic, "partitions");
    await until(() => records.length === 200);
    const homes = (text: string): Record<string, number> =>
      Object.fromEntries(
        records.filter((stored) => textOf(stored) === text).map((s) => [s.key, s.partition]),
      );
    expect(homes("ours")).toEqual(homes("theirs"));
  });

  test("another program reads key, value and headers as we wrote them", async () => {
    const topic = freshTopic();
    await stream.append(topic, [{ ...record("7|ключ", "Grüße"), headers: { region: "eu" } }]);
    const consumer = kafka.consumer({ groupId: "other" });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    const seen: unknown[] = [];
    await consumer.run({
      eachMessage: async ({ message: { key, value, headers } }) => {
        seen.push([key?.toString(), value?.toString(), headers?.["region"]?.toString()]);
      },
    });
    await until(() => seen.length > 0);
    expect(seen).toEqual([["7|ключ", "Grüße", "eu"]]);
    await consumer.disconnect();
  });

  test("a record that another program wrote without key or value is delivered, and stops nothing", async () => {
    const topic = freshTopic();
    await stream.append(topic, [record("1|a", "before")]);
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    await producer.send({ topic, messages: [{ key: null, value: null, partition: 2 }] });
    await producer.disconnect();
    await stream.append(topic, [record("1|a", "after")]);
    const records = await consumeInto(topic, "odd");
    await until(() => records.length === 3);
    const odd = records.find(({ key }) => key === "");
    expect(odd).toMatchObject({ key: "", partition: 2, headers: {} });
    expect(odd?.value).toHaveLength(0);
  });

  test("the group's offsets follow what was handled, for whoever watches the broker", async () => {
    const topic = freshTopic();
    const records = await consumeInto(topic, "watched");
    for (let index = 0; index < 20; index++)
      await stream.append(topic, [record(`1|${index}`, "watched")]);
    await until(() => records.length === 20);
    await stream.close();
    const admin = kafka.admin();
    await admin.connect();
    const [offsets] = await admin.fetchOffsets({ groupId: "watched", topics: [topic] });
    const total = offsets?.partitions.reduce(
      (sum, { offset }) => sum + Math.max(0, Number(offset)),
      0,
    );
    expect(total).toBe(20);
    await admin.disconnect();
  });
});
