// The campaigns that have segments: the engine that answers, and the one that is being filled to take its place.
import type { ActivityChange } from "../../activities/rows.ts";
import { faultOf, log } from "../../log.ts";
import { Turn } from "../../turn.ts";
import type { Warehouse } from "../../warehouse/duckdb.ts";
import type { ReaderChange } from "../../warehouse/rows.ts";
import type { EngineLimits } from "../limits.ts";
import { CampaignEngine, type Ahead, type CampaignOf, type CompiledSegment } from "./campaign.ts";
import { Loading } from "./load.ts";

/** Before the tables are asked again that could not be read. */
const againMs = 2_000;

export interface Hosted {
  readonly of: CampaignOf;
  serving: CampaignEngine | undefined;
  loading: Loading | undefined;
  retry: NodeJS.Timeout | undefined;
}

export type LoadOutcome = "loaded" | "too-large";

const keyOf = ({ tenant, campaign }: CampaignOf): string => `${tenant}|${campaign}`;

export class HostedCampaigns {
  readonly #warehouse: Pick<Warehouse, "read">;
  readonly #limits: EngineLimits;
  readonly #hosted = new Map<string, Hosted>();
  /** One campaign is filled at a time: what is held twice is bounded by the largest. */
  readonly #fillings = new Turn();
  #closed = false;

  constructor(warehouse: Pick<Warehouse, "read">, limits: EngineLimits) {
    [this.#warehouse, this.#limits] = [warehouse, limits];
  }

  serving(of: CampaignOf): CampaignEngine | undefined {
    return this.#hosted.get(keyOf(of))?.serving;
  }

  /** Readers of all engines that answer. */
  get readers(): number {
    let readers = 0;
    for (const { serving } of this.#hosted.values()) readers += serving?.readers.size ?? 0;
    return readers;
  }

  /** What a commit made of a reader, for engines that answer and those that are filled. */
  change(change: ReaderChange, changed: Set<string>): CampaignEngine | undefined {
    const hosted = this.#hosted.get(keyOf(change));
    hosted?.serving?.change(change, changed);
    hosted?.loading?.apply("reader", change);
    return hosted?.serving;
  }

  /** What is not committed yet; of an answer's reader nothing else waits before it. */
  expect(row: Ahead, changed: Set<string>): CampaignEngine | undefined {
    const engine = this.serving(row);
    engine?.expect(row, changed);
    return engine;
  }

  changeActivities(change: ActivityChange, changed: Set<string>): CampaignEngine | undefined {
    const hosted = this.#hosted.get(keyOf(change));
    hosted?.serving?.changeActivities(change, changed);
    hosted?.loading?.apply("activities", change);
    return hosted?.serving;
  }

  /** Whether this engine, or all together, hold more than they may. */
  isTooLarge(engine: CampaignEngine): boolean {
    return engine.isTooLarge || this.readers > this.#limits.readers;
  }

  /** Nothing is held of a campaign any more. */
  drop(of: CampaignOf): void {
    const hosted = this.#hosted.get(keyOf(of));
    if (hosted === undefined) return;
    hosted.loading?.stop();
    clearTimeout(hosted.retry);
    this.#hosted.delete(keyOf(of));
  }

  /**
   * Reads a campaign anew, for these segments; what answers meanwhile goes on. `done` is told once the new engine answers, or
   * none does; never where another reading has taken this one's place.
   */
  fill(
    of: CampaignOf,
    segments: readonly CompiledSegment[],
    done: (outcome: LoadOutcome, before: CampaignEngine | undefined) => void,
  ): void {
    if (this.#closed) return;
    const hosted = this.#hosted.get(keyOf(of)) ?? {
      of,
      serving: undefined,
      loading: undefined,
      retry: undefined,
    };
    this.#hosted.set(keyOf(of), hosted);
    hosted.loading?.stop();
    clearTimeout(hosted.retry);
    const engine = new CampaignEngine(of, segments, this.#limits);
    const loading = new Loading(engine, this.#warehouse, this.#limits);
    hosted.loading = loading;
    void this.#run(hosted, loading, (outcome, before) => {
      if (outcome !== "postponed") done(outcome, before);
      else hosted.retry = setTimeout(() => this.fill(of, segments, done), againMs).unref();
    });
  }

  async #run(
    hosted: Hosted,
    loading: Loading,
    ended: (outcome: LoadOutcome | "postponed", before: CampaignEngine | undefined) => void,
  ): Promise<void> {
    const wanted = (): boolean => hosted.loading === loading && !this.#closed;
    let loaded: boolean | undefined;
    try {
      loaded = await this.#fillings.run(async () => wanted() && loading.run());
    } catch (error) {
      log("segments-postponed", { campaign: hosted.of.campaign, fault: faultOf(error) });
    }
    // Another reading has taken this one's place.
    if (!wanted()) return;
    const before = hosted.serving;
    hosted.loading = undefined;
    if (loaded === undefined) {
      ended("postponed", before);
      return;
    }
    const others = this.readers - (before?.readers.size ?? 0);
    const fits = loaded && others + loading.engine.readers.size <= this.#limits.readers;
    hosted.serving = fits ? loading.engine : undefined;
    for (const row of before?.expected() ?? []) hosted.serving?.expect(row, new Set());
    ended(fits ? "loaded" : "too-large", before);
  }

  /** No reading goes on. */
  close(): void {
    this.#closed = true;
    for (const { loading, retry } of this.#hosted.values()) {
      loading?.stop();
      clearTimeout(retry);
    }
  }
}
