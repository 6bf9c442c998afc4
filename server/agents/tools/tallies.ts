// Counts of agreeing readers, kept until the next commit that touches the campaign: agents that ask often cost one count.
import type { Warehouse } from "../../warehouse/duckdb.ts";
import { countAgreeing, type AgreeingCounts, type AgreeingTo } from "./counted.ts";

const keptMax = 256;

export class AgreeingTallies {
  readonly #warehouse: Pick<Warehouse, "read">;
  readonly #kept = new Map<
    string,
    { readonly campaign: string; readonly counts: Promise<AgreeingCounts> }
  >();

  constructor(warehouse: Pick<Warehouse, "read">) {
    this.#warehouse = warehouse;
  }

  /** As of the last commit. Problem: `region-unavailable`. */
  count(of: AgreeingTo): Promise<AgreeingCounts> {
    const key = JSON.stringify([of.tenant, of.campaign, of.purpose, of.others]);
    const known = this.#kept.get(key);
    if (known !== undefined) return known.counts;
    const counts = this.#warehouse.read((connection) => countAgreeing(connection, of));
    const kept = { campaign: of.campaign, counts };
    this.#kept.set(key, kept);
    counts.catch(() => {
      if (this.#kept.get(key) === kept) this.#kept.delete(key);
    });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= keptMax) break;
      this.#kept.delete(oldest);
    }
    return counts;
  }

  /** These campaigns changed: who asks from now on is told of it, whatever is being counted. */
  changed(campaigns: ReadonlySet<string>): void {
    for (const [key, { campaign }] of this.#kept)
      if (campaigns.has(campaign)) this.#kept.delete(key);
  }
}
