// Many random events through the warehouse into the engine, and then: are its members those that each segment's SQL finds in
// DuckDB? The same for the tests (thousands) and `npm run bench segments` (a million).
import { textCell } from "../../../server/warehouse/cells.ts";
import { membersSql } from "../../../server/segments/sql/around.ts";
import { segmentLimits } from "../../../sdk/schema/segment.ts";
import type { Row } from "../../../server/warehouse/rows.ts";
import { Events, everyKind } from "./events.ts";
import { segmentOf, type Settled } from "./settled.ts";
import { campaign, readerOf, seeded, tenant } from "./world.ts";

export interface Long {
  readonly events: number;
  readonly readers: number;
  readonly seed: number;
  readonly rowsPerBatch: number;
  /** Told after so many events. */
  readonly each?: { readonly events: number; readonly say: (events: number) => void };
}

export const longSegments = everyKind.map((sql, index) =>
  segmentOf(`s${index}`, sql, { floor: segmentLimits.floorMin }),
);

/** Feeds the events. */
export async function feed(settled: Settled, { events, readers, seed, rowsPerBatch, each }: Long) {
  const source = new Events(seeded(seed), readers);
  // The next batch is read while one is committed.
  let read: readonly Row[] = [];
  for (let fed = 0; fed < events; fed += rowsPerBatch) {
    const rows = source.batch(Math.min(rowsPerBatch, events - fed));
    const committing = settled.commit(read);
    settled.segments.expect(rows);
    await committing;
    read = rows;
    if (each !== undefined && fed % each.events < rowsPerBatch) each.say(fed);
  }
  await settled.commit(read);
}

/** Members of each segment by the engine and by DuckDB, and how many differ. */
export async function differences(
  settled: Settled,
  readers: number,
): Promise<{ readonly members: number; readonly differ: number }[]> {
  const found: { members: number; differ: number }[] = [];
  for (const { id, sql, purpose } of longSegments) {
    const within = { tenant, campaign, purpose, schema: "main" };
    const inTables = await settled.warehouse.read(async (connection) => {
      const rows = await connection.runAndReadAll(membersSql(sql, within));
      return new Set(rows.getRowsJS().map(([reader]) => textCell(reader)));
    });
    let differ = 0;
    for (let number = 0; number < readers; number++) {
      const reader = readerOf(number);
      if (settled.segments.has(tenant, id, reader) !== inTables.has(reader)) differ++;
    }
    found.push({ members: inTables.size, differ });
  }
  return found;
}
