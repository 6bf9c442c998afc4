// A step of a plan, and what a plan is made from.
import type { Region } from "../../sdk/region.ts";
import type { KeyFiles } from "./key-files.ts";
import type { Deployed, Live } from "./live.ts";
import type { Target } from "./target.ts";

/** `refuse` loses answers, or leaks what is secret: nothing is deployed then. */
export type Action = "create" | "change" | "keep" | "note" | "refuse";

export interface Step {
  readonly action: Action;
  readonly what: string;
  /** Why, or what to do. */
  readonly detail?: string;
}

export interface Situation {
  readonly target: Target;
  readonly keys: KeyFiles;
  /** Undefined where no address was given. */
  readonly live: Live | undefined;
  readonly deployed: Deployed | undefined;
  /** Where an edge answers that was not named, when there is no record either. */
  readonly found?: string | undefined;
  /** The operator says that what is live was set up as wrangler.toml has it, though nothing here recorded it. */
  readonly adopt: boolean;
  /** The routes of this checkout's edge, such as "GET /v1/keys". */
  readonly routes: readonly string[];
  /** Unix milliseconds. */
  readonly now: number;
}

export const step = (action: Action, what: string, detail?: string): Step => ({
  action,
  what,
  ...(detail !== undefined && { detail }),
});

/** Changed or not, in one line: without a record of the last deployment everything is new. */
export function compared(what: string, before: string | undefined, after: string): Step {
  if (before === undefined) return step("create", `${what}: ${after}`);
  return before === after
    ? step("keep", `${what}: ${after}`)
    : step("change", `${what}: ${before} → ${after}`);
}

/** Acknowledged by an outbox of the region, and not with its server; undefined where the edge does not say. */
export function heldBack(live: Live | undefined, region: Region): number | undefined {
  const health = live?.health[region];
  return health?.waiting === undefined ? undefined : health.waiting + (health.parked ?? 0);
}
