// `node test/bench/kafka-clients.ts`: kafkajs, @platformatic/kafka and server/stream on it, side by side on one real
// Apache Kafka 4.3.1 broker: produce, produce → consume at several rates, and what each does about kill -9.
// Clients take turns in every round, so that a busy machine is busy for all; read the ratios.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Admin } from "@platformatic/kafka";
import { openKafkaStream } from "../../server/stream/kafka.ts";
import { startBroker, type Broker } from "../peers/kafka/brokers.ts";
import {
  coalesced,
  kafkaJsClient,
  platformaticClient,
  type BenchClient,
} from "./kafka-clients-peers.ts";

const rounds = 3;
const recordBytes = 2_500;
const batchRecords = 100;
const produceMs = 4_000;
const rateMs = 8_000;
const warmUpMs = 2_000;
const ratesPerSecond = [100, 1_000, 3_000];
const kills = 5;
/** A client that has not come back by then is counted as stuck. */
const comeBackMsMax = 30_000;

function streamClient(broker: string): BenchClient {
  const stream = openKafkaStream({ brokers: [broker], clientId: "bench" });
  return {
    name: "server/stream",
    produce: (topic, records) =>
      stream.append(
        topic,
        records.map(({ key, value }) => ({ key, value, headers: {} })),
      ),
    consume: async (topic, group, onValue) => {
      let positions = new Map<number, bigint>();
      await stream.consume({ topic, group, nextOffsets: async () => positions }, async (batch) => {
        for (const { value } of batch) onValue(Buffer.from(value));
        positions = new Map(positions);
        for (const { partition, offset } of batch) positions.set(partition, offset + 1n);
      });
    },
    close: () => stream.close(),
  };
}

const clients = [kafkaJsClient, platformaticClient, streamClient];

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((left, right) => left - right)[Math.floor(values.length * share)] ?? Number.NaN;

let names = 0;
const fresh = (): string => `bench.${Date.now().toString(36)}.${names++}`;

async function makeTopic(broker: Broker): Promise<string> {
  const topic = fresh();
  const admin = new Admin({ clientId: "bench", bootstrapBrokers: [`127.0.0.1:${broker.port}`] });
  await admin.createTopics({ topics: [topic], partitions: 4, replicas: 1 });
  await admin.close();
  return topic;
}

interface Figures {
  readonly client: string;
  readonly what: string;
  readonly values: Readonly<Record<string, number>>;
}

/** Batches of 100, one after the other. */
async function produceRate(client: BenchClient, topic: string): Promise<Figures> {
  const records = Array.from({ length: batchRecords }, (_, index) => ({
    key: `1|${index}`,
    value: Buffer.alloc(recordBytes, index),
  }));
  for (let index = 0; index < 20; index++) await client.produce(topic, records);
  const times: number[] = [];
  const began = performance.now();
  while (performance.now() - began < produceMs) {
    const sent = performance.now();
    await client.produce(topic, records);
    times.push(performance.now() - sent);
  }
  const seconds = (performance.now() - began) / 1_000;
  return {
    client: client.name,
    what: `produce ${batchRecords} × 1`,
    values: {
      "records/s": (times.length * batchRecords) / seconds,
      "p50 ms": percentile(times, 0.5),
      "p99 ms": percentile(times, 0.99),
    },
  };
}

/** Single records at a fixed rate, whatever the client manages: acknowledgement, and arrival at a consumer. */
async function openLoop(client: BenchClient, topic: string, perSecond: number): Promise<Figures> {
  const arrivals: number[] = [];
  const acknowledgements: number[] = [];
  let measureFrom = Number.POSITIVE_INFINITY;
  await client.consume(topic, fresh(), (value) => {
    const sentAt = value.readDoubleBE(0);
    if (sentAt >= measureFrom) arrivals.push(performance.now() - sentAt);
  });
  const send = coalesced((records) => client.produce(topic, records));
  const one = async (index: number): Promise<void> => {
    const sentAt = performance.now();
    const value = Buffer.alloc(recordBytes, 1);
    value.writeDoubleBE(sentAt, 0);
    await send({ key: `1|${index % 1_000}`, value });
    if (sentAt >= measureFrom) acknowledgements.push(performance.now() - sentAt);
  };
  const began = performance.now();
  measureFrom = began + warmUpMs;
  const pending: Promise<void>[] = [];
  for (let now = began; now < measureFrom + rateMs; now = performance.now()) {
    while (pending.length < ((now - began) * perSecond) / 1_000) pending.push(one(pending.length));
    await sleep(1);
  }
  await Promise.all(pending);
  await sleep(500);
  return {
    client: client.name,
    what: `${perSecond}/s`,
    values: {
      "ack p50 ms": percentile(acknowledgements, 0.5),
      "ack p99 ms": percentile(acknowledgements, 0.99),
      "arrive p50 ms": percentile(arrivals, 0.5),
      "arrive p99 ms": percentile(arrivals, 0.99),
    },
  };
}

/** kill -9 and restart, again and again, under a trickle of records: how long until each direction works again. */
async function killed(
  broker: Broker,
  newClient: (broker: string) => BenchClient,
): Promise<Figures> {
  const address = `127.0.0.1:${broker.port}`;
  let client = newClient(address);
  const topic = await makeTopic(broker);
  const acknowledged = new Set<number>();
  const arrived = new Set<number>();
  const consume = (): Promise<void> =>
    client.consume(topic, fresh(), (value) => arrived.add(value.readUInt32BE(0)));
  await consume();
  const ending = new AbortController();
  let next = 0;
  const trickle = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      const number = next++;
      const value = Buffer.alloc(recordBytes);
      value.writeUInt32BE(number, 0);
      client.produce(topic, [{ key: `1|${number}`, value }]).then(
        () => acknowledged.add(number),
        () => undefined,
      );
      await sleep(50);
    }
  };
  const trickling = trickle();
  const ackMs: number[] = [];
  const arriveMs: number[] = [];
  let stuck = 0;
  for (let kill = 0; kill < kills; kill++) {
    await sleep(2_000);
    await broker.kill9();
    await sleep(1_000);
    await broker.restart();
    const first = next;
    const back = performance.now();
    const after = (numbers: ReadonlySet<number>): boolean =>
      Array.from(numbers).some((number) => number >= first);
    let ackAfter = 0;
    let arriveAfter = 0;
    while ((ackAfter === 0 || arriveAfter === 0) && performance.now() - back < comeBackMsMax) {
      await sleep(20);
      if (ackAfter === 0 && after(acknowledged)) ackAfter = performance.now() - back;
      if (arriveAfter === 0 && after(arrived)) arriveAfter = performance.now() - back;
    }
    if (ackAfter > 0) ackMs.push(ackAfter);
    if (arriveAfter > 0) arriveMs.push(arriveAfter);
    if (ackAfter > 0 && arriveAfter > 0) continue;
    stuck++;
    void client.close().catch(() => undefined);
    client = newClient(address);
    await consume();
  }
  ending.abort();
  await trickling;
  await sleep(3_000);
  void client.close().catch(() => undefined);
  return {
    client: client.name,
    what: `kill -9 × ${kills}`,
    values: {
      "ack again ms (median)": percentile(ackMs, 0.5),
      "ack again ms (worst)": Math.max(...ackMs),
      "arrive again ms (median)": percentile(arriveMs, 0.5),
      "arrive again ms (worst)": Math.max(...arriveMs),
      stuck,
      "acknowledged, not arrived": Array.from(acknowledged).filter((n) => !arrived.has(n)).length,
    },
  };
}

const median = (values: readonly number[]): number => percentile(values, 0.5);

/** One line for each client and task: the median of its rounds. */
function print(title: string, figures: readonly Figures[]): void {
  console.log(`\n${title}`);
  const rows: Record<string, Record<string, number>> = {};
  for (const { client, what, values } of figures.toSorted((left, right) =>
    left.what.localeCompare(right.what, "en", { numeric: true }),
  )) {
    const same = figures.filter((other) => other.client === client && other.what === what);
    rows[`${what} | ${client}`] = Object.fromEntries(
      Object.keys(values).map((name) => [
        name,
        Math.round(median(same.map((other) => other.values[name] ?? Number.NaN)) * 10) / 10,
      ]),
    );
  }
  console.table(rows);
}

const folder = mkdtempSync(join(tmpdir(), "maily-bench-"));
const broker = await startBroker({ name: "bench", dataDir: folder, fullCompiler: true });
const address = `127.0.0.1:${broker.port}`;
try {
  const produced: Figures[] = [];
  const looped: Figures[] = [];
  for (let round = 0; round < rounds; round++)
    // Who begins changes: the broker's own code is still being compiled at first.
    for (const newClient of [...clients.slice(round), ...clients.slice(0, round)]) {
      const client = newClient(address);
      produced.push(await produceRate(client, await makeTopic(broker)));
      for (const rate of ratesPerSecond)
        looped.push(await openLoop(client, await makeTopic(broker), rate));
      await client.close();
    }
  print("Produce", produced);
  print("Produce → consume, single records", looped);
  const faults: Figures[] = [];
  for (const newClient of clients) faults.push(await killed(broker, newClient));
  print("The broker killed and started again", faults);
} finally {
  await broker.kill9();
  rmSync(folder, { recursive: true, force: true });
  // A client that is stuck would keep the process alive.
  process.exit();
}
