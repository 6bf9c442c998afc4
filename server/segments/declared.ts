// Every tenant's segments by id.
import type { CampaignOf } from "./engine/campaign.ts";
import type { Kept } from "./kept.ts";

export class Declared {
  readonly #byTenant = new Map<number, Map<string, Kept>>();

  get(tenant: number, id: string): Kept | undefined {
    return this.#byTenant.get(tenant)?.get(id);
  }

  /** Whether it is this one that is declared now, and not one that took its place. */
  holds(kept: Kept): boolean {
    return this.get(kept.tenant, kept.segment.id) === kept;
  }

  add(kept: Kept): void {
    const mine = this.#byTenant.get(kept.tenant) ?? new Map<string, Kept>();
    this.#byTenant.set(kept.tenant, mine);
    mine.set(kept.segment.id, kept);
  }

  remove(kept: Kept): void {
    this.#byTenant.get(kept.tenant)?.delete(kept.segment.id);
  }

  all(): Kept[] {
    return [...this.#byTenant.values()].flatMap((mine) => [...mine.values()]);
  }

  ofTenant(tenant: number): Kept[] {
    return [...(this.#byTenant.get(tenant)?.values() ?? [])];
  }

  of({ tenant, campaign }: CampaignOf): Kept[] {
    return this.ofTenant(tenant).filter(({ segment }) => segment.campaign === campaign);
  }

  /** Those that any segment is of. */
  campaigns(): CampaignOf[] {
    const campaigns = new Map<string, CampaignOf>();
    for (const { tenant, segment } of this.all())
      campaigns.set(`${tenant}|${segment.campaign}`, { tenant, campaign: segment.campaign });
    return [...campaigns.values()];
  }

  /** How many there are, how many are paused, and how many differed from the tables and were not found equal since. */
  health(): { readonly segments: number; readonly paused: number; readonly suspect: number } {
    const all = this.all();
    return {
      segments: all.length,
      paused: all.filter(({ paused }) => paused !== undefined).length,
      suspect: all.filter(({ suspect }) => suspect).length,
    };
  }
}
