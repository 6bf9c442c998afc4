// The one call by which what a reader sends becomes durable in its region (SPEC §4.2).
import { isProblemCode, Problem } from "../sdk/problem.ts";
import type { Region } from "../sdk/region.ts";
import type { IntakeResult } from "../sdk/schema/record.ts";
import { traceparentOf } from "../sdk/trace-context.ts";
import { linkOf, type Bindings, type Settings } from "./env.ts";
import type { Delivery } from "./forward.ts";
import { forwardToStream } from "./forward-stream.ts";
import { logFault } from "./log.ts";
import { entryText, type Entry, type Outcome } from "./outbox-entry.ts";
import type { Arrival } from "./route.ts";
import { layoutOf, outboxOf, shardOf } from "./shards.ts";
import { Together, type WaitUntil } from "./together.ts";
import { beginKeeping, endKeeping } from "./trace.ts";

const retryAfterSecondsAway = 5;
const retryAfterSecondsRate = 60;
/** What waits in an isolate is done within less. */
const retryAfterSecondsFull = 2;

interface Edge {
  readonly env: Bindings;
  readonly settings: Settings;
  readonly waitUntil: WaitUntil;
  readonly trace: Arrival["trace"];
}

/** What stands: the entry's own receipt, or the first where the same was sent before; `confirm` where it is held. */
export interface Appended {
  readonly receipt: string;
  readonly confirm?: true;
}

function outcomeOf(result: IntakeResult): Outcome {
  if (result.status !== "refused") {
    const { confirm, ...outcome } = result;
    return { ...outcome, ...(confirm && { confirm }) };
  }
  const code = isProblemCode(result.code) ? result.code : "internal";
  return {
    status: "refused",
    code,
    ...(code === "rate-limited" && { retryAfterSeconds: retryAfterSecondsRate }),
  };
}

function outcomesOf(delivery: Delivery): Outcome[] {
  if (delivery.status === "delivered") return delivery.results.map(outcomeOf);
  if (delivery.status === "refused") return [delivery];
  const { retryAfterSeconds = retryAfterSecondsAway } = delivery;
  return [{ status: "refused", code: "region-unavailable", retryAfterSeconds }];
}

/** For regions that acknowledge from their server's stream: nothing of the entries is kept here. */
async function toStream(
  settings: Settings,
  region: Region,
  entries: readonly Entry[],
): Promise<Outcome[]> {
  const deliveries = await forwardToStream(settings, region, entries.map(entryText));
  return deliveries.flatMap(outcomesOf);
}

const together = new Together<Entry, Outcome>();

/** Before a body is read: where as much waits as may, one more is refused at no cost. Problem: region-unavailable. */
export function requireRoom(now: number): void {
  if (together.isFull(now))
    throw new Problem("region-unavailable", { retryAfterSeconds: retryAfterSecondsFull });
}

/**
 * Makes an entry durable and returns what stands. `reader` is 16 bytes. Problems: consent-withdrawn, submission-reused,
 * rate-limited, region-unavailable.
 */
export async function append(
  { env, settings, waitUntil, trace }: Edge,
  region: Region,
  reader: Uint8Array,
  entry: Entry,
): Promise<Appended> {
  const link = linkOf(settings, region);
  const shard = link.durability === "stream" ? 0 : shardOf(reader, link.shards);
  const call = (entries: Entry[]) =>
    link.durability === "stream"
      ? toStream(settings, region, entries)
      : outboxOf(env, region, link, shard).add(region, entries, layoutOf(link));
  const place = `${region}-${shard}-${link.shards}`;
  requireRoom(entry.admittedAt);
  if (together.isStuck(place, entry.admittedAt))
    throw new Problem("region-unavailable", { region, retryAfterSeconds: retryAfterSecondsAway });
  const kept = trace.span && beginKeeping(trace.span);
  const sent = kept === undefined ? entry : { ...entry, trace: traceparentOf(kept) };
  const outcome = await together
    .add(place, sent, call, waitUntil)
    .catch((error: unknown): Outcome => {
      // An object that cannot be reached, or cannot write, is a region that is away: the page keeps the answer and tries again.
      logFault("outbox-away", error, { region });
      return {
        status: "refused",
        code: "region-unavailable",
        retryAfterSeconds: retryAfterSecondsAway,
      };
    });
  if (kept !== undefined) endKeeping(settings, kept, region, link.durability, outcome);
  if (outcome.status !== "refused") {
    // A region that had an outbox before has no receipt of what came through it: this one says the same of the same consent.
    const receipt = (outcome.status === "seen" && outcome.receipt) || entry.receipt;
    return { receipt, ...(outcome.confirm && { confirm: true }) };
  }
  const { code, retryAfterSeconds } = outcome;
  throw new Problem(code, {
    ...(code === "region-unavailable" && { region }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
}
