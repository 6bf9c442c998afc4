// Campaigns into the tables and onto the topic: as they are published, and all at a start, since records expire.
import type { Region } from "../../sdk/region.ts";
import type { CampaignRegistry } from "../campaigns.ts";
import { faultOf, log } from "../log.ts";
import { storeCampaign } from "../warehouse/campaigns.ts";
import type { Warehouse } from "../warehouse/duckdb.ts";
import { publishedCampaign } from "./campaigns.ts";
import type { Publisher } from "./publish.ts";

export interface AnnouncerParts {
  readonly region: Region;
  readonly campaigns: Pick<CampaignRegistry, "revisionsOf" | "all">;
  readonly warehouse: Pick<Warehouse, "change">;
  readonly publisher: Pick<Publisher, "wake">;
}

export class Announcer {
  readonly #parts: AnnouncerParts;
  /** Ended by `close`: what is not announced by then is at the next start. */
  #closed = false;
  #last: Promise<void> = Promise.resolve();

  constructor(parts: AnnouncerParts) {
    this.#parts = parts;
  }

  /** Announces the newest revision of a campaign, without waiting. Where the warehouse is away, the next start does. */
  announceSoon(id: string): void {
    this.#then(() => this.#announce(id));
  }

  /** The same of every campaign, one after the other. */
  announceAllSoon(): void {
    this.#then(async () => {
      const ids = new Set(Array.from(this.#parts.campaigns.all(), ({ id }) => id));
      for (const id of ids) await this.#announce(id);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
  }

  #then(announce: () => Promise<void>): void {
    this.#last = this.#last.then(announce).catch((error: unknown) => {
      log("announcement-postponed", { fault: faultOf(error) });
    });
  }

  async #announce(id: string): Promise<void> {
    const { region, campaigns, warehouse, publisher } = this.#parts;
    const [campaign] = campaigns.revisionsOf(id);
    if (campaign === undefined || this.#closed) return;
    await warehouse.change((writer) => storeCampaign(writer, publishedCampaign(region, campaign)));
    publisher.wake();
  }
}
