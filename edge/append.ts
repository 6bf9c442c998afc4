// The one call by which what a reader sends becomes durable in its region (SPEC §4.2).
import { isProblemCode, Problem } from "../sdk/problem.ts";
import type { Region } from "../sdk/region.ts";
import type { IntakeResult } from "../sdk/schema/record.ts";
import { linkOf, type Bindings, type RegionLink, type Settings } from "./env.ts";
import { forwardBatch, type Delivery } from "./forward.ts";
import { logFault } from "./log.ts";
import { entryText, type Entry, type Outcome } from "./outbox-entry.ts";
import { Together, type WaitUntil } from "./together.ts";

const retryAfterSecondsAway = 5;
const retryAfterSecondsRate = 60;

interface Edge {
  readonly env: Bindings;
  readonly settings: Settings;
  readonly waitUntil: WaitUntil;
}

/** What stands: the entry's own receipt, or the first where the same was sent before; `confirm` where it is held. */
export interface Appended {
  readonly receipt: string;
  readonly confirm?: true;
}

/** The outbox object of a region's shard, in the region's jurisdiction where the platform has one. */
export function outboxOf(env: Bindings, region: Region, link: RegionLink, shard: number) {
  const { jurisdiction } = link;
  const namespace = jurisdiction === undefined ? env.OUTBOX : env.OUTBOX.jurisdiction(jurisdiction);
  return namespace.getByName(`${region}-${shard}`);
}

/** `reader` is 16 pseudorandom bytes: its first two spread readers evenly. */
export const shardOf = (reader: Uint8Array, shards: number): number =>
  (((reader[0] ?? 0) << 8) | (reader[1] ?? 0)) % shards;

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

function outcomesOf(delivery: Delivery, entries: number): Outcome[] {
  if (delivery.status === "delivered") return delivery.results.map(outcomeOf);
  const outcome: Outcome =
    delivery.status === "refused"
      ? delivery
      : {
          status: "refused",
          code: "region-unavailable",
          retryAfterSeconds: delivery.retryAfterSeconds ?? retryAfterSecondsAway,
        };
  return Array.from({ length: entries }, () => outcome);
}

/** For regions that acknowledge from their server's stream: nothing of the entries is kept here. */
async function toStream(
  settings: Settings,
  region: Region,
  entries: readonly Entry[],
): Promise<Outcome[]> {
  const texts = entries.map(entryText);
  const delivery = await forwardBatch(settings, region, texts, texts.length);
  if (delivery.status !== "refused" || entries.length === 1)
    return outcomesOf(delivery, entries.length);
  // One of them spoils the batch: alone, the others are taken.
  const alone = texts.map(async (text) =>
    outcomesOf(await forwardBatch(settings, region, [text], 1), 1),
  );
  return (await Promise.all(alone)).flat();
}

const together = new Together<Entry, Outcome>();

/**
 * Makes an entry durable and returns what stands. `reader` is 16 bytes. Problems: consent-withdrawn, submission-reused,
 * rate-limited, region-unavailable.
 */
export async function append(
  { env, settings, waitUntil }: Edge,
  region: Region,
  reader: Uint8Array,
  entry: Entry,
): Promise<Appended> {
  const link = linkOf(settings, region);
  const shard = link.durability === "stream" ? 0 : shardOf(reader, link.shards);
  const call = (entries: Entry[]) =>
    link.durability === "stream"
      ? toStream(settings, region, entries)
      : outboxOf(env, region, link, shard).add(region, entries);
  const outcome = await together
    .add(`${region}-${shard}`, entry, call, waitUntil)
    .catch((error: unknown): Outcome => {
      // An object that cannot be reached, or cannot write, is a region that is away: the page keeps the answer and tries again.
      logFault("outbox-away", error, { region });
      return {
        status: "refused",
        code: "region-unavailable",
        retryAfterSeconds: retryAfterSecondsAway,
      };
    });
  if (outcome.status !== "refused") {
    const receipt = outcome.status === "seen" ? outcome.receipt : entry.receipt;
    return { receipt, ...(outcome.confirm && { confirm: true }) };
  }
  const { code, retryAfterSeconds } = outcome;
  throw new Problem(code, {
    ...(code === "region-unavailable" && { region }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
}
