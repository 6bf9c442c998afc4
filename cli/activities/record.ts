// What became of each mail, told to its reader's own region while a send goes on. Each has an id that follows from reader and campaign: a
// second run tells it again and adds nothing.
import type { Region } from "../../sdk/region.ts";
import type { Activity } from "../../sdk/schema/activity.ts";
import { batchItems, postActivities, regionOf, type ActivityServer } from "./post.ts";

/** Deliveries that wait while a region's server is away; above it they are left for the next run. */
const waitingMax = 50_000;

export interface Delivery {
  /** The pseudonym. */
  readonly reader: string;
  readonly region: Region;
  readonly state: "sent" | "refused";
}

interface Lane {
  readonly server: ActivityServer;
  waiting: Activity[];
  /** One request at a time: in its order, and no more than that under way. */
  sending: Promise<void>;
  waitingSent: number;
}

export class DeliveryRecorder {
  readonly #lanes: ReadonlyMap<Region, Lane>;
  #lost = 0;

  private constructor(lanes: ReadonlyMap<Region, Lane>) {
    this.#lanes = lanes;
  }

  /** Asks each server which region it is. Problem: server-unreachable. */
  static async open(
    servers: readonly string[],
    campaign: string,
    token: string,
  ): Promise<DeliveryRecorder> {
    const lanes = new Map<Region, Lane>();
    for (const origin of servers)
      lanes.set(await regionOf(origin), {
        server: { origin, campaign, token },
        waiting: [],
        sending: Promise.resolve(),
        waitingSent: 0,
      });
    return new DeliveryRecorder(lanes);
  }

  /** A reader's delivery goes to the reader's region and nowhere else; without a server of it, nowhere. */
  note({ reader, region, state }: Delivery): void {
    const lane = this.#lanes.get(region);
    if (lane === undefined || lane.waiting.length + lane.waitingSent >= waitingMax) {
      this.#lost += 1;
      return;
    }
    lane.waiting.push({
      id: `mail ${reader}`,
      reader,
      kind: state === "sent" ? "delivered" : "bounced",
      happenedAt: new Date().toISOString(),
    });
    if (lane.waiting.length >= batchItems) this.#flush(lane);
  }

  /** Sends what waits; how many deliveries could not be told. */
  async finish(): Promise<number> {
    for (const lane of this.#lanes.values()) this.#flush(lane);
    await Promise.all(Array.from(this.#lanes.values(), ({ sending }) => sending));
    return this.#lost;
  }

  #flush(lane: Lane): void {
    const batch = lane.waiting;
    if (batch.length === 0) return;
    lane.waiting = [];
    lane.waitingSent += batch.length;
    lane.sending = this.#send(lane, batch, lane.sending);
  }

  async #send(lane: Lane, batch: readonly Activity[], earlier: Promise<void>): Promise<void> {
    await earlier;
    try {
      await postActivities(lane.server, batch);
    } catch {
      // Mails go on being sent; that some are not recorded is told at the end, and the next run tells them again.
      this.#lost += batch.length;
    } finally {
      lane.waitingSent -= batch.length;
    }
  }
}
