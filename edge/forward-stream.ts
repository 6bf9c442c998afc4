// For regions that acknowledge from their server's stream: nothing of the entries is kept at the edge, and a caller waits for
// every one of them.
import type { Region } from "../sdk/region.ts";
import type { Settings } from "./env.ts";
import { answerMilliseconds, forwardBatch, type Delivery } from "./forward.ts";

/** Batches that an isolate has sent to a region and has no answer to; a batch of the largest entries has 2 MB. */
const batchesMax = 16;
const retryAfterSeconds = 1;
/** Entries sent alone at the same time: as many connections as the platform gives a request. */
const aloneMax = 6;

/** When each batch under way is over at the latest, Unix milliseconds: a request that was cut never says that it ended. */
const underWay = new Map<Region, Set<{ readonly until: number }>>();

function begin(region: Region, now: number): (() => void) | undefined {
  const batches = underWay.get(region) ?? new Set();
  underWay.set(region, batches);
  for (const batch of batches) if (batch.until <= now) batches.delete(batch);
  if (batches.size >= batchesMax) return undefined;
  const batch = { until: now + 2 * answerMilliseconds };
  batches.add(batch);
  return () => void batches.delete(batch);
}

/** Each for itself, until the server is away: who still waits by then is told so, and sends again. */
async function alone(
  settings: Settings,
  region: Region,
  texts: readonly string[],
): Promise<Delivery[]> {
  const deliveries: Delivery[] = [];
  for (let first = 0; first < texts.length; first += aloneMax) {
    const away = deliveries.find(({ status }) => status === "away");
    const next = texts.slice(first, first + aloneMax);
    deliveries.push(
      ...(away
        ? next.map(() => away)
        : await Promise.all(next.map((text) => forwardBatch(settings, region, [text], 1)))),
    );
  }
  return deliveries;
}

/** One delivery an entry, in order. `texts` are entries of an `IntakeBatch` in JSON. */
export async function forwardToStream(
  settings: Settings,
  region: Region,
  texts: readonly string[],
): Promise<Delivery[]> {
  const end = begin(region, Date.now());
  if (end === undefined) return texts.map(() => ({ status: "away", retryAfterSeconds }));
  try {
    const delivery = await forwardBatch(settings, region, texts, texts.length);
    if (delivery.status === "delivered")
      return delivery.results.map((result) => ({ status: "delivered", results: [result] }));
    if (delivery.status === "away" || texts.length === 1) return texts.map(() => delivery);
    // One of them spoils the batch: alone, the others are taken.
    return await alone(settings, region, texts);
  } finally {
    end();
  }
}
