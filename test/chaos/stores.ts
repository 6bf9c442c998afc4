// What lies in the regions when all is over: the records of their topics, the rows of their warehouses, and what nobody could
// take.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DuckDBInstance } from "@duckdb/node-api";
import { fromBase64url, textOf, type Bytes } from "../../sdk/bytes.ts";
import { parseInvitation } from "../../sdk/invitation.ts";
import { regions, type Region } from "../../sdk/region.ts";
import { openEmbeddedStream } from "../../server/stream/embedded.ts";
import { openKafkaStream } from "../../server/stream/kafka.ts";
import type { StoredRecord, Stream } from "../../server/stream/stream.ts";
import { derivedTopics, regionHeader, sealedTopic } from "../../server/stream/topics.ts";
import type { Reconciliation } from "./reconcile.ts";
import type { World } from "./world.ts";

/** Between two looks at what still waits; and how long nothing may move before it is said to have stopped. */
const lookMilliseconds = 500;
const stillMillisecondsMax = 120_000;

interface EdgeHealth {
  readonly regions: Partial<
    Record<Region, { readonly waiting?: number; readonly parked?: number }>
  >;
}

const jsonOf = async (address: string, headers: Record<string, string> = {}): Promise<unknown> => {
  const response = await fetch(address, { headers, signal: AbortSignal.timeout(10_000) });
  return response.json();
};

export const idOf = (text: string): Bytes => {
  const id = fromBase64url(text);
  if (id?.length !== 16) throw new Error("what is stored has an id that is none");
  return id;
};

export interface Waiting {
  readonly outbox: number;
  /** Records that were not ingested yet. */
  readonly lag: number;
  /** Opened records that were not published yet, or are not committed in Snowflake. */
  readonly beyond: number;
}

export const nobodyKnows: Waiting = {
  outbox: Number.NaN,
  lag: Number.NaN,
  beyond: Number.NaN,
};

/** What still waits anywhere; NaN where nobody can say. */
export async function waitingIn(world: World): Promise<Waiting> {
  const health = (await jsonOf(`${world.running.edge}/healthz`)) as EdgeHealth; // The edge's own schema.
  const servers = await Promise.all(
    regions.map(async (region) => {
      const { lag, outgoing, snowflake } = (await jsonOf(
        `${world.running.servers[region]}/healthz`,
      )) as {
        readonly lag: number | null;
        readonly outgoing: number;
        readonly snowflake: { readonly lag: number | null };
      }; // The server's.
      return { lag: lag ?? Number.NaN, beyond: outgoing + (snowflake.lag ?? Number.NaN) };
    }),
  );
  return {
    outbox: Object.values(health.regions).reduce((sum, { waiting = 0 }) => sum + waiting, 0),
    lag: servers.reduce((sum, { lag }) => sum + lag, 0),
    beyond: servers.reduce((sum, { beyond }) => sum + beyond, 0),
  };
}

/** Waits until nothing waits; returns what still does where nothing moves any more. */
export async function settled(world: World, progress: (left: Waiting) => void): Promise<Waiting> {
  let best = Infinity;
  let movedAt = performance.now();
  for (;;) {
    const left = await waitingIn(world).catch(() => nobodyKnows);
    const sum = left.outbox + left.lag + left.beyond;
    // Twice: what the edge says is a second old.
    if (sum === 0 && best === 0) return left;
    if (sum < best) {
      best = sum;
      movedAt = performance.now();
    }
    if (performance.now() - movedAt > stillMillisecondsMax) return left;
    progress(left);
    await sleep(sum === 0 ? 1_500 : lookMilliseconds);
  }
}

export interface Refused {
  readonly parked: number;
  readonly deadLetters: number;
}

/** What the edge parked and the region's server could not read. */
export async function refusedIn(world: World, region: Region): Promise<Refused> {
  const edge = (await jsonOf(`${world.running.edge}/healthz`)) as EdgeHealth; // The edge's own schema.
  const server = (await jsonOf(`${world.running.servers[region]}/healthz`)) as {
    readonly deadLetters: number | null;
  }; // The server's.
  return {
    parked: edge.regions[region]?.parked ?? 0,
    deadLetters: server.deadLetters ?? Number.NaN,
  };
}

function countRecord(record: StoredRecord, region: Region, reconciliation: Reconciliation): void {
  const { kind, submissionId, invitation } = JSON.parse(textOf(record.value)) as {
    readonly kind: string;
    readonly submissionId: string;
    readonly invitation: string;
  }; // Ingest parsed it, or it is a dead letter.
  const { body } = parseInvitation(invitation);
  const id = kind === "withdrawal" ? body.reader : idOf(submissionId);
  reconciliation.found("topic", region, {
    id,
    reader: body.reader,
    region: record.headers[regionHeader] ?? "none",
  });
}

/** Reads a region's whole topic of sealed records, once its server has stopped. */
export const countTopic = (
  world: World,
  region: Region,
  reconciliation: Reconciliation,
): Promise<void> =>
  readTopic(world, region, sealedTopic(region), (record) =>
    countRecord(record, region, reconciliation),
  );

/** Every record of a region's topic. */
export async function readTopic(
  world: World,
  region: Region,
  topic: string,
  each: (record: StoredRecord) => void,
): Promise<void> {
  const broker = world.brokers?.[region];
  const stream: Stream =
    broker === undefined
      ? openEmbeddedStream({
          path: join(world.folder, region, "stream.db"),
          derivedTopics: derivedTopics(region),
        })
      : openKafkaStream({
          brokers: [`127.0.0.1:${broker.port}`],
          clientId: "maily-reckoning",
        });
  const consumer = await stream.consume(
    { topic, group: "reckoning", nextOffsets: async () => new Map() },
    async (batch) => {
      for (const record of batch) each(record);
    },
  );
  while ((await consumer.lag()) > 0) {
    if (consumer.failures() > 0) throw new Error(`the topic of ${region} cannot be counted`);
    await sleep(lookMilliseconds);
  }
  await stream.close();
}

/** Asks a region's warehouse, once its server has stopped: DuckDB lets one process at a time have a file. */
export async function askWarehouse(
  world: World,
  region: Region,
  sql: string,
  each: (row: readonly unknown[]) => void,
): Promise<void> {
  const path = join(world.folder, region, "warehouse.duckdb");
  const instance = await DuckDBInstance.create(path, { access_mode: "READ_ONLY" });
  const connection = await instance.connect();
  const rows = await connection.stream(sql);
  for await (const chunk of rows.yieldRows()) for (const row of chunk) each(row);
  connection.closeSync();
  instance.closeSync();
}

export const countWarehouse = (
  world: World,
  region: Region,
  reconciliation: Reconciliation,
): Promise<void> =>
  askWarehouse(
    world,
    region,
    `SELECT submission_id, reader FROM submissions
     UNION ALL SELECT reader, reader FROM withdrawals`,
    ([id, reader]) =>
      reconciliation.found("warehouse", region, {
        id: idOf(String(id)),
        reader: idOf(String(reader)),
      }),
  );
