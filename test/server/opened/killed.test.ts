// Nothing that was stored is left out of the topic, and what is there twice has one id: however the server ends.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { Problem } from "../../../sdk/problem.ts";
import { OpenedRecord } from "../../../sdk/schema/opened.ts";
import { Metrics } from "../../../server/metrics.ts";
import { Publisher } from "../../../server/opened/publish.ts";
import { openEmbeddedStream } from "../../../server/stream/embedded.ts";
import type { Stream } from "../../../server/stream/stream.ts";
import { Warehouse } from "../../../server/warehouse/duckdb.ts";
import { countWaiting } from "../../../server/warehouse/outgoing.ts";
import { ServerProcess } from "../process.ts";
import { temporaryFolder, TestRegion, until } from "../region.ts";
import { answerOf } from "../sealed.ts";
import { submissionRow } from "../warehouse/row.ts";
import { recordsOn } from "./topic.ts";

const perBatch = 25;

test("a server killed again and again while it publishes", { timeout: 120_000 }, async () => {
  const region = await TestRegion.prepare();
  let server = new ServerProcess(region.environment);
  region.at(await server.ready);
  const campaign = await region.published();
  const answers = await Promise.all(
    Array.from({ length: 600 }, () => answerOf(region.keys, campaign)),
  );
  const delivery = (async () => {
    for (let start = 0; start < answers.length; start += perBatch)
      while (!(await region.take(...answers.slice(start, start + perBatch)).catch(() => undefined)))
        await sleep(20);
  })();
  const delivered = new AbortController();
  void delivery.finally(() => delivered.abort());
  for (let kills = 0; kills < 4 || !delivered.signal.aborted; kills++) {
    await sleep(120 + kills * 60);
    expect(await server.end("SIGKILL")).toBe("SIGKILL");
    server = new ServerProcess(region.environment);
    region.at(await server.ready);
  }
  await delivery;
  await region.ingested();
  await until(async () => (await region.metric("maily_outgoing_records")) === 0);
  expect(await server.end("SIGTERM")).toBe(0);
  const records = (await recordsOn(join(region.folder, "data"), "answers.eu")).map(
    ({ value, text }) => ({ opened: OpenedRecord.parse(value), text }),
  );
  const byId = Map.groupBy(records, ({ opened }) => opened.id);
  // The same id is the same record.
  for (const same of byId.values()) expect(new Set(same.map(({ text }) => text)).size).toBe(1);
  const once = Array.from(byId.values(), ([first]) => first?.opened);
  const told = once.flatMap((record) => (record?.kind === "answer" ? [record.submissionId] : []));
  expect(told.toSorted()).toEqual(answers.map(({ submissionId }) => submissionId).toSorted());
  expect(once.filter((record) => record?.kind === "state")).toHaveLength(answers.length);
});

/** Rows of a real warehouse, published by a real publisher over a real stream that can be cut off. */
async function parts(name: string) {
  const folder = join(temporaryFolder(), name);
  const stream = openEmbeddedStream({ path: join(folder, "stream.db") });
  const warehouse = await Warehouse.open(join(folder, "warehouse.duckdb"));
  const link = { up: true, calls: 0 };
  const cut: Pick<Stream, "append"> = {
    append: async (topic, records) => {
      link.calls++;
      if (!link.up) throw new Problem("region-unavailable");
      await stream.append(topic, records);
    },
  };
  const metrics = new Metrics("eu");
  const publisher = new Publisher({ region: "eu", warehouse, stream: cut, metrics });
  let offset = 0n;
  const write = async (count: number): Promise<void> => {
    const rows = Array.from({ length: count }, () => submissionRow(offset++));
    await warehouse.write({ rows, nextOffsets: new Map(), replay: false, publish: "eu" });
    publisher.wake();
  };
  const waiting = (): Promise<number> => warehouse.read((reader) => countWaiting(reader, 0n));
  const close = async (): Promise<void> => {
    await publisher.stop();
    await stream.close();
    await warehouse.close();
  };
  return { folder, warehouse, publisher, link, write, waiting, close };
}

const answersIn = async (folder: string): Promise<unknown[]> =>
  (await recordsOn(folder, "answers.eu")).flatMap(({ value }) =>
    value["kind"] === "answer" ? [value["submissionId"]] : [],
  );

test("what an ended process had committed and not published is published by the next", async () => {
  const before = await parts("between");
  // It ends before its publisher began.
  await before.write(1_200);
  expect(await before.waiting()).toBe(2_400);
  before.publisher.start();
  await until(async () => (await before.waiting()) === 0);
  await before.close();
  const told = await answersIn(before.folder);
  expect(told).toHaveLength(1_200);
  expect(new Set(told).size).toBe(1_200);
});

test("while the stream is away records wait, are counted, and go out in order when it is back", async () => {
  const away = await parts("away");
  away.link.up = false;
  away.publisher.start();
  for (let batch = 0; batch < 4; batch++) await away.write(100);
  await until(() => away.link.calls > 2 && away.publisher.waiting === 800);
  expect(away.publisher.waitingSeconds).toBeGreaterThan(0);
  away.link.up = true;
  await until(async () => away.publisher.waiting === 0 && (await away.waiting()) === 0);
  await away.close();
  expect(await answersIn(away.folder)).toHaveLength(400);
});

test("an erasure takes back what waits, and nothing that was decided later", async () => {
  const erased = await parts("erased");
  await erased.write(3);
  const base = submissionRow(0n);
  const { tenant, campaign, reader, source } = base;
  const later = { ...base, submissionId: "later", admittedAt: 9_000, givenAt: 9_000 };
  const request = {
    kind: "request",
    tenant,
    campaign,
    reader,
    source,
    submissionId: "erasure",
    request: "erase",
    via: "page",
    test: false,
    admittedAt: 5_000,
  } as const;
  for (const row of [later, request])
    await erased.warehouse.write({
      rows: [row],
      nextOffsets: new Map(),
      replay: false,
      publish: "eu",
    });
  erased.publisher.start();
  await until(async () => (await erased.waiting()) === 0);
  await erased.close();
  expect((await answersIn(erased.folder)).map(String).toSorted()).toEqual([
    "later",
    "submission 1",
    "submission 2",
  ]);
});
