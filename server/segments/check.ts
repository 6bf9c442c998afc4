// Whether the engine holds what the same SQL finds in the tables. Readers who change while it is asked are left out: of them
// either may be ahead.
import { textCell } from "../warehouse/cells.ts";
import type { Warehouse } from "../warehouse/duckdb.ts";
import type { CampaignEngine } from "./engine/campaign.ts";
import type { Kept } from "./kept.ts";
import { membersSql } from "./sql/around.ts";

/** Members that one look takes out of the tables; of a larger segment each look compares a part. */
const comparedMax = 100_000;

export interface Compared {
  /** Members that the tables have and the engine has not, and the other way round. */
  readonly missing: number;
  readonly extra: number;
  /** Members that were compared. */
  readonly members: number;
  readonly milliseconds: number;
}

/** Pseudonyms begin with each of these equally often, in this order. */
const letters = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

/** Readers from `from` on, before `to`. */
interface Part {
  readonly from: string;
  readonly to: string;
}

/** The part of a segment of so many members that the `turn`th look compares. */
export function partOf(members: number, turn: number): Part {
  const parts = Math.min(letters.length, Math.max(1, Math.ceil(members / comparedMax)));
  const part = turn % parts;
  const at = (index: number): string => letters[Math.round((index * letters.length) / parts)] ?? "";
  return {
    from: part === 0 ? "" : at(part),
    to: part === parts - 1 ? "\u{7f}" : at(part + 1),
  };
}

/** Members of a part that only the tables or only the engine have, but for readers who are `disturbed`. */
function differences(
  segment: string,
  engine: CampaignEngine,
  { from, to }: Part,
  found: ReadonlySet<string>,
  disturbed: ReadonlySet<string>,
): Pick<Compared, "missing" | "extra"> {
  let [missing, extra] = [0, 0];
  for (const reader of found) if (!engine.has(segment, reader) && !disturbed.has(reader)) missing++;
  const held = engine.members(segment);
  for (let index = 0; index < engine.readers.indexesEnd; index++) {
    if (held?.has(index) !== true) continue;
    const reader = engine.readers.nameOf(index) ?? "";
    if (reader < from || reader >= to) continue;
    if (!found.has(reader) && !disturbed.has(reader)) extra++;
  }
  return { missing, extra };
}

/** Looks before a difference is one: a commit is seen in the tables an instant before the engine hears of it. */
const looks = 2;

/** Compares one segment, or a part of it. Problem: `region-unavailable`. */
export async function compareWithTables(
  { tenant, segment }: Kept,
  engine: CampaignEngine,
  warehouse: Pick<Warehouse, "read">,
  part: Part,
): Promise<Compared> {
  const begun = performance.now();
  const disturbed = engine.compare();
  try {
    const { campaign, purpose, sql } = segment;
    const members = membersSql(sql, { tenant, campaign, purpose, schema: "main" });
    let found: ReadonlySet<string> = new Set();
    let different: { readonly missing: number; readonly extra: number } = { missing: 0, extra: 0 };
    for (let look = 0; look < looks; look++) {
      found = await warehouse.read(async (connection) => {
        const reader = await connection.runAndReadAll(
          `SELECT reader FROM (${members}) WHERE reader >= $1 AND reader < $2`,
          [part.from, part.to],
        );
        return new Set(reader.getRowsJS().map(([name]) => textCell(name)));
      });
      different = differences(segment.id, engine, part, found, disturbed);
      if (different.missing + different.extra === 0) break;
    }
    return { ...different, members: found.size, milliseconds: performance.now() - begun };
  } finally {
    engine.compared();
  }
}
