// The sink against the protocol peer: everything arrives once and in order, whatever fails, and what cannot arrive is named.
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { Rejections } from "../../../server/snowflake/rejected.ts";
import { SnowflakeSink, type SinkState } from "../../../server/snowflake/sink.ts";
import { StreamingPipe, type Appending } from "../../../server/snowflake/streaming.ts";
import type { SnowflakeSettings } from "../../../server/snowflake/settings.ts";
import { openEmbeddedStream } from "../../../server/stream/embedded.ts";
import { batchRecordsMax, type Stream, type StreamRecord } from "../../../server/stream/stream.ts";
import {
  answerRecord,
  peerOptions,
  region,
  settingsFor,
  topic,
  until,
} from "../../peers/snowflake/sinking.ts";
import { noFaults, StreamingPeer, type PeerOptions } from "../../peers/snowflake/streaming-peer.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface World {
  readonly peer: StreamingPeer;
  readonly stream: Stream;
  readonly rejections: Rejections;
  readonly folder: string;
  readonly sink: (changes?: Partial<SnowflakeSettings>) => SnowflakeSink;
}

async function world(options: Partial<PeerOptions> = {}): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), "maily-sink-"));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  const peer = new StreamingPeer(peerOptions(options));
  await peer.listen();
  closing.push(() => peer.close());
  const stream = openEmbeddedStream({ path: join(folder, "stream.db") });
  closing.push(() => stream.close());
  const rejections = new Rejections(join(folder, "snowflake.db"));
  closing.push(() => rejections.close());
  return {
    peer,
    stream,
    rejections,
    folder,
    sink: (changes = {}) => {
      const sink = new SnowflakeSink({
        region,
        topic,
        group: `maily.snowflake.${region}`,
        pipe: "RECORDS",
        stream,
        settings: { ...settingsFor(peer), ...changes },
        rejections,
      });
      closing.push(() => sink.stop());
      return sink;
    },
  };
}

async function appendAll(stream: Stream, records: readonly StreamRecord[]): Promise<void> {
  for (let from = 0; from < records.length; from += batchRecordsMax)
    await stream.append(topic, records.slice(from, from + batchRecordsMax));
}

const indexes = (peer: StreamingPeer): number[] =>
  (peer.tables.get("RECORDS")?.rows ?? []).map(({ record }) => Number(record["index"]));

/** Of each channel, whether the offsets of its rows rise. */
function expectInOrder(peer: StreamingPeer): void {
  const last = new Map<string, number>();
  for (const { channel, record } of peer.tables.get("RECORDS")?.rows ?? []) {
    const { offset } = record["RECORD_METADATA"] as { offset: number };
    expect(offset).toBeGreaterThan(last.get(channel) ?? -1);
    last.set(channel, offset);
  }
  expect(peer.tables.get("RECORDS")?.violations).toEqual([]);
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

async function stateWith(sink: SnowflakeSink, code: string): Promise<SinkState> {
  let state = await sink.state();
  await until(async () => (state = await sink.state()).code === code);
  return state;
}

test("every record lands once, in order, compressed, and the lag goes to nothing", async () => {
  const { peer, stream, sink } = await world();
  await appendAll(
    stream,
    numbers(1_200).map((index) => answerRecord(index)),
  );
  const running = sink();
  await until(() => indexes(peer).length >= 1_200);
  expect(indexes(peer).toSorted((a, b) => a - b)).toEqual(numbers(1_200));
  expectInOrder(peer);
  expect(peer.counts.zstd).toBe(peer.counts.appends);
  await until(async () => (await running.state()).lag === 0);
  const state = await running.state();
  expect(state).toMatchObject({ status: "ok", code: undefined, inFlightBytes: 0 });
  expect(state.committedAt).toBeGreaterThan(0);
});

test("5,000 answers through crashes, lost and doubled requests, 429, 5xx, expired tokens, invalidated channels", async () => {
  const { peer, stream, sink } = await world({ commitMs: 15 });
  const all = 5_000;
  const feed = 250;
  peer.faults = {
    lostAnswer: 0.06,
    lostRequest: 0.06,
    doubled: 0.06,
    tooMany: 0.04,
    broken: 0.06,
    expired: 0.04,
    invalidated: 0.05,
  };
  let running = sink();
  for (let from = 0; from < all; from += feed) {
    await appendAll(
      stream,
      numbers(feed).map((index) => answerRecord(from + index)),
    );
    await new Promise((resolve) => setTimeout(resolve, 80));
    if (from % (4 * feed) === 0) {
      await peer.crash();
      await new Promise((resolve) => setTimeout(resolve, 30));
      await peer.listen();
    } else if (from % (2 * feed) === 0) {
      await running.stop();
      running = sink();
    }
  }
  await until(() => indexes(peer).length >= all);
  expect(indexes(peer).toSorted((a, b) => a - b)).toEqual(numbers(all));
  expectInOrder(peer);
  expect(peer.counts.crashes).toBe(5);
  expect(peer.counts.lost).toBeGreaterThan(0);
  expect(peer.counts.refused).toBeGreaterThan(0);
});

test("the peer would tell: who sends again what had no answer, without asking what is committed, doubles rows", async () => {
  const { peer } = await world({ commitMs: 1 });
  const pipe = new StreamingPipe(settingsFor(peer), "RECORDS");
  const ndjson = `${new TextDecoder().decode(answerRecord(0).value)}\n`;
  const send = async (): Promise<Appending> => {
    const { continuation } = await pipe.open("careless");
    return pipe.append({ channel: "careless", continuation, first: 0n, last: 0n, ndjson });
  };
  peer.faults = { ...noFaults, lostAnswer: 1 };
  expect(await send()).toBe("lost");
  await until(() => peer.tables.get("RECORDS")?.rows.length === 1);
  peer.faults = noFaults;
  await send();
  await until(() => peer.tables.get("RECORDS")?.rows.length === 2);
  expect(peer.tables.get("RECORDS")?.violations).toHaveLength(1);
});

test("a key that Snowflake does not know is named, and going on begins by itself once it does", async () => {
  const { stream, sink, peer } = await world();
  await appendAll(stream, [answerRecord(0)]);
  const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const refused = sink({ privateKey: other });
  expect(await stateWith(refused, "snowflake-credentials")).toMatchObject({ status: "refused" });
  await refused.stop();
  expect(indexes(peer)).toEqual([]);
  sink();
  await until(() => indexes(peer).length === 1);
});

test("a pipe that is missing, or that the role may not use, is named", async () => {
  const { stream, sink } = await world({ pipes: ["SOMETHING_ELSE"] });
  await appendAll(stream, [answerRecord(0)]);
  expect(await stateWith(sink(), "snowflake-refused")).toMatchObject({ status: "refused" });
});

test("Snowflake away is said, and nothing is lost meanwhile", async () => {
  const { peer, stream, sink } = await world();
  const running = sink();
  await peer.crash();
  await appendAll(
    stream,
    numbers(20).map((index) => answerRecord(index)),
  );
  expect(await stateWith(running, "snowflake-away")).toMatchObject({ status: "away" });
  await peer.listen();
  await until(() => indexes(peer).length === 20);
  await until(async () => (await running.state()).status === "ok");
});

test("a Snowflake that commits nothing holds the sink at its bound, and the stream not at all", async () => {
  const { peer, stream, sink } = await world();
  peer.paused = true;
  const running = sink();
  // 256 KiB is the most that a record of the stream has.
  const text = "x".repeat(200_000);
  for (let index = 0; index < 160; index += 20)
    await stream.append(
      topic,
      numbers(20).map((each) => answerRecord(index + each, { text })),
    );
  await until(async () => (await running.state()).inFlightBytes >= 16 * 1024 * 1024);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const held = await running.state();
  // One request of 4 MB a partition may have been on its way when the bound was reached.
  expect(held.inFlightBytes).toBeLessThan(16 * 1024 * 1024 + 4 * 4_000_000);
  expect(await stream.healthy()).toBe(true);
  expect(held.lag).toBeGreaterThan(50);
  peer.paused = false;
  await until(() => indexes(peer).length === 160);
  expect(new Set(indexes(peer)).size).toBe(160);
});

test("rows that Snowflake refuses are kept with where and why, and the others land", async () => {
  const { peer, stream, sink, rejections } = await world();
  await appendAll(stream, [
    answerRecord(0),
    answerRecord(1, { admittedAt: "not a time" }),
    answerRecord(2),
  ]);
  sink();
  await until(() => indexes(peer).length === 2 && rejections.count === 1);
  const [rejection] = rejections.list(0);
  expect(rejection).toMatchObject({ topic, rows: 1, reason: "type-conflict", attempts: 1 });
  expect(
    JSON.stringify(rejections.list(0), (_, value: unknown) =>
      typeof value === "bigint" ? String(value) : value,
    ),
  ).not.toContain("not a time");
});

test("what is no record, or is another region's, is kept as such and stops nothing", async () => {
  const { peer, stream, sink, rejections } = await world();
  await appendAll(stream, [
    { ...answerRecord(0), value: new TextEncoder().encode("{") },
    answerRecord(1, { region: "us" }),
    answerRecord(2, { id: null }),
    answerRecord(3),
  ]);
  sink();
  await until(() => indexes(peer).length === 1 && rejections.count === 3);
  expect(
    rejections
      .list(0)
      .map(({ reason }) => reason)
      .toSorted(),
  ).toEqual(["record-malformed", "record-malformed", "region-mismatch"]);
});

test("a table that was made anew is filled again from the oldest record that the stream has", async () => {
  const { peer, stream, sink } = await world();
  await appendAll(
    stream,
    numbers(30).map((index) => answerRecord(index)),
  );
  const before = sink();
  await until(() => indexes(peer).length === 30);
  await before.stop();
  peer.tables.get("RECORDS")?.forget();
  sink();
  await until(() => indexes(peer).length === 30);
});

test("a record as large as the stream takes passes, and 4 MB of rows are never exceeded", async () => {
  const { peer, stream, sink } = await world();
  const text = "ü".repeat(110_000);
  for (let index = 0; index < 60; index += 20)
    await stream.append(
      topic,
      numbers(20).map((each) => answerRecord(index + each, { text })),
    );
  sink();
  await until(() => indexes(peer).length === 60);
  expect(peer.counts.refused).toBe(0);
});
