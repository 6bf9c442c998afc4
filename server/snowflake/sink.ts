// One topic of the clean stream into Snowflake. Reading begins after what Snowflake has committed; whatever leaves a row's
// fate unknown (a lost response, a channel taken over, a crash on either side) ends the session, and the next one begins
// there again. So every record is in the table once, in order, whichever side died, and a record that the stream itself
// delivers twice has the same id. Nothing here is on any answer's way: a slow Snowflake delays this sink alone.
import { Problem } from "../../sdk/problem.ts";
import type { Region } from "../../sdk/region.ts";
import { faultOf, log } from "../log.ts";
import { backOffMs, pause } from "../stream/deliver.ts";
import type { Consumer, StoredRecord, Stream } from "../stream/stream.ts";
import { brokenProblem, Channels, type Line } from "./channels.ts";
import { isPoison, landingRow } from "./landing.ts";
import type { Rejection, Rejections } from "./rejected.ts";
import type { SnowflakeSettings } from "./settings.ts";
import { StreamingPipe } from "./streaming.ts";

/** Pauses between sessions. */
const pauseMsMin = 250;
const pauseMsMax = 60_000;
/** How often commits are asked for: soon after rows, then less often. */
const pollMsMin = 100;
const pollMsMax = 2_000;

export interface SinkOf {
  readonly region: Region;
  readonly topic: string;
  readonly group: string;
  readonly pipe: string;
  readonly stream: Stream;
  readonly settings: SnowflakeSettings;
  readonly rejections: Rejections;
}

export interface SinkState {
  readonly topic: string;
  /** `refused`: Snowflake answers, and says no; somebody has to mend it. */
  readonly status: "ok" | "away" | "refused" | "full";
  /** The problem's code while it is not ok. */
  readonly code: string | undefined;
  /** Records that are not in the table; null where nobody can say. */
  readonly lag: number | null;
  readonly inFlightBytes: number;
  /** Unix milliseconds of the last commit that was seen; 0 before the first. */
  readonly committedAt: number;
  readonly committedRows: bigint;
}

/** Begins at once and never fails: what goes wrong is in `state`, and is tried again. */
export class SnowflakeSink {
  readonly #of: SinkOf;
  readonly #pipe: StreamingPipe;
  readonly #stopping = new AbortController();
  readonly #done: Promise<void>;
  #channels: Channels | undefined;
  #consumer: Consumer | undefined;
  #failures = 0;
  #problem: Problem | undefined;
  #committedAt = 0;
  #committedRows = 0n;

  constructor(of: SinkOf) {
    this.#of = of;
    this.#pipe = new StreamingPipe(of.settings, of.pipe, this.#stopping.signal);
    this.#done = this.#run();
  }

  async state(): Promise<SinkState> {
    const { topic, rejections } = this.#of;
    const lag = await this.#consumer?.lag().catch(() => null);
    const code = rejections.full ? "snowflake-rows-refused" : this.#problem?.code;
    return {
      topic,
      status:
        code === undefined
          ? "ok"
          : rejections.full
            ? "full"
            : code === "snowflake-away"
              ? "away"
              : "refused",
      code,
      lag: typeof lag === "number" ? lag + (this.#channels?.inFlightRecords ?? 0) : null,
      inFlightBytes: this.#channels?.inFlightBytes ?? 0,
      committedAt: this.#committedAt,
      committedRows: this.#committedRows,
    };
  }

  /** Gives up what is under way. What is not committed by then is sent again by whoever comes next. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#session();
      } catch (error) {
        this.#failed(error);
      }
      if (signal.aborted) return;
      const failures = Math.max(1, this.#failures);
      const asked = Number(this.#problem?.members["retryAfterSeconds"] ?? 0) * 1000;
      await pause(Math.max(asked, backOffMs(failures, pauseMsMin, pauseMsMax)), signal);
    }
  }

  async #session(): Promise<void> {
    const { stream, topic, group, settings, rejections } = this.#of;
    if (rejections.full) throw new Problem("snowflake-rows-refused");
    const channels = new Channels({
      topic,
      pipe: this.#pipe,
      prefix: settings.channelPrefix,
      rejections,
      onCommitted: (rows) => this.#progressed(rows),
    });
    this.#channels = channels;
    // Aborted when the session ends for whatever reason, so that a batch that waits for room lets go.
    const ending = new AbortController();
    const signal = AbortSignal.any([this.#stopping.signal, ending.signal]);
    const consumer = await stream.consume(
      { topic, group, nextOffsets: () => channels.nextOffsets() },
      (batch) => this.#handle(channels, batch, signal),
    );
    this.#consumer = consumer;
    this.#problem = undefined;
    try {
      await this.#watch(channels, consumer, signal);
    } finally {
      ending.abort();
      await consumer.stop();
      this.#consumer = undefined;
    }
  }

  /** Until the session breaks or the sink stops. */
  async #watch(channels: Channels, consumer: Consumer, signal: AbortSignal): Promise<void> {
    let pollMs = pollMsMin;
    while (!signal.aborted) {
      await pause(pollMs, signal);
      const before = this.#committedRows;
      await channels.refresh();
      pollMs = this.#committedRows > before ? pollMsMin : Math.min(pollMs * 2, pollMsMax);
      if (channels.broken !== undefined) throw brokenProblem();
      if (this.#of.rejections.full) throw new Problem("snowflake-rows-refused");
      // A batch that keeps being refused has its reason in `#problem`; a new session may find another host or token.
      if (consumer.failures() > 0 && this.#problem !== undefined) throw this.#problem;
    }
  }

  async #handle(
    channels: Channels,
    batch: readonly StoredRecord[],
    signal: AbortSignal,
  ): Promise<void> {
    const { region, rejections } = this.#of;
    const lines = new Map<number, Line[]>();
    const poison: Rejection[] = [];
    for (const stored of batch) {
      const { topic, partition, offset } = stored;
      const row = landingRow(stored, region);
      if (isPoison(row))
        poison.push({ topic, partition, first: offset, last: offset, rows: 1, reason: row });
      else lines.set(partition, [...(lines.get(partition) ?? []), { offset, ndjson: row }]);
    }
    if (poison.length > 0) {
      rejections.add(poison);
      log("snowflake-records-unreadable", { records: poison.length });
    }
    try {
      const taken = await Promise.all(
        Array.from(lines, ([partition, each]) => channels.append(partition, each, signal)),
      );
      if (taken.includes(false)) throw brokenProblem();
    } catch (error) {
      if (error instanceof Problem) this.#problem = error;
      throw error;
    }
  }

  #progressed(rows: bigint): void {
    this.#committedAt = Date.now();
    this.#committedRows += rows;
    this.#failures = 0;
  }

  #failed(error: unknown): void {
    this.#failures++;
    const known = error instanceof Problem;
    this.#problem = known ? error : new Problem("internal");
    // Said when it begins and at each doubling, not at every try of a long outage.
    if ((this.#failures & (this.#failures - 1)) === 0)
      log("snowflake-sink-waits", {
        topic: this.#of.topic,
        failures: this.#failures,
        fault: known ? error.code : faultOf(error),
        operation:
          known && typeof error.members["operation"] === "string" ? error.members["operation"] : "",
      });
  }
}
