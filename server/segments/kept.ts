// A segment as it is held: what its owner declared, its query, and what was told of it last.
import { Problem } from "../../sdk/problem.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import type { Segment, SegmentPause } from "../../sdk/schema/segment.ts";
import { compileQuery, type Belongs } from "./sql/compile.ts";
import type { SqlFault } from "./sql/fault.ts";
import { unknownNames } from "./sql/known.ts";
import { parseSegmentSql } from "./sql/parse.ts";
import { fractionSums } from "./sql/sums.ts";

/** What a campaign has against a segment: a place in the declaration, or in its SQL. */
export type SegmentFault = SqlFault | string;

export interface Kept {
  readonly tenant: number;
  readonly segment: Segment;
  readonly belongs: Belongs;
  paused: SegmentPause | undefined;
  faults: readonly SegmentFault[];
  /** Rises with every change; below no moment's Unix milliseconds, so that it rises across restarts too. */
  sequence: number;
  /** How often it differed from the tables, and when it was read anew last, in Unix milliseconds. */
  divergences: number;
  rebuiltAt: number | undefined;
  /** Differed, and has not been found equal since. */
  suspect: boolean;
}

/** The size when it was told last is where `entered` and `left` begin. Throws Problem `segment-sql`. */
export function keep(tenant: number, segment: Segment): Kept {
  return {
    tenant,
    segment,
    belongs: compileQuery(parseSegmentSql(segment.sql)),
    paused: "loading",
    faults: [],
    sequence: Date.now(),
    divergences: 0,
    rebuiltAt: undefined,
    suspect: false,
  };
}

/** What the campaign does not have that the segment asks for. Throws Problem `segment-sql` where it is no SQL of ours. */
export function faultsOf(segment: Segment, campaign: Campaign | undefined): SegmentFault[] {
  if (campaign === undefined) return [`campaign: ${segment.campaign} is not published here`];
  const query = parseSegmentSql(segment.sql);
  const purposes = campaign.notice.purposes.map(({ id }) => id);
  return [
    ...(purposes.includes(segment.purpose)
      ? []
      : [`purpose: the notice has no ${segment.purpose}; it has ${purposes.join(", ")}`]),
    ...unknownNames(segment.sql, query, campaign),
    ...fractionSums(segment.sql, query, campaign),
  ];
}

/** Problems: `segment-sql`, `segment-invalid`. */
export function requireFit(segment: Segment, campaign: Campaign | undefined): void {
  const errors = faultsOf(segment, campaign);
  if (errors.length === 0) return;
  const ofSql = errors.every((error) => typeof error !== "string");
  throw new Problem(ofSql ? "segment-sql" : "segment-invalid", { errors });
}

export const moved = (kept: Kept): void => {
  kept.sequence = Math.max(kept.sequence + 1, Date.now());
};
