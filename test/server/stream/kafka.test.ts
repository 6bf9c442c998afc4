// Runs against real Apache Kafka brokers: `npm run test:kafka` (Java 17 and Maven; see test/peers/kafka).
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openKafkaStream, type KafkaConfig } from "../../../server/stream/kafka.ts";
import type { StoredRecord, Stream } from "../../../server/stream/stream.ts";
import { startBroker, type Broker } from "../../peers/kafka/brokers.ts";
import { freshTopic, positionsAfter, streamContract } from "./contract.ts";
import { record, textOf, until } from "./record.ts";

/** Whether every thread of a process stands still (proc(5), `stat`). */
const allStopped = (pid: number): boolean =>
  readdirSync(`/proc/${pid}/task`).every((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/stat`, "latin1").includes(") T "),
  );

describe("Kafka", () => {
  const folder = mkdtempSync(join(tmpdir(), "maily-kafka-"));
  let broker: Broker;
  let secure: { username: string; password: string; key: string; certificate: string };

  beforeAll(async () => {
    secure = { username: "maily", password: "a long password", ...certificate(folder) };
    broker = await startBroker({ name: "contract", dataDir: join(folder, "broker"), secure });
  }, 120_000);
  afterAll(async () => {
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const plain = (): KafkaConfig => ({
    brokers: [`127.0.0.1:${broker.port}`],
    clientId: "maily-test",
    partitions: 4,
  });

  streamContract("Kafka", { open: async () => openKafkaStream(plain()) }, 60_000);

  for (const mechanism of ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] as const)
    test(`appends and consumes over TLS with SASL ${mechanism}`, { timeout: 60_000 }, async () => {
      const { username, password } = secure;
      const stream = openKafkaStream({
        ...plain(),
        brokers: [`127.0.0.1:${broker.securePort}`],
        tls: { ca: secure.certificate },
        sasl: { mechanism, username, password },
      });
      const topic = freshTopic();
      await stream.append(topic, [record("1|a", mechanism)]);
      const records = await consumeInto(stream, topic, "secure");
      await until(() => records.length === 1);
      expect(records.map(textOf)).toEqual([mechanism]);
      await stream.close();
    });

  for (const [what, change] of [
    ["a wrong password", { sasl: { mechanism: "PLAIN", username: "maily", password: "wrong" } }],
    ["a certificate nobody vouches for", { tls: {} }],
  ] as const)
    test(`takes nothing with ${what}`, { timeout: 60_000 }, async () => {
      const { username, password } = secure;
      const stream = openKafkaStream({
        ...plain(),
        brokers: [`127.0.0.1:${broker.securePort}`],
        tls: { ca: secure.certificate },
        sasl: { mechanism: "PLAIN", username, password },
        ...change,
      });
      await expect(stream.append(freshTopic(), [record("1|a", "no")])).rejects.toThrow(
        "The region cannot take answers right now",
      );
      expect(await stream.healthy()).toBe(false);
      await stream.close();
    });

  test(
    "loses nothing and keeps each key's order through three kill -9 of the broker",
    { timeout: 180_000 },
    async () => {
      const stream = openKafkaStream(plain());
      const topic = freshTopic();
      const delivered: StoredRecord[] = [];
      // What a warehouse does: rows and positions change together, and the positions lead.
      let positions = new Map<number, bigint>();
      await stream.consume(
        { topic, group: "faults", nextOffsets: async () => positions },
        async (batch) => {
          delivered.push(...batch);
          positions = positionsAfter(batch, positions);
        },
      );
      const acknowledged: string[] = [];
      const ending = new AbortController();
      const refusals = { count: 0 };
      const lane = async (reader: number): Promise<void> => {
        for (let turn = 0; !ending.signal.aborted; turn++) {
          const text = `${reader}-${turn}`;
          // The promise of `append`: whoever is refused repeats the same call until it is taken.
          for (let taken = false; !taken;)
            try {
              await stream.append(topic, [record(`1|${reader}`, text)]);
              taken = true;
            } catch {
              refusals.count++;
              await new Promise((resolve) => setTimeout(resolve, 50));
            }
          acknowledged.push(text);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      };
      const lanes = Array.from({ length: 16 }, (_, reader) => lane(reader));
      for (let kill = 1; kill <= 3; kill++) {
        const before = acknowledged.length;
        await until(() => acknowledged.length > before + 500);
        await broker.kill9();
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        await broker.restart();
      }
      const before = acknowledged.length;
      await until(() => acknowledged.length > before + 500);
      ending.abort();
      await Promise.all(lanes);
      const seen = (): Set<string> => new Set(delivered.map(textOf));
      await until(() => seen().size >= acknowledged.length);
      expect(refusals.count).toBeGreaterThan(0);
      expect(acknowledged.filter((text) => !seen().has(text))).toEqual([]);
      // The control: what was never appended must be found missing by the same reckoning.
      expect(["16-0"].filter((text) => !seen().has(text))).toEqual(["16-0"]);
      for (let reader = 0; reader < 16; reader++) {
        const order = delivered
          .filter(({ key }) => key === `1|${reader}`)
          .map((stored) => Number(textOf(stored).split("-")[1]));
        // A repeated append may store a record twice, but a first appearance is never late.
        const first = order.filter((turn, index) => order.indexOf(turn) === index);
        expect(first).toEqual(first.toSorted((left, right) => left - right));
      }
      await stream.close();
    },
  );

  test(
    "refuses at once while the broker is away, reads on when it is back",
    { timeout: 120_000 },
    async () => {
      const stream = openKafkaStream(plain());
      const topic = freshTopic();
      await stream.append(topic, [record("1|a", "before")]);
      await broker.kill9();
      expect(await stream.healthy()).toBe(false);
      await expect(stream.append(topic, [record("1|a", "while")])).rejects.toThrow(
        "The region cannot take answers right now",
      );
      // A server that starts while its broker is away must start all the same.
      const records = await consumeInto(stream, topic, "patient");
      await broker.restart();
      await until(() => records.length > 0);
      expect(records.map(textOf)[0]).toBe("before");
      await until(() => stream.healthy());
      await stream.close();
    },
  );

  test(
    "a broker that hangs is refused in bounded time; when it goes on, so does everything",
    { timeout: 120_000 },
    async () => {
      const stream = openKafkaStream(plain());
      const topic = freshTopic();
      const records = await consumeInto(stream, topic, "hanging");
      await stream.append(topic, [record("1|a", "before")]);
      await until(() => records.length === 1);
      process.kill(broker.pid, "SIGSTOP");
      try {
        // A signal reaches the threads of a JVM one after the other, and one that still runs may answer.
        await until(() => allStopped(broker.pid));
        // The test's own time-out is the bound that matters: without one in `append` this would wait for ever.
        await expect(stream.append(topic, [record("1|a", "refused")])).rejects.toThrow(
          "The region cannot take answers right now",
        );
        expect(await stream.healthy()).toBe(false);
      } finally {
        process.kill(broker.pid, "SIGCONT");
      }
      for (let taken = false; !taken;)
        taken = await stream.append(topic, [record("1|a", "after")]).then(
          () => true,
          () => false,
        );
      await until(() => records.some((stored) => textOf(stored) === "after"));
      expect(records.map(textOf)[0]).toBe("before");
      await stream.close();
    },
  );

  test(
    "members of one group share the partitions and take over from each other",
    { timeout: 120_000 },
    async () => {
      const streams = [
        openKafkaStream({ ...plain(), clientId: "member-0" }),
        openKafkaStream({ ...plain(), clientId: "member-1" }),
      ] as const;
      const topic = freshTopic();
      const seen: [Map<string, number>, Map<string, number>] = [new Map(), new Map()];
      let positions = new Map<number, bigint>();
      const joinAs = (member: 0 | 1) =>
        streams[member].consume(
          { topic, group: "shared", nextOffsets: async () => positions },
          async (batch) => {
            for (const stored of batch) {
              const text = textOf(stored);
              seen[member].set(text, (seen[member].get(text) ?? 0) + 1);
            }
            positions = positionsAfter(batch, positions);
          },
        );
      const append = async (from: number, to: number): Promise<void> => {
        for (let index = from; index < to; index++)
          await streams[0].append(topic, [record(`1|${index}`, `${index}`)]);
      };
      const all = (): number => new Set([...seen[0].keys(), ...seen[1].keys()]).size;
      await joinAs(0);
      await append(0, 100);
      await until(() => all() === 100);
      const second = await joinAs(1);
      // Until the group has settled, whichever member has the partition takes the record.
      let appended = 100;
      for (; seen[1].size < 20; appended++) await append(appended, appended + 1);
      await until(() => all() === appended);
      await second.stop();
      await append(appended, appended + 100);
      await until(() => all() === appended + 100);
      for (let index = appended; index < appended + 100; index++)
        expect(seen[0].has(`${index}`)).toBe(true);
      await Promise.all(streams.map((stream) => stream.close()));
    },
  );
});

async function consumeInto(stream: Stream, topic: string, group: string): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  await stream.consume({ topic, group, nextOffsets: async () => new Map() }, async (batch) => {
    records.push(...batch);
  });
  return records;
}

/** A self-signed certificate for the loopback address. */
function certificate(folder: string): { key: string; certificate: string } {
  const [keyPath, certificatePath] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  execFileSync(
    "openssl",
    `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1`
      .split(" ")
      .concat("-keyout", keyPath, "-out", certificatePath),
    { stdio: "ignore" },
  );
  return {
    key: readFileSync(keyPath, "utf8"),
    certificate: readFileSync(certificatePath, "utf8"),
  };
}
