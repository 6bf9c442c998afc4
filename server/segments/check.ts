// Whether the engine holds what the same SQL finds in the tables. Readers who change while it is asked are left out: of them
// either may be ahead.
import { setImmediate as nextTurn } from "node:timers/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
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

/** Looks that must find the same difference: a commit is seen in the tables an instant before the engine hears of it. */
const looks = 2;
/** Readers looked at between two looks at the network. */
const readersPerTurn = 2_000;

/** What one look found. */
interface Seen {
  /** Members of a part that only the tables or only the engine have. */
  readonly missing: readonly string[];
  readonly extra: readonly string[];
  readonly members: number;
}

/** Readers who are `disturbed` are left out. */
async function lookAt(
  connection: DuckDBConnection,
  { engine, segment, sql, part }: Looking,
  disturbed: ReadonlySet<string>,
): Promise<Seen> {
  const { readers } = engine;
  const found = new Uint8Array(readers.indexesEnd);
  const result = await connection.stream(
    `SELECT reader FROM (${sql}) WHERE reader >= $1 AND reader < $2`,
    [part.from, part.to],
  );
  const missing: string[] = [];
  const extra: string[] = [];
  let members = 0;
  for await (const rows of result.yieldRowsJs()) {
    for (const [name] of rows) {
      const reader = textCell(name);
      members++;
      const index = readers.find(reader);
      if (index !== undefined && index < found.length) found[index] = 1;
      if (!engine.has(segment, reader) && !disturbed.has(reader)) missing.push(reader);
    }
    await nextTurn();
  }
  const held = engine.members(segment);
  for (const [index, isFound] of found.entries()) {
    if (index % readersPerTurn === readersPerTurn - 1) await nextTurn();
    if (isFound === 1 || held?.has(index) !== true) continue;
    const reader = readers.nameOf(index) ?? "";
    if (reader >= part.from && reader < part.to && !disturbed.has(reader)) extra.push(reader);
  }
  return { missing, extra, members };
}

interface Looking {
  readonly engine: CampaignEngine;
  readonly segment: string;
  readonly sql: string;
  readonly part: Part;
}

/** Compares one segment, or a part of it. Problem: `region-unavailable`. */
export async function compareWithTables(
  { tenant, segment: { id, campaign, purpose, sql: own } }: Kept,
  engine: CampaignEngine,
  warehouse: Pick<Warehouse, "read">,
  part: Part,
): Promise<Compared> {
  const begun = performance.now();
  const disturbed = engine.compare();
  try {
    const sql = membersSql(own, { tenant, campaign, purpose, schema: "main" });
    const looking = { engine, segment: id, sql, part };
    let seen: Seen = { missing: [], extra: [], members: 0 };
    for (let look = 0; look < looks; look++) {
      const before = seen;
      const now = await warehouse.read((connection) => lookAt(connection, looking, disturbed));
      const still = (names: readonly string[], seenBefore: readonly string[]): string[] => {
        const known = new Set(seenBefore);
        return names.filter((name) => !disturbed.has(name) && (look === 0 || known.has(name)));
      };
      seen = {
        missing: still(now.missing, before.missing),
        extra: still(now.extra, before.extra),
        members: now.members,
      };
      if (seen.missing.length + seen.extra.length === 0) break;
    }
    return {
      missing: seen.missing.length,
      extra: seen.extra.length,
      members: seen.members,
      milliseconds: performance.now() - begun,
    };
  } finally {
    engine.compared();
  }
}
