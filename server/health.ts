import type { Region } from "../sdk/region.ts";
import type { Keyring } from "./keyring.ts";
import type { LiveResults } from "./live.ts";
import type { Consumer, Stream } from "./stream/stream.ts";
import { countDeadLetters } from "./warehouse/dead-letters.ts";
import type { Warehouse } from "./warehouse/duckdb.ts";

/** Asking brokers again is not worth it within this time. */
const freshMs = 500;

export interface Health {
  /** `away`: the stream takes no answers. `degraded`: it does, and they wait there for the warehouse. */
  readonly status: "ok" | "degraded" | "away";
  readonly region: Region;
  readonly stream: boolean;
  readonly warehouse: boolean;
  /** Records on the stream and not yet in the warehouse; null where nobody can say. */
  readonly lag: number | null;
  readonly deadLetters: number | null;
  readonly keys: ReturnType<Keyring["states"]>;
}

export interface VitalParts {
  readonly region: Region;
  readonly stream: Pick<Stream, "healthy">;
  readonly consumer: Pick<Consumer, "lag" | "failures">;
  readonly warehouse: Pick<Warehouse, "writable" | "read">;
  readonly keyring: Pick<Keyring, "states">;
  readonly live: Pick<LiveResults, "followers">;
}

/** What many may ask for at once is found out once. */
export interface Vitals extends VitalParts {
  examining: Promise<Health> | undefined;
  asked: { readonly at: number; readonly healthy: Promise<boolean> } | undefined;
}

function streamHealthy(vitals: Vitals): Promise<boolean> {
  const at = performance.now();
  if (vitals.asked === undefined || at - vitals.asked.at > freshMs)
    vitals.asked = { at, healthy: vitals.stream.healthy() };
  return vitals.asked.healthy;
}

const orNull = (promise: Promise<number>): Promise<number | null> => promise.catch(() => null);

async function examine(vitals: Vitals): Promise<Health> {
  const { region, consumer, warehouse, keyring } = vitals;
  const [streams, lag, deadLetters] = await Promise.all([
    streamHealthy(vitals),
    orNull(consumer.lag()),
    orNull(warehouse.read(countDeadLetters)),
  ]);
  const stores = warehouse.writable && consumer.failures() === 0;
  return {
    status: streams ? (stores ? "ok" : "degraded") : "away",
    region,
    stream: streams,
    warehouse: stores,
    lag,
    deadLetters,
    keys: keyring.states(Date.now()),
  };
}

export const healthOf = (vitals: Vitals): Promise<Health> =>
  (vitals.examining ??= examine(vitals).finally(() => {
    vitals.examining = undefined;
  }));

export async function gaugesOf(vitals: Vitals): Promise<Record<string, number>> {
  const health = await healthOf(vitals);
  return {
    maily_stream_up: Number(health.stream),
    maily_warehouse_up: Number(health.warehouse),
    maily_ingest_lag_records: health.lag ?? Number.NaN,
    maily_ingest_refusals_in_a_row: vitals.consumer.failures(),
    maily_dead_letters: health.deadLetters ?? Number.NaN,
    maily_live_followers: vitals.live.followers,
  };
}
