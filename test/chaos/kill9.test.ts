// Promise 1, by counting: three regions on three real Kafka brokers, one edge on plain workerd, and kill -9 of worker,
// servers and brokers in turn while answers arrive. Every acknowledged answer must be in its region's warehouse once.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { regions, type Region } from "../../sdk/region.ts";
import { EdgeRecord } from "../../sdk/schema/record.ts";
import { openKafkaStream } from "../../server/stream/kafka.ts";
import { regionHeader, sealedTopic } from "../../server/stream/topics.ts";
import {
  invite,
  publishWidget,
  resultsOf,
  startProduct,
  submissionOf,
  type Product,
} from "../flow/product.ts";
import { until } from "../server/stream/record.ts";
import { startBroker, type Broker } from "../peers/kafka/brokers.ts";
import { sendAll, type PreparedAnswer } from "./readers.ts";
import { reconcile, type LedgerEntry, type Stored } from "./reconcile.ts";

const answersCount = 5_000;
const perSecond = 120;
const devicesPerRegion = 12;
const giveUpMs = 120_000;
const downMs = 1_500;
/** A broker stays away while this many more answers are acknowledged, so that outboxes fill. */
const awayAnswers = 400;
const settleMs = 90_000;

let brokers: Readonly<Record<Region, Broker>>;
let product: Product;

/** Undoes what was started, also where a later start failed. */
const stops: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const stop of stops.toReversed()) await stop();
}, 120_000);

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "maily-chaos-"));
  stops.push(() => rm(folder, { recursive: true, force: true }));
  const start = async (name: Region): Promise<Broker> => {
    const broker = await startBroker({ name, dataDir: join(folder, name) });
    stops.push(() => broker.kill9());
    return broker;
  };
  brokers = { eu: await start("eu"), us: await start("us"), apac: await start("apac") };
  product = await startProduct({
    brokers: {
      eu: `127.0.0.1:${brokers.eu.port}`,
      us: `127.0.0.1:${brokers.us.port}`,
      apac: `127.0.0.1:${brokers.apac.port}`,
    },
  });
  stops.push(() => product.stop());
}, 300_000);

/** One answer for each reader, each third in another region, sealed before anything is killed. */
async function prepare(
  campaign: Awaited<ReturnType<typeof publishWidget>>,
): Promise<PreparedAnswer[]> {
  const answers: PreparedAnswer[] = [];
  for (let index = 0; index < answersCount; index++) {
    const region = regions[index % regions.length] ?? "eu";
    const { invitation } = await invite(product, campaign, region, `reader-${index}@example.org`);
    const drink = index % 2 === 0 ? "tea" : "coffee";
    const submission = await submissionOf(campaign, invitation, { drink, cups: index % 11 });
    answers.push({ region, submission });
  }
  return answers;
}

interface Fault {
  readonly what: string;
  /** Kills, waits, and starts again; `acknowledged` resolves when so many more answers are. */
  strike(acknowledged: (more: number) => Promise<void>): Promise<void>;
}

function processFault(name: Region | "edge"): Fault {
  const child = product.running.children[name];
  return {
    what: name === "edge" ? "edge worker" : `${name} server`,
    strike: async () => {
      await child.kill9();
      await sleep(downMs);
      await child.start();
    },
  };
}

function brokerFault(region: Region): Fault {
  const broker = brokers[region];
  return {
    what: `${region} broker`,
    strike: async (acknowledged) => {
      await broker.kill9();
      await acknowledged(awayAnswers);
      await broker.restart();
    },
  };
}

/** Every process at least once, never two of a kind in a row. */
const faults = (): readonly Fault[] => [
  processFault("edge"),
  processFault("eu"),
  brokerFault("us"),
  processFault("apac"),
  processFault("edge"),
  brokerFault("apac"),
  processFault("us"),
  brokerFault("eu"),
];

/** Read after the servers stopped: DuckDB lets one process at a time have a file. */
async function storedIn(region: Region): Promise<string[]> {
  const path = join(product.folder, region, "warehouse.duckdb");
  const instance = await DuckDBInstance.create(path, { access_mode: "READ_ONLY" });
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll("SELECT submission_id FROM submissions");
  const ids = reader.getRowsJS().map(([id]) => (typeof id === "string" ? id : "no text"));
  connection.closeSync();
  instance.closeSync();
  return ids;
}

/** What a region's broker holds of the region's topic, and that each record says it is the region's. */
async function onStream(region: Region): Promise<string[]> {
  const stream = openKafkaStream({
    brokers: [`127.0.0.1:${brokers[region].port}`],
    clientId: "maily-reckoning",
  });
  const ids: string[] = [];
  const foreign: string[] = [];
  const consumer = await stream.consume(
    { topic: sealedTopic(region), group: "reckoning", nextOffsets: async () => new Map() },
    async (batch) => {
      for (const { headers, value } of batch) {
        if (headers[regionHeader] !== region) foreign.push(headers[regionHeader] ?? "none");
        ids.push(EdgeRecord.parse(JSON.parse(new TextDecoder().decode(value))).submissionId);
      }
    },
  );
  await until(async () => (await consumer.lag()) === 0);
  await stream.close();
  expect(foreign).toEqual([]);
  return ids;
}

async function deadLetters(region: Region): Promise<string> {
  const response = await fetch(`${product.running.servers[region]}/v1/dead-letters`, {
    headers: { authorization: `Bearer ${product.keys.operator.token}` },
  });
  return response.text();
}

test(
  `counts every acknowledged answer of ${answersCount} exactly once in its region through kill -9 of everything`,
  { timeout: 600_000 },
  async () => {
    const campaign = await publishWidget(product);
    const answers = await prepare(campaign);

    const planned = faults();
    let acknowledged = 0;
    const striking = (async () => {
      for (const [index, fault] of planned.entries()) {
        // Spread over the arrival, by count and not by time: a slow machine must not miss one.
        const threshold = ((index + 1) * answersCount) / (planned.length + 1);
        await until(() => acknowledged >= threshold);
        await fault.strike((more) => until(() => acknowledged >= threshold + more));
        console.log(`kill -9 of the ${fault.what} at ${Math.round(threshold)} answers`);
      }
    })();
    const sending = sendAll(
      { edge: product.running.edge, answers, perSecond, devicesPerRegion, giveUpMs },
      (count) => {
        acknowledged = count;
      },
    );
    const [sent] = await Promise.all([sending, striking]);
    console.log("answers by status:", Object.fromEntries(sent.statuses));

    const expected = (region: Region): number =>
      sent.ledger.filter((entry) => entry.region === region && entry.acknowledged).length;
    for (const region of regions)
      await expect
        .poll(async () => (await resultsOf(product, region, campaign.id)).answers, {
          timeout: settleMs,
          interval: 200,
        })
        .toBeGreaterThanOrEqual(expected(region));
    const counted = new Map<Region, number>();
    for (const region of regions) {
      const { answers: readers, submissions } = await resultsOf(product, region, campaign.id);
      expect(submissions).toBe(readers);
      counted.set(region, readers);
      expect(JSON.parse(await deadLetters(region))).toMatchObject({ deadLetters: [] });
    }
    await product.running.stop();

    // At least once on the stream, in the region alone; exactly once in the warehouse.
    const streamed: Stored = {
      eu: await onStream("eu"),
      us: await onStream("us"),
      apac: await onStream("apac"),
    };
    expect(reconcile(sent.ledger, streamed)).toMatchObject({
      lost: [],
      misplaced: [],
      unknown: [],
    });
    const stored: Stored = {
      eu: await storedIn("eu"),
      us: await storedIn("us"),
      apac: await storedIn("apac"),
    };
    expect(reconcile(sent.ledger, stored)).toEqual({
      lost: [],
      doubled: [],
      misplaced: [],
      unknown: [],
    });
    // The control: an acknowledgement of what was never sent must be reported by the same reckoning.
    const never: LedgerEntry = { submissionId: "never", region: "eu", acknowledged: true };
    expect(reconcile([...sent.ledger, never], stored).lost).toEqual(["never"]);

    for (const region of regions) expect(stored[region]).toHaveLength(counted.get(region) ?? -1);
    expect(sent.ledger).toHaveLength(answersCount);
    expect(sent.ledger.filter((entry) => !entry.acknowledged)).toEqual([]);
    expect(sent.otherReceipts).toEqual([]);
    // Nothing else may ever be answered to an honest reader; and the faults must have been felt, or nothing was shown.
    expect(Array.from(sent.statuses.keys()).toSorted()).toEqual(["202", "503", "unreachable"]);
  },
);
