// What a region's server has of Snowflake: two sinks, what they were refused, and how it stands.
import { join } from "node:path";
import { Problem } from "../../sdk/problem.ts";
import type { Region } from "../../sdk/region.ts";
import { faultOf, log } from "../log.ts";
import type { Stream } from "../stream/stream.ts";
import { openedEventsTopic, openedTopic } from "../stream/topics.ts";
import { Channels } from "./channels.ts";
import { Rejections } from "./rejected.ts";
import { replayRange } from "./replay.ts";
import { landings, type SnowflakeSettings } from "./settings.ts";
import { SnowflakeSink, type SinkState } from "./sink.ts";
import { StreamingPipe } from "./streaming.ts";

export interface SnowflakeState {
  readonly status: SinkState["status"];
  readonly code: string | undefined;
  readonly lag: number | null;
  /** Rows that are not in Snowflake and will not be by themselves. */
  readonly rejected: number;
  /** Unix milliseconds; 0 before the first commit. */
  readonly committedAt: number;
  readonly committedRows: number;
  readonly inFlightBytes: number;
}

export interface RejectionPage {
  readonly rejected: readonly {
    readonly id: string;
    readonly topic: string;
    readonly partition: number;
    readonly first: string;
    readonly last: string;
    readonly rows: number;
    readonly reason: string;
    readonly at: string;
    readonly attempts: number;
  }[];
  /** Where the next page begins: the query parameter `after`. */
  readonly next?: string;
}

const idForm = /^\d{1,15}$/;

export interface SnowflakeOf {
  readonly region: Region;
  readonly stream: Stream;
  readonly settings: SnowflakeSettings;
  readonly dataDir: string;
}

export class Snowflake {
  readonly #of: SnowflakeOf;
  readonly #rejections: Rejections;
  readonly #sinks: readonly SnowflakeSink[];
  readonly #stopping = new AbortController();
  #replaying: Promise<void> | undefined;

  /** Begins to send. Throws Problem `configuration-invalid` only for its own file. */
  constructor(of: SnowflakeOf) {
    const { region, stream, settings, dataDir } = of;
    this.#of = of;
    this.#rejections = new Rejections(join(dataDir, "snowflake.db"));
    const common = { region, stream, settings, rejections: this.#rejections };
    this.#sinks = [
      new SnowflakeSink({
        ...common,
        topic: openedTopic(region),
        group: `maily.snowflake.${region}`,
        pipe: landings.records,
      }),
      new SnowflakeSink({
        ...common,
        topic: openedEventsTopic(region),
        group: `maily.snowflake.events.${region}`,
        pipe: landings.events,
      }),
    ];
  }

  /** The worse of both topics. */
  async state(): Promise<SnowflakeState> {
    const states = await Promise.all(this.#sinks.map((sink) => sink.state()));
    const worst = states.find(({ status }) => status !== "ok");
    const lags = states.map(({ lag }) => lag);
    return {
      status: worst?.status ?? "ok",
      code: worst?.code,
      lag: lags.includes(null) ? null : lags.reduce<number>((sum, lag) => sum + (lag ?? 0), 0),
      rejected: this.#rejections.count,
      committedAt: Math.max(...states.map(({ committedAt }) => committedAt)),
      committedRows: Number(states.reduce((sum, { committedRows }) => sum + committedRows, 0n)),
      inFlightBytes: states.reduce((sum, { inFlightBytes }) => sum + inFlightBytes, 0),
    };
  }

  /** Problem: `malformed-request`. */
  rejected(after: string | undefined): RejectionPage {
    if (after !== undefined && !idForm.test(after))
      throw new Problem("malformed-request", { errors: ["after: is not a rejection's id"] });
    const page = this.#rejections.list(Number(after ?? 0));
    const last = page.at(-1);
    return {
      rejected: page.map(({ id, first, last: lastOffset, at, ...rest }) => ({
        id: String(id),
        ...rest,
        first: String(first),
        last: String(lastOffset),
        at: new Date(at).toISOString(),
      })),
      ...(last !== undefined &&
        this.#rejections.list(last.id).length > 0 && { next: String(last.id) }),
    };
  }

  /**
   * Sends one again, or with the id `all` every one, and goes on with it after the answer: what is refused still stays.
   * Problems: `not-found`; `rate-limited` while another replay is under way.
   */
  replay(id: string): { readonly replaying: number } {
    const ids = id === "all" ? this.#ids() : idForm.test(id) ? [Number(id)] : [];
    if (ids.length === 0 || (id !== "all" && this.#rejections.get(ids[0] ?? 0) === undefined))
      throw new Problem("not-found");
    if (this.#replaying !== undefined) throw new Problem("rate-limited", { retryAfterSeconds: 5 });
    this.#replaying = this.#replayEach(ids).finally(() => {
      this.#replaying = undefined;
    });
    return { replaying: ids.length };
  }

  /** What is under way is waited for; what is not committed goes on at the next start. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#sinks.map((sink) => sink.stop()));
    await this.#replaying;
    this.#rejections.close();
  }

  #ids(): number[] {
    const ids: number[] = [];
    for (
      let page = this.#rejections.list(0);
      page.length > 0;
      page = this.#rejections.list(ids.at(-1) ?? 0)
    )
      ids.push(...page.map(({ id }) => id));
    return ids;
  }

  async #replayEach(ids: readonly number[]): Promise<void> {
    const { region, stream, settings } = this.#of;
    const prefix = settings.channelPrefix;
    const { signal } = this.#stopping;
    for (const id of ids) {
      const range = this.#rejections.get(id);
      if (range === undefined) continue;
      // What is left of a long list stays as it is: a stop does not wait for it.
      if (signal.aborted) return;
      const name = range.topic === openedTopic(region) ? landings.records : landings.events;
      const pipe = new StreamingPipe(settings, name, signal);
      const channels = new Channels({
        topic: range.topic,
        pipe,
        prefix,
        rejections: this.#rejections,
        onCommitted: () => undefined,
      });
      try {
        const nextOffsets = () => channels.nextOffsets();
        const left = await replayRange(
          { region, stream, pipe, prefix, nextOffsets, signal },
          range,
        );
        this.#rejections.replace(id, left);
        log("snowflake-replayed", { id, left: left.length });
      } catch (error) {
        // It stays as it is; the operator's next try may find Snowflake again.
        const fault = error instanceof Problem ? error.code : faultOf(error);
        log("snowflake-replay-failed", { id, fault });
        if (!(error instanceof Problem)) throw error;
      }
    }
  }
}
