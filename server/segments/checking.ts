// Compares one segment after the other with the tables, for as long as the server runs, in a bounded share of time.
import { setTimeout as sleep } from "node:timers/promises";
import { faultOf, log } from "../log.ts";
import { Turn } from "../turn.ts";
import type { Warehouse } from "../warehouse/duckdb.ts";
import { compareWithTables, partOf, type Compared } from "./check.ts";
import type { CampaignEngine } from "./engine/campaign.ts";
import type { Kept } from "./kept.ts";
import { checkMs } from "./limits.ts";

/** Whom is compared, and what follows. */
export interface Compares {
  readonly kept: () => readonly Kept[];
  readonly engineOf: (kept: Kept) => CampaignEngine | undefined;
  readonly diverged: (kept: Kept, compared: Compared) => void;
}

export class Checking {
  readonly #warehouse: Pick<Warehouse, "read">;
  readonly #compares: Compares;
  /** One at a time: readers who change are remembered for one comparison. */
  readonly #turn = new Turn();
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #round = 0;

  constructor(warehouse: Pick<Warehouse, "read">, compares: Compares) {
    [this.#warehouse, this.#compares] = [warehouse, compares];
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await this.#turn.run(() => Promise.resolve());
  }

  /** Undefined where the segment does not answer, or was read anew meanwhile. Problem: `region-unavailable`. */
  check(kept: Kept): Promise<Compared | undefined> {
    return this.#turn.run(async () => {
      const engine = this.#compares.engineOf(kept);
      if (engine === undefined || kept.paused !== undefined) return undefined;
      const part = partOf(engine.members(kept.segment.id)?.size ?? 0, this.#round);
      const compared = await compareWithTables(kept, engine, this.#warehouse, part);
      // What was compared does not answer any more: it says nothing of what does.
      if (this.#compares.engineOf(kept) !== engine || kept.paused !== undefined) return undefined;
      if (compared.missing + compared.extra > 0) this.#compares.diverged(kept, compared);
      else kept.suspect = false;
      return compared;
    });
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    for (let next = 0; !signal.aborted;) {
      const begun = performance.now();
      const all = this.#compares.kept();
      const kept = all[next % Math.max(1, all.length)];
      if (kept !== undefined)
        await this.check(kept).catch((error: unknown) =>
          log("segment-check-postponed", { segment: kept.segment.id, fault: faultOf(error) }),
        );
      next = next + 1 < all.length ? next + 1 : 0;
      if (next === 0) this.#round++;
      const took = performance.now() - begun;
      const rest = Math.max(checkMs.between, took * (1 / checkMs.shareMax - 1));
      await sleep(rest, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
}
