// A region's segments over a real warehouse, as ingest feeds them.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Warehouse } from "../../../server/warehouse/duckdb.ts";
import type { Row, Written } from "../../../server/warehouse/rows.ts";
import type { Segment } from "../../../sdk/schema/segment.ts";
import { Segments, type SegmentParts } from "../../../server/segments/segments.ts";
import { campaign, publishedCampaign, tenant } from "./world.ts";

export const segmentOf = (id: string, sql: string, rest: Partial<Segment> = {}): Segment => ({
  id,
  campaign,
  name: `Segment ${id}`,
  purpose: "offers",
  floor: 5,
  owner: "ask@roastery.example",
  sql,
  ...rest,
});

export class Settled {
  readonly warehouse: Warehouse;
  readonly segments: Segments;
  readonly told: Parameters<Parameters<Segments["onChange"]>[0]>[0][number][] = [];

  private constructor(warehouse: Warehouse, segments: Segments) {
    [this.warehouse, this.segments] = [warehouse, segments];
    segments.onChange((changes) => this.told.push(...changes));
  }

  static async open(folder: string, rest: Partial<SegmentParts> = {}): Promise<Settled> {
    const warehouse = await Warehouse.open(join(folder, "warehouse.duckdb"));
    const segments = new Segments({
      region: "eu",
      path: join(folder, "segments.db"),
      warehouse,
      campaigns: {
        ofTenant: (of, id) =>
          of === tenant && id === campaign ? publishedCampaign(id, of) : undefined,
      },
      ...rest,
    });
    return new Settled(warehouse, segments);
  }

  /** Tells the segments of rows and writes them, as ingest does. */
  write(rows: readonly Row[]): Promise<Written> {
    this.segments.expect(rows);
    return this.commit(rows);
  }

  /** Writes rows that the segments were told of. */
  async commit(rows: readonly Row[]): Promise<Written> {
    const written = await this.warehouse.write({ rows, nextOffsets: new Map(), replay: false });
    this.segments.apply(written);
    this.segments.settle(rows);
    return written;
  }

  /** Declares a segment and waits until it answers. */
  async put(segment: Segment): Promise<void> {
    this.segments.put(tenant, segment);
    await this.loaded(segment.id);
  }

  /** The test's own time-out bounds it. */
  async loaded(id: string): Promise<void> {
    while (this.segments.get(tenant, id)?.paused !== undefined) await sleep(5);
  }

  async close(): Promise<void> {
    await this.segments.close();
    await this.warehouse.close();
  }
}
