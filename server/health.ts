import type { Region } from "../sdk/region.ts";
import type { Ingest } from "./ingest.ts";
import type { Keyring } from "./keyring.ts";
import type { LiveResults } from "./live.ts";
import type { Gauge, Metrics } from "./metrics.ts";
import type { Consumer, Stream } from "./stream/stream.ts";
import type { Telemetry } from "./telemetry.ts";
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
  readonly ingest: Pick<Ingest, "handledTo">;
  readonly metrics: Pick<Metrics, "intakeUnderWay">;
  readonly telemetry: Pick<Telemetry, "counts"> | undefined;
}

/** What many may ask for at once is found out once. */
export interface Vitals extends VitalParts {
  examining: Promise<Health> | undefined;
  asked: { readonly at: number; readonly healthy: Promise<boolean> } | undefined;
  /** Unix milliseconds. */
  readonly startedAt: number;
  /** When the stream was last seen to hold nothing unread, Unix milliseconds; 0 before that. */
  caughtUpAt: number;
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

/** No record younger than this waits to be read; late by at most the time between two questions. */
function lagSeconds(vitals: Vitals, lag: number | null): number {
  const now = Date.now();
  if (lag === 0) vitals.caughtUpAt = now;
  if (lag === null) return Number.NaN;
  const readTo = Math.max(vitals.caughtUpAt, Math.min(now, vitals.ingest.handledTo));
  // What waited while this process was away has waited longer than it runs: that says the first batch that is read.
  return (now - (readTo > 0 ? readTo : vitals.startedAt)) / 1000;
}

const gauge = (name: string, help: string, value: number): Gauge => ({ name, help, value });

export async function gaugesOf(vitals: Vitals): Promise<Gauge[]> {
  const { stream, warehouse, lag, deadLetters } = await healthOf(vitals);
  const { user, system } = process.cpuUsage();
  const counts = vitals.telemetry?.counts;
  return [
    gauge("maily_stream_up", "Whether the stream takes appends.", Number(stream)),
    gauge("maily_warehouse_up", "Whether the warehouse takes what is read.", Number(warehouse)),
    gauge(
      "maily_ingest_lag_records",
      "Records on the stream and not in the warehouse.",
      lag ?? Number.NaN,
    ),
    gauge(
      "maily_ingest_lag_seconds",
      "How long the oldest of them has waited, at most.",
      lagSeconds(vitals, lag),
    ),
    gauge(
      "maily_ingest_refusals_in_a_row",
      "Batches that the warehouse refused since the last it took.",
      vitals.consumer.failures(),
    ),
    gauge(
      "maily_dead_letters",
      "Records that could not be read and are kept.",
      deadLetters ?? Number.NaN,
    ),
    gauge(
      "maily_intake_under_way",
      "Batches of the edge that are not answered yet.",
      vitals.metrics.intakeUnderWay,
    ),
    gauge("maily_live_followers", "Open live results.", vitals.live.followers),
    gauge("process_cpu_seconds_total", "Processor time of this process.", (user + system) / 1e6),
    gauge("process_resident_memory_bytes", "Memory of this process.", process.memoryUsage.rss()),
    ...(counts === undefined
      ? []
      : [
          gauge("maily_spans_exported_total", "Spans that the collector took.", counts.exported),
          gauge("maily_spans_dropped_total", "Spans that it never got.", counts.dropped),
        ]),
  ];
}
