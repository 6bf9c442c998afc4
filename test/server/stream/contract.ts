import { afterEach, describe, expect, test } from "vitest";
import { Problem } from "../../../sdk/problem.ts";
import {
  batchBytesMax,
  batchRecordsMax,
  recordBytesMax,
  type Consumer,
  type StoredRecord,
  type Stream,
} from "../../../server/stream/stream.ts";
import { record, textOf, until } from "./record.ts";

/** One store of records that outlives its streams: opening again is what a restarted server does. */
export interface StreamPeer {
  open(): Promise<Stream>;
}

/** Where a reader stands after these records, as a warehouse would store it with the rows. */
export function positionsAfter(
  records: readonly StoredRecord[],
  before: ReadonlyMap<number, bigint> = new Map(),
): Map<number, bigint> {
  const positions = new Map(before);
  for (const { partition, offset } of records) positions.set(partition, offset + 1n);
  return positions;
}

const none = async (): Promise<ReadonlyMap<number, bigint>> => new Map();

let topics = 0;
/** A topic nobody used before, also not in an earlier run against the same broker. */
export const freshTopic = (): string => `contract.${Date.now().toString(36)}.${topics++}`;

async function problemOf(promise: Promise<unknown>): Promise<string> {
  const outcome: unknown = await promise.then(
    () => "no problem",
    (error: unknown) => error,
  );
  return outcome instanceof Problem ? outcome.code : String(outcome);
}

/** Collects what one group is delivered. */
async function collect(
  stream: Stream,
  topic: string,
  nextOffsets = none,
  group = "collector",
): Promise<{ consumer: Consumer; records: StoredRecord[]; batches: StoredRecord[][] }> {
  const records: StoredRecord[] = [];
  const batches: StoredRecord[][] = [];
  const consumer = await stream.consume({ topic, group, nextOffsets }, async (batch) => {
    records.push(...batch);
    batches.push([...batch]);
  });
  return { consumer, records, batches };
}

/** What every implementation of Stream keeps. */
export function streamContract(name: string, peer: StreamPeer, timeoutMs: number): void {
  describe(`stream contract: ${name}`, { timeout: timeoutMs }, () => {
    const opened: Stream[] = [];
    const open = async (): Promise<Stream> => {
      const stream = await peer.open();
      opened.push(stream);
      return stream;
    };
    afterEach(async () => {
      for (const stream of opened.splice(0)) await stream.close();
    });

    test("delivers key, value, headers, topic and time as they were appended", async () => {
      const stream = await open();
      const topic = freshTopic();
      const before = Date.now();
      const value = Uint8Array.from({ length: 256 }, (_, byte) => byte);
      const headers = { region: "apac", schema: "sealed-1", note: "Grüße 🎈" };
      await stream.append(topic, [{ key: "7|ключ", value, headers }]);
      const { records } = await collect(stream, topic);
      await until(() => records.length === 1);
      const [stored] = records;
      expect(stored?.key).toBe("7|ключ");
      expect(Array.from(stored?.value ?? [])).toEqual(Array.from(value));
      expect(stored?.headers).toEqual(headers);
      expect(stored?.topic).toBe(topic);
      expect(stored?.appendedAt).toBeGreaterThanOrEqual(before);
      expect(stored?.appendedAt).toBeLessThanOrEqual(Date.now());
    });

    test("delivers to a consumer that was there before the first record", async () => {
      const stream = await open();
      const topic = freshTopic();
      const { records } = await collect(stream, topic);
      await stream.append(topic, [record("1|a", "first")]);
      await until(() => records.length === 1);
      expect(records.map(textOf)).toEqual(["first"]);
    });

    test("an append of nothing resolves and delivers nothing", async () => {
      const stream = await open();
      const topic = freshTopic();
      await stream.append(topic, []);
      const { records } = await collect(stream, topic);
      await stream.append(topic, [record("1|a", "only")]);
      await until(() => records.length > 0);
      expect(records).toHaveLength(1);
    });

    test("keeps the order of each key through concurrent appends, and loses none", async () => {
      const stream = await open();
      const topic = freshTopic();
      const appends: Promise<void>[] = [];
      for (let index = 0; index < 400; index++)
        appends.push(
          stream.append(topic, [
            record(`1|reader-${index % 20}`, `${index}`),
            record(`1|reader-${(index + 7) % 20}`, `${index}+`),
          ]),
        );
      await Promise.all(appends);
      const { records, batches } = await collect(stream, topic);
      await until(() => records.length >= 800);
      expect(new Set(records.map(textOf)).size).toBe(800);
      for (let reader = 0; reader < 20; reader++) {
        const order = records.filter(({ key }) => key === `1|reader-${reader}`).map(textOf);
        expect(order).toHaveLength(40);
        expect(order.map(Number.parseFloat)).toEqual(
          order.map(Number.parseFloat).toSorted((left, right) => left - right),
        );
      }
      for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(batchRecordsMax);
    });

    test("one key stays in one partition, many keys use several, offsets rise in each", async () => {
      const stream = await open();
      const topic = freshTopic();
      for (let round = 0; round < 3; round++)
        await stream.append(
          topic,
          Array.from({ length: 64 }, (_, reader) => record(`1|${reader}`, `${round}`)),
        );
      const { records } = await collect(stream, topic);
      await until(() => records.length >= 192);
      const partitions = new Map<number, bigint[]>();
      for (const { partition, offset } of records)
        partitions.set(partition, [...(partitions.get(partition) ?? []), offset]);
      expect(partitions.size).toBeGreaterThan(1);
      for (const offsets of partitions.values())
        for (const [index, offset] of offsets.entries())
          expect(offset > (offsets[index - 1] ?? -1n)).toBe(true);
      for (let reader = 0; reader < 64; reader++) {
        const homes = records.filter(({ key }) => key === `1|${reader}`).map((r) => r.partition);
        expect(new Set(homes).size).toBe(1);
      }
    });

    test("hands over one batch at a time", async () => {
      const stream = await open();
      const topic = freshTopic();
      let inHand = 0;
      let most = 0;
      let seen = 0;
      await stream.consume({ topic, group: "slow", nextOffsets: none }, async (batch) => {
        most = Math.max(most, ++inHand);
        await new Promise((resolve) => setTimeout(resolve, 20));
        seen += batch.length;
        inHand--;
      });
      for (let index = 0; index < 20; index++) {
        await stream.append(topic, [record(`1|${index}`, "x")]);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await until(() => seen >= 20);
      expect(most).toBe(1);
    });

    test("gives the same batch again until it is handled, and says how often it was refused", async () => {
      const stream = await open();
      const topic = freshTopic();
      const attempts: string[][] = [];
      const consumer = await stream.consume(
        { topic, group: "stubborn", nextOffsets: none },
        async (batch) => {
          attempts.push(batch.map(textOf));
          if (attempts.length < 3) throw new Problem("internal");
        },
      );
      await stream.append(topic, [record("1|a", "again")]);
      await until(() => attempts.length === 2);
      expect(consumer.failures()).toBeGreaterThan(0);
      await until(() => attempts.length === 3 && consumer.failures() === 0);
      expect(attempts).toEqual([["again"], ["again"], ["again"]]);
    });

    test("starts at the offsets it is given", async () => {
      const stream = await open();
      const topic = freshTopic();
      await stream.append(
        topic,
        Array.from({ length: 40 }, (_, index) => record(`1|${index}`, `old ${index}`)),
      );
      const first = await collect(stream, topic);
      await until(() => first.records.length >= 40);
      await first.consumer.stop();
      const positions = positionsAfter(first.records);
      await stream.append(topic, [record("1|3", "new")]);
      // Another group, so that nothing but the offsets can have told it where to start.
      const second = await collect(stream, topic, async () => positions, "elsewhere");
      await until(() => second.records.length > 0);
      expect(second.records.map(textOf)).toEqual(["new"]);
    });

    test("the offsets it is given win over what the group handled before", async () => {
      const stream = await open();
      const topic = freshTopic();
      await stream.append(topic, [record("1|a", "one"), record("1|a", "two")]);
      const first = await collect(stream, topic, none, "forgetful");
      await until(() => first.records.length === 2);
      await first.consumer.stop();
      const again = await collect(stream, topic, none, "forgetful");
      await until(() => again.records.length === 2);
      expect(again.records.map(textOf)).toEqual(["one", "two"]);
    });

    test("refuses offsets beyond the end instead of waiting there", async () => {
      const stream = await open();
      const topic = freshTopic();
      await stream.append(topic, [record("1|a", "one")]);
      const far = new Map([[0, 1_000_000n]]);
      expect(await problemOf(collect(stream, topic, async () => far))).toBe(
        "configuration-invalid",
      );
    });

    test("every group sees every record", async () => {
      const stream = await open();
      const topic = freshTopic();
      const one = await collect(stream, topic, none, "one");
      const two = await collect(stream, topic, none, "two");
      await stream.append(
        topic,
        Array.from({ length: 30 }, (_, index) => record(`1|${index}`, `${index}`)),
      );
      await until(() => one.records.length >= 30 && two.records.length >= 30);
      expect(new Set(one.records.map(textOf)).size).toBe(30);
      expect(new Set(two.records.map(textOf)).size).toBe(30);
    });

    test("keeps records through a restart, and a batch that was refused comes again", async () => {
      const topic = freshTopic();
      const before = await open();
      await before.append(topic, [record("1|a", "kept")]);
      let refused = 0;
      await before.consume({ topic, group: "restart", nextOffsets: none }, async () => {
        refused++;
        throw new Problem("internal");
      });
      await until(() => refused > 0);
      await before.close();
      const after = await open();
      const { records } = await collect(after, topic, none, "restart");
      await until(() => records.length > 0);
      expect(records.map(textOf)).toEqual(["kept"]);
    });

    test("stop waits for the batch in hand and delivers nothing after it", async () => {
      const stream = await open();
      const topic = freshTopic();
      const handled: string[] = [];
      let began = false;
      const consumer = await stream.consume(
        { topic, group: "stopping", nextOffsets: none },
        async (batch) => {
          began = true;
          await new Promise((resolve) => setTimeout(resolve, 100));
          handled.push(...batch.map(textOf));
        },
      );
      await stream.append(topic, [record("1|a", "in hand")]);
      await until(() => began);
      await consumer.stop();
      expect(handled).toEqual(["in hand"]);
      await stream.append(topic, [record("1|a", "after")]);
      const other = await collect(stream, topic, none, "witness");
      await until(() => other.records.length === 2);
      expect(handled).toEqual(["in hand"]);
    });

    test("lag counts what is appended and not yet handled", async () => {
      const stream = await open();
      const topic = freshTopic();
      await stream.append(topic, [record("1|a", "1"), record("1|b", "2"), record("1|c", "3")]);
      const gate = Promise.withResolvers<void>();
      const consumer = await stream.consume(
        { topic, group: "lagging", nextOffsets: none },
        async () => gate.promise,
      );
      await until(async () => (await consumer.lag()) === 3);
      gate.resolve();
      await until(async () => (await consumer.lag()) === 0);
    });

    test("refuses a record above the limit and stores none of its call", async () => {
      const stream = await open();
      const topic = freshTopic();
      const large = record("1|a", "x".repeat(recordBytesMax));
      expect(await problemOf(stream.append(topic, [record("1|a", "small"), large]))).toBe(
        "body-too-large",
      );
      await stream.append(topic, [record("1|a", "next")]);
      const { records } = await collect(stream, topic);
      await until(() => records.length > 0);
      expect(records.map(textOf)).toEqual(["next"]);
    });

    test("a call larger than one commit is taken whole, in batches within the limit", async () => {
      const stream = await open();
      const topic = freshTopic();
      const large = "x".repeat(200_000);
      await stream.append(
        topic,
        Array.from({ length: 60 }, (_, index) => record("1|one", `${index}:${large}`)),
      );
      const { records, batches } = await collect(stream, topic);
      await until(() => records.length >= 60);
      expect(records.map((r) => Number.parseInt(textOf(r)))).toEqual(
        Array.from({ length: 60 }, (_, index) => index),
      );
      for (const batch of batches)
        expect(batch.reduce((bytes, { value }) => bytes + value.length, 0)).toBeLessThanOrEqual(
          batchBytesMax,
        );
    });

    test("is healthy when open, and refuses appends when closed", async () => {
      const stream = await open();
      expect(await stream.healthy()).toBe(true);
      await stream.close();
      expect(await stream.healthy()).toBe(false);
      expect(await problemOf(stream.append(freshTopic(), [record("1|a", "late")]))).toBe(
        "region-unavailable",
      );
    });
  });
}
