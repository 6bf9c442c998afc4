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
import { regionHeader, sealedTopic } from "../../server/stream/topics.ts";
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

const idOf = (text: string): Bytes => {
  const id = fromBase64url(text);
  if (id?.length !== 16) throw new Error("what is stored has an id that is none");
  return id;
};

export interface Waiting {
  readonly outbox: number;
  /** Records that were not ingested yet. */
  readonly lag: number;
}

/** What still waits anywhere; NaN where nobody can say. */
export async function waitingIn(world: World): Promise<Waiting> {
  const health = (await jsonOf(`${world.running.edge}/healthz`)) as EdgeHealth; // The edge's own schema.
  const lags = await Promise.all(
    regions.map(async (region) => {
      const { lag } = (await jsonOf(`${world.running.servers[region]}/healthz`)) as {
        readonly lag: number | null;
      }; // The server's.
      return lag ?? Number.NaN;
    }),
  );
  return {
    outbox: Object.values(health.regions).reduce((sum, { waiting = 0 }) => sum + waiting, 0),
    lag: lags.reduce((sum, lag) => sum + lag, 0),
  };
}

/** Waits until nothing waits; returns what still does where nothing moves any more. */
export async function settled(world: World, progress: (left: Waiting) => void): Promise<Waiting> {
  let best = Infinity;
  let movedAt = performance.now();
  for (;;) {
    const left = await waitingIn(world).catch(() => ({ outbox: Number.NaN, lag: Number.NaN }));
    const sum = left.outbox + left.lag;
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

/** Reads a region's whole topic, once its server has stopped. */
export async function countTopic(
  world: World,
  region: Region,
  reconciliation: Reconciliation,
): Promise<void> {
  const broker = world.brokers?.[region];
  const stream: Stream =
    broker === undefined
      ? openEmbeddedStream({ path: join(world.folder, region, "stream.db") })
      : openKafkaStream({
          brokers: [`127.0.0.1:${broker.port}`],
          clientId: "maily-reckoning",
        });
  const consumer = await stream.consume(
    { topic: sealedTopic(region), group: "reckoning", nextOffsets: async () => new Map() },
    async (batch) => {
      for (const record of batch) countRecord(record, region, reconciliation);
    },
  );
  while ((await consumer.lag()) > 0) {
    if (consumer.failures() > 0) throw new Error(`the topic of ${region} cannot be counted`);
    await sleep(lookMilliseconds);
  }
  await stream.close();
}

/** Reads a region's warehouse, once its server has stopped: DuckDB lets one process at a time have a file. */
export async function countWarehouse(
  world: World,
  region: Region,
  reconciliation: Reconciliation,
): Promise<void> {
  const path = join(world.folder, region, "warehouse.duckdb");
  const instance = await DuckDBInstance.create(path, { access_mode: "READ_ONLY" });
  const connection = await instance.connect();
  const rows = await connection.stream(
    `SELECT submission_id, reader FROM submissions
     UNION ALL SELECT reader, reader FROM withdrawals`,
  );
  for await (const chunk of rows.yieldRows())
    for (const [id, reader] of chunk)
      reconciliation.found("warehouse", region, {
        id: idOf(String(id)),
        reader: idOf(String(reader)),
      });
  connection.closeSync();
  instance.closeSync();
}
