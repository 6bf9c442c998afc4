// The segments of one region: declared by tenants, kept up with every commit, compared with the tables all the time.
import { Problem } from "../../sdk/problem.ts";
import type { Region } from "../../sdk/region.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import type {
  Segment,
  SegmentChange,
  SegmentPause,
  SegmentState,
} from "../../sdk/schema/segment.ts";
import type { ActivityChange } from "../activities/rows.ts";
import { log } from "../log.ts";
import type { Warehouse } from "../warehouse/duckdb.ts";
import type { Row, Written } from "../warehouse/rows.ts";
import { Checking } from "./checking.ts";
import { choicesOf, type SegmentChoices } from "./choices.ts";
import type { Compared } from "./check.ts";
import type { CampaignEngine, CampaignOf } from "./engine/campaign.ts";
import { HostedCampaigns, type LoadOutcome } from "./engine/hosted.ts";
import { UnderWay } from "./under-way.ts";
import { Declared } from "./declared.ts";
import { Followed, type Source } from "./followed.ts";
import { faultsOf, keep, moved, requireFit, type Kept } from "./kept.ts";
import { engineLimits, type EngineLimits } from "./limits.ts";
import { SegmentStore } from "./store.ts";
import { tellAll, Telling } from "./telling.ts";

export interface SegmentParts {
  readonly region: Region;
  /** Of segments.db. */
  readonly path: string;
  readonly warehouse: Pick<Warehouse, "read">;
  /** The newest revision of a tenant's campaign. */
  readonly campaigns: { ofTenant(tenant: number, id: string): Campaign | undefined };
  /** Where members come from another engine instead of being kept here: its views are followed. */
  readonly source?: Source;
  /** Told of each divergence. */
  readonly onDivergence?: () => void;
  readonly limits?: EngineLimits;
}

type Listener = (changes: readonly SegmentChange[]) => void;

export class Segments {
  readonly #parts: SegmentParts;
  readonly #store: SegmentStore;
  readonly #declared = new Declared();
  readonly #campaigns: HostedCampaigns;
  readonly #telling: Telling<Kept>;
  readonly #checking: Checking;
  readonly #followed: Followed | undefined;
  readonly #listeners = new Set<Listener>();
  readonly #underWay = new UnderWay();

  /** Reads what was declared; its readers come with `start`. Throws Problem `configuration-invalid` for its file. */
  constructor(parts: SegmentParts) {
    this.#parts = parts;
    this.#store = new SegmentStore(parts.path);
    this.#campaigns = new HostedCampaigns(parts.warehouse, parts.limits ?? engineLimits);
    this.#telling = new Telling((kept) => this.#tell(kept));
    this.#followed =
      parts.source && new Followed(parts.source, (kept, loaded) => this.#told(kept, loaded));
    this.#checking = new Checking(parts.warehouse, {
      kept: () => this.#declared.all(),
      engineOf: (kept) => this.#engineOf(kept),
      diverged: (kept, compared) => this.#diverged(kept, compared),
    });
    for (const { tenant, segment } of this.#store.all()) this.#declared.add(keep(tenant, segment));
  }

  /** Begins to read the readers of every campaign with segments, and to compare. */
  start(): void {
    for (const kept of this.#declared.all()) this.#judge(kept);
    for (const of of this.#declared.campaigns()) this.#fill(of);
    this.#checking.start();
  }

  /** Everything committed until then is counted, Unix milliseconds: commits are applied before anybody else hears of them. */
  get asOf(): number {
    return this.#followed?.asOf ?? Date.now();
  }

  get health(): ReturnType<Declared["health"]> {
    return this.#declared.health();
  }

  list(tenant: number): readonly SegmentState[] {
    return this.#declared.ofTenant(tenant).map((kept) => this.#stateOf(kept));
  }

  get(tenant: number, id: string): SegmentState | undefined {
    const kept = this.#declared.get(tenant, id);
    return kept && this.#stateOf(kept);
  }

  definitionOf(tenant: number, id: string): Segment | undefined {
    return this.#declared.get(tenant, id)?.segment;
  }

  /** What the tenant may know of a segment's keeping; undefined where there is no such segment. */
  keepingOf(
    tenant: number,
    id: string,
  ): Pick<Kept, "faults" | "divergences" | "rebuiltAt"> | undefined {
    return this.#declared.get(tenant, id);
  }

  /** Whether a reader is a member; false while the segment is paused. */
  has(tenant: number, id: string, reader: string): boolean {
    const kept = this.#declared.get(tenant, id);
    if (kept === undefined || kept.paused !== undefined) return false;
    return (
      this.#followed?.members(kept)?.has(reader) ?? this.#serving(kept)?.has(id, reader) ?? false
    );
  }

  /** How often members chose what, without any floor: whoever gives it away applies one. Undefined while paused. */
  choices(tenant: number, id: string): readonly SegmentChoices[] | undefined {
    const kept = this.#declared.get(tenant, id);
    const engine = kept && this.#serving(kept);
    const campaign = kept && this.#parts.campaigns.ofTenant(tenant, kept.segment.campaign);
    return engine && campaign && choicesOf(campaign, engine.countsOf(id));
  }

  /**
   * Declares a segment, or declares it anew. Problems: `segment-sql`, `segment-invalid`, `segments-full`,
   * `region-unavailable`.
   */
  put(tenant: number, segment: Segment): SegmentState {
    requireFit(segment, this.#parts.campaigns.ofTenant(tenant, segment.campaign));
    const kept = keep(tenant, segment);
    this.#store.put(tenant, segment);
    const before = this.#forget(tenant, segment.id);
    this.#declared.add(kept);
    if (before !== undefined && before.segment.campaign !== segment.campaign)
      this.#fill({ tenant, campaign: before.segment.campaign });
    this.#fill({ tenant, campaign: segment.campaign });
    return this.#stateOf(kept);
  }

  /** Problems: `segment-unknown`, `region-unavailable`. */
  delete(tenant: number, id: string): void {
    if (!this.#store.delete(tenant, id)) throw new Problem("segment-unknown");
    const before = this.#forget(tenant, id);
    if (before !== undefined) this.#fill({ tenant, campaign: before.segment.campaign });
  }

  /** A campaign was published again: its segments fit it, or say what does not. */
  published(of: CampaignOf): void {
    const mine = this.#declared.of(of);
    const before = mine.map(({ paused }) => paused);
    for (const kept of mine) this.#judge(kept);
    if (mine.some(({ paused }, index) => paused !== before[index])) this.#fill(of);
  }

  /** Told after each settle; returns the unsubscribe. Synchronous, must not throw. */
  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Records were read whose commit follows: answers that it can only count are counted now. Synchronous. */
  expect(rows: readonly Row[]): void {
    this.#gather(this.#underWay.add(rows), (row, changed) => this.#campaigns.expect(row, changed));
  }

  /** Those were committed, after `apply` was told what changed, or will be read again. Synchronous. */
  settle(rows: readonly Row[]): void {
    this.#gather(this.#underWay.remove(rows), (reader, changed) => {
      const engine = this.#campaigns.serving(reader);
      engine?.settle(reader.reader, changed);
      return engine;
    });
  }

  /** After each commit, synchronous. */
  apply({ readers, activities }: Pick<Written, "readers" | "activities">): void {
    this.#gather(readers, (change, changed) => this.#campaigns.change(change, changed));
    this.#gather(activities, (change, changed) =>
      this.#campaigns.changeActivities(change, changed),
    );
  }

  /** The same of activities that came apart from answers. */
  applyActivities(changes: readonly ActivityChange[]): void {
    this.apply({ readers: [], activities: changes });
  }

  /** Compares one segment with the tables now. Problems: `segment-unknown`, `region-unavailable`. */
  check(tenant: number, id: string): Promise<Compared | undefined> {
    const kept = this.#declared.get(tenant, id);
    if (kept === undefined) throw new Problem("segment-unknown");
    return this.#checking.check(kept);
  }

  async close(): Promise<void> {
    this.#telling.close();
    this.#campaigns.close();
    await this.#followed?.close();
    await this.#checking.stop();
    this.#store.close();
  }

  /** Does each, and tells which segments' members changed. */
  #gather<Thing>(
    things: Iterable<Thing>,
    each: (thing: Thing, changed: Set<string>) => CampaignEngine | undefined,
  ): void {
    const moves = new Map<CampaignEngine, Set<string>>();
    for (const thing of things) {
      const changed = new Set<string>();
      const engine = each(thing, changed);
      if (engine === undefined) continue;
      for (const id of moves.get(engine) ?? []) changed.add(id);
      moves.set(engine, changed);
    }
    this.#moved(moves);
  }

  #moved(moves: ReadonlyMap<CampaignEngine, ReadonlySet<string>>): void {
    const changed: Kept[] = [];
    for (const [engine, ids] of moves) {
      if (this.#campaigns.isTooLarge(engine)) {
        this.#campaigns.drop(engine.of);
        this.#pauseAll(engine.of, "too-large");
        continue;
      }
      for (const id of ids) {
        const kept = this.#declared.get(engine.of.tenant, id);
        if (kept === undefined || kept.paused !== undefined) continue;
        moved(kept);
        changed.push(kept);
      }
    }
    this.#telling.changed(changed);
  }

  #tell(due: readonly Kept[]): void {
    const changes = due.map((kept): SegmentChange => {
      const members = this.#members(kept);
      const state = this.#stateOf(kept);
      // Below the floor a movement would say what the size may not.
      const { entered, left } =
        members === undefined || state.belowFloor ? { entered: 0, left: 0 } : members;
      if (members !== undefined) [members.entered, members.left] = [0, 0];
      return { ...state, kind: "segment", entered, left };
    });
    tellAll(this.#listeners, changes);
  }

  #stateOf(kept: Kept): SegmentState {
    const { tenant, segment, paused, sequence } = kept;
    const { id, campaign, name, purpose, floor } = segment;
    const size = this.#members(kept)?.size;
    const told = size !== undefined && size >= floor;
    return {
      tenant,
      region: this.#parts.region,
      segment: id,
      campaign,
      name,
      purpose,
      floor,
      ...(told && { size }),
      belowFloor: !told,
      ...(paused !== undefined && { paused }),
      asOf: new Date(this.asOf).toISOString(),
      sequence,
    };
  }

  /** How many they are and how many moved; undefined while the segment is paused. */
  #members(kept: Kept): { readonly size: number; entered: number; left: number } | undefined {
    if (kept.paused !== undefined) return undefined;
    return this.#followed?.members(kept) ?? this.#engineOf(kept)?.members(kept.segment.id);
  }

  /** Another engine has told of a segment's members. */
  #told(kept: Kept, loaded: boolean): void {
    if (loaded && kept.paused === "loading") kept.paused = undefined;
    if (kept.paused !== undefined) return;
    moved(kept);
    this.#telling.changed([kept]);
  }

  /** The engine that answers for a segment; none while it is paused. */
  #serving(kept: Kept): CampaignEngine | undefined {
    return kept.paused === undefined ? this.#engineOf(kept) : undefined;
  }

  #engineOf({ tenant, segment }: Kept): CampaignEngine | undefined {
    const engine = this.#campaigns.serving({ tenant, campaign: segment.campaign });
    return engine?.members(segment.id) === undefined ? undefined : engine;
  }

  /** Reads a campaign's readers for its segments as they are now. */
  #fill(of: CampaignOf): void {
    const mine = this.#declared.of(of).filter(({ paused }) => paused !== "invalid");
    if (this.#followed !== undefined) {
      for (const kept of mine) {
        this.#followed.follow(kept);
        // Followed all the time, and fits the campaign again: nothing need change there for its members to be told.
        if (this.#followed.members(kept) !== undefined) this.#told(kept, true);
      }
      return;
    }
    if (mine.length === 0) {
      this.#campaigns.drop(of);
      return;
    }
    const compiled = mine.map(({ segment: { id, purpose }, belongs }) => ({
      id,
      purpose,
      belongs,
    }));
    this.#campaigns.fill(of, compiled, (outcome, before) => {
      // Read before there was an engine to take them out of.
      for (const row of this.#underWay.leaving(of)) this.#campaigns.expect(row, new Set());
      this.#filled(mine, outcome, before);
    });
  }

  #filled(mine: readonly Kept[], outcome: LoadOutcome, before: CampaignEngine | undefined): void {
    const now = mine.filter((kept) => this.#declared.holds(kept));
    for (const kept of now) {
      if (kept.paused === "diverged") kept.rebuiltAt = Date.now();
      kept.paused = outcome === "loaded" ? undefined : "too-large";
      const members = this.#engineOf(kept)?.members(kept.segment.id);
      const size = before?.members(kept.segment.id)?.size ?? 0;
      if (members !== undefined) {
        // Since the change before: what is told is the difference to what answered until now.
        members.entered = Math.max(0, members.size - size);
        members.left = Math.max(0, size - members.size);
      }
      moved(kept);
      log(outcome === "loaded" ? "segment-loaded" : "segment-too-large", {
        tenant: kept.tenant,
        segment: kept.segment.id,
      });
    }
    this.#telling.changed(now);
  }

  #diverged(kept: Kept, { missing, extra }: Compared): void {
    kept.divergences++;
    kept.suspect = true;
    kept.paused = "diverged";
    const { campaign, id } = kept.segment;
    log("segment-diverged", { tenant: kept.tenant, segment: id, missing, extra });
    this.#parts.onDivergence?.();
    moved(kept);
    this.#telling.changed([kept]);
    this.#fill({ tenant: kept.tenant, campaign });
  }

  #judge(kept: Kept): void {
    const { campaign } = kept.segment;
    kept.faults = faultsOf(kept.segment, this.#parts.campaigns.ofTenant(kept.tenant, campaign));
    if (kept.faults.length > 0) kept.paused = "invalid";
    else if (kept.paused === "invalid") kept.paused = "loading";
  }

  #pauseAll(of: CampaignOf, reason: SegmentPause): void {
    for (const kept of this.#declared.of(of)) {
      kept.paused = reason;
      moved(kept);
      log("segment-paused", { tenant: kept.tenant, segment: kept.segment.id, reason });
      this.#telling.changed([kept]);
    }
  }

  #forget(tenant: number, id: string): Kept | undefined {
    const kept = this.#declared.get(tenant, id);
    if (kept === undefined) return undefined;
    this.#declared.remove(kept);
    this.#telling.forget(kept);
    this.#followed?.forget(kept);
    return kept;
  }
}
