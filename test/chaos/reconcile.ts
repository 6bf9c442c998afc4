// Counts what readers were promised against what the warehouses hold, submission by submission.
import { regions, type Region } from "../../sdk/region.ts";

/** What a reader's device knows of one submission. */
export interface LedgerEntry {
  readonly submissionId: string;
  readonly region: Region;
  /** It saw a 202. Without one the submission may or may not have been taken. */
  readonly acknowledged: boolean;
}

/** A region's submission ids, one a row. */
export type Stored = Readonly<Record<Region, readonly string[]>>;

export interface Reconciliation {
  /** Acknowledged, and not in its region's warehouse. */
  readonly lost: readonly string[];
  /** More than one row in its region's warehouse. */
  readonly doubled: readonly string[];
  /** In the warehouse of a region that is not its own. */
  readonly misplaced: readonly string[];
  /** In a warehouse, and in nobody's ledger. */
  readonly unknown: readonly string[];
}

export function reconcile(ledger: readonly LedgerEntry[], stored: Stored): Reconciliation {
  const homes = new Map(ledger.map((entry) => [entry.submissionId, entry.region]));
  const rows = new Map<string, number>();
  const misplaced: string[] = [];
  const unknown: string[] = [];
  for (const region of regions)
    for (const id of stored[region]) {
      const home = homes.get(id);
      if (home === undefined) unknown.push(id);
      else if (home !== region) misplaced.push(id);
      else rows.set(id, (rows.get(id) ?? 0) + 1);
    }
  return {
    lost: ledger
      .filter(({ acknowledged, submissionId }) => acknowledged && !rows.has(submissionId))
      .map(({ submissionId }) => submissionId),
    doubled: Array.from(rows)
      .filter(([, count]) => count > 1)
      .map(([id]) => id),
    misplaced,
    unknown,
  };
}
