import type { Region } from "../sdk/region.ts";
import type { Ingest } from "./ingest.ts";
import type { Publisher } from "./opened/publish.ts";
import type { Keyring } from "./keyring.ts";
import type { LiveResults } from "./live.ts";
import type { Gauge, Metrics } from "./metrics.ts";
import type { Consumer, Stream } from "./stream/stream.ts";
import type { Segments } from "./segments/segments.ts";
import type { Snowflake, SnowflakeState } from "./snowflake/snowflake.ts";
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
  /** Opened records that wait to be published. */
  readonly outgoing: number;
  readonly keys: ReturnType<Keyring["states"]>;
  /** `suspect`: they differed from the warehouse, and have not been found equal since. */
  readonly segments?: Segments["health"];
  /** Of no influence on `status`: nothing of an answer waits for it. */
  readonly snowflake?: SnowflakeState;
}

export interface VitalParts {
  readonly region: Region;
  readonly stream: Pick<Stream, "healthy">;
  readonly consumer: Pick<Consumer, "lag" | "failures">;
  readonly warehouse: Pick<Warehouse, "writable" | "read">;
  readonly keyring: Pick<Keyring, "states">;
  readonly live: Pick<LiveResults, "followers">;
  readonly ingest: Pick<Ingest, "handledTo">;
  readonly publisher: Pick<Publisher, "waiting" | "waitingSeconds">;
  readonly metrics: Pick<Metrics, "intakeUnderWay" | "agentFollowers">;
  readonly telemetry: Pick<Telemetry, "counts"> | undefined;
  readonly snowflake: Pick<Snowflake, "state"> | undefined;
  readonly segments?: Pick<Segments, "health">;
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
  const [streams, lag, deadLetters, snowflake] = await Promise.all([
    streamHealthy(vitals),
    orNull(consumer.lag()),
    orNull(warehouse.read(countDeadLetters)),
    vitals.snowflake?.state(),
  ]);
  const stores = warehouse.writable && consumer.failures() === 0;
  const segments = vitals.segments?.health;
  const whole = stores && (segments?.suspect ?? 0) === 0;
  return {
    status: streams ? (whole ? "ok" : "degraded") : "away",
    region,
    stream: streams,
    warehouse: stores,
    lag,
    deadLetters,
    outgoing: vitals.publisher.waiting,
    keys: keyring.states(Date.now()),
    ...(segments !== undefined && { segments }),
    ...(snowflake !== undefined && { snowflake }),
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

const segmentGauges = ({ segments, paused, suspect }: Segments["health"]): Gauge[] => [
  gauge("maily_segments", "Segments declared.", segments),
  gauge("maily_segments_paused", "Segments of which nothing is told for now.", paused),
  gauge(
    "maily_segments_suspect",
    "Segments that differed from the warehouse, and were not found equal since.",
    suspect,
  ),
];

const snowflakeGauges = (state: SnowflakeState): Gauge[] => [
  gauge("maily_snowflake_up", "Whether Snowflake takes rows.", Number(state.status === "ok")),
  gauge(
    "maily_snowflake_lag_records",
    "Records that are not committed in Snowflake.",
    state.lag ?? Number.NaN,
  ),
  gauge("maily_snowflake_in_flight_bytes", "Sent and not yet committed.", state.inFlightBytes),
  gauge("maily_snowflake_committed_total", "Records committed in Snowflake.", state.committedRows),
  gauge(
    "maily_snowflake_last_commit_seconds",
    "When a commit was last seen, Unix time; 0 before the first.",
    state.committedAt / 1000,
  ),
  gauge(
    "maily_snowflake_rejected_rows",
    "Rows that Snowflake refused, or that could not be sent; `maily snowflake rejected`.",
    state.rejected,
  ),
];

export async function gaugesOf(vitals: Vitals): Promise<Gauge[]> {
  const { stream, warehouse, lag, deadLetters, snowflake } = await healthOf(vitals);
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
      "maily_outgoing_records",
      "Opened records that wait to be published.",
      vitals.publisher.waiting,
    ),
    gauge(
      "maily_outgoing_seconds",
      "For how long some have waited without a break.",
      vitals.publisher.waitingSeconds,
    ),
    gauge(
      "maily_intake_under_way",
      "Batches of the edge that are not answered yet.",
      vitals.metrics.intakeUnderWay,
    ),
    ...(vitals.segments === undefined ? [] : segmentGauges(vitals.segments.health)),
    gauge("maily_live_followers", "Open live results.", vitals.live.followers),
    gauge(
      "maily_agent_followers",
      "Agents' sessions and event streams.",
      vitals.metrics.agentFollowers,
    ),
    gauge("process_cpu_seconds_total", "Processor time of this process.", (user + system) / 1e6),
    gauge("process_resident_memory_bytes", "Memory of this process.", process.memoryUsage.rss()),
    ...(snowflake === undefined ? [] : snowflakeGauges(snowflake)),
    ...(counts === undefined
      ? []
      : [
          gauge("maily_spans_exported_total", "Spans that the collector took.", counts.exported),
          gauge("maily_spans_dropped_total", "Spans that it never got.", counts.dropped),
        ]),
  ];
}
