// The same over a real Kafka broker: killed servers and a killed broker leave nothing out, and nothing under two ids.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { textOf } from "../../../sdk/bytes.ts";
import { OpenedRecord } from "../../../sdk/schema/opened.ts";
import { openKafkaStream } from "../../../server/stream/kafka.ts";
import { startBroker, type Broker } from "../../peers/kafka/brokers.ts";
import { ServerProcess } from "../process.ts";
import { temporaryFolder, TestRegion, until } from "../region.ts";
import { answerOf } from "../sealed.ts";

const dataDir = join(temporaryFolder(), "broker");
let broker: Broker;
beforeAll(async () => {
  broker = await startBroker({ name: "opened", dataDir });
});
afterAll(() => broker.kill9());

async function openedOn(brokers: readonly string[]): Promise<OpenedRecord[]> {
  const stream = openKafkaStream({ brokers: [...brokers], clientId: "maily-opened-test" });
  const records: OpenedRecord[] = [];
  const consumer = await stream.consume(
    { topic: "answers.eu", group: "opened-test", nextOffsets: async () => new Map() },
    async (batch) =>
      void records.push(...batch.map(({ value }) => OpenedRecord.parse(JSON.parse(textOf(value))))),
  );
  await until(async () => (await consumer.lag()) === 0);
  await stream.close();
  return records;
}

test("everything stored is on the topic once by id, though servers and broker are killed", async () => {
  const region = await TestRegion.prepare();
  const address = `127.0.0.1:${broker.port}`;
  Object.assign(region.environment, { MAILY_STREAM: "kafka", MAILY_KAFKA_BROKERS: address });
  let server = new ServerProcess(region.environment);
  region.at(await server.ready);
  const campaign = await region.published();
  const answers = await Promise.all(
    Array.from({ length: 300 }, () => answerOf(region.keys, campaign)),
  );
  const delivery = (async () => {
    for (let start = 0; start < answers.length; start += 20)
      while (!(await region.take(...answers.slice(start, start + 20)).catch(() => undefined)))
        await sleep(50);
  })();
  for (let kills = 0; kills < 2; kills++) {
    await sleep(500 + kills * 700);
    await server.end("SIGKILL");
    server = new ServerProcess(region.environment);
    region.at(await server.ready);
  }
  await broker.kill9();
  broker = await startBroker({ name: "opened", port: broker.port, dataDir });
  await delivery;
  await region.ingested();
  await until(async () => (await region.metric("maily_outgoing_records")) === 0);
  expect(await server.end("SIGTERM"), server.lines.slice(-6).join("\n")).toBe(0);
  const records = await openedOn([address]);
  const byId = new Map(records.map((record) => [record.id, JSON.stringify(record)]));
  for (const record of records) expect(byId.get(record.id)).toBe(JSON.stringify(record));
  const told = new Set(
    records.flatMap((record) => (record.kind === "answer" ? [record.submissionId] : [])),
  );
  expect([...told].toSorted()).toEqual(answers.map(({ submissionId }) => submissionId).toSorted());
});
