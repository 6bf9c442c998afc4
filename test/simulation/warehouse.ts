// The warehouse of one region in a run: its tables outlive the process, and a commit may fail before it happened or after.
import { Problem } from "../../sdk/problem.ts";
import type { Batch, Written } from "../../server/warehouse/rows.ts";
import { Turn } from "../../server/turn.ts";
import type { Clock, Process } from "./clock.ts";
import type { Random } from "./random.ts";
import { WarehouseTables } from "./warehouse-tables.ts";

const commitMilliseconds = [1, 25] as const;
const retryAfterSeconds = 2;

const away = (): Problem => new Problem("region-unavailable", { retryAfterSeconds });

export interface WarehouseConditions {
  away: boolean;
  /** How often a commit is refused, before it is done or after. */
  refused: number;
}

/** `server/warehouse/outgoing.ts` and `campaigns.ts`, where nothing is published. */
export const unpublished = {
  "simulated:outgoing": {
    lastNumber: async () => 0n,
    waitingRecords: async () => [],
    countWaiting: async () => 0,
    forgetPublished: async () => undefined,
  },
  "simulated:campaigns": { storeCampaign: async () => undefined },
};

/** What stands on disk, whatever process has it open. */
export class WarehouseDisk {
  readonly tables = new WarehouseTables();
  readonly conditions: WarehouseConditions = { away: false, refused: 0 };

  /** `server/warehouse/duckdb.ts` for one process. */
  moduleOf(clock: Clock, process: Process, random: Random, region: string): object {
    const { tables, conditions } = this;
    const pause = (): Promise<void> =>
      new Promise((resolve) => {
        clock.after(process, random.between(...commitMilliseconds), resolve);
      });
    class Warehouse {
      readonly #writes = new Turn();
      writable = true;

      static async open(): Promise<Warehouse> {
        return new Warehouse();
      }

      write(batch: Batch): Promise<Written> {
        return this.#writes.run(async () => {
          await pause();
          const refused = random.happens(conditions.refused) ? random.one(["before", "after"]) : "";
          if (conditions.away || refused === "before") {
            clock.tell(`${process.name} warehouse refuses a batch of ${batch.rows.length}`);
            throw away();
          }
          const written = tables.write(batch);
          clock.tell(
            `${process.name} warehouse commits ${batch.rows.length}, ${written.stored.length} new`,
          );
          clock.mark(`committed ${region}`);
          await pause();
          if (refused === "after") throw away();
          return written;
        });
      }

      /** Nothing waits to be published: `unpublished` below. */
      change<Result>(ask: (writer: undefined) => Promise<Result>): Promise<Result> {
        return this.#writes.run(async () => {
          await pause();
          if (conditions.away) throw away();
          return ask(undefined);
        });
      }

      /** Queries are DuckDB's own: here nobody asks for results, and dead letters wait for the operator. */
      async read(): Promise<never> {
        throw away();
      }

      async nextOffsets(
        table: "offsets" | "event_offsets" = "offsets",
      ): Promise<ReadonlyMap<number, bigint>> {
        await pause();
        if (conditions.away) throw away();
        // Nobody is watched in a run.
        return table === "offsets" ? new Map(tables.offsets) : new Map();
      }

      async close(): Promise<void> {
        await this.#writes.run(pause);
      }
    }
    return { Warehouse };
  }
}
