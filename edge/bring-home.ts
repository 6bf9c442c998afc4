// Fetches what a region's other objects remember of readers, after its shards have changed (edge/homes.ts says why it is safe).
import type { Region } from "../sdk/region.ts";
import { linkOf, settingsOf, type Bindings } from "./env.ts";
import type { Homes, ReaderMemory } from "./homes.ts";
import { inTime } from "./in-time.ts";
import { logFault } from "./log.ts";
import { outboxOf, shardsOf, type Layout } from "./shards.ts";

/** Small enough for one call, however much is remembered of each. */
const readersMax = 16;
const answerMilliseconds = 5_000;

interface Asked {
  readonly shard: number;
  readonly readers: readonly string[];
}

interface Here {
  readonly env: Bindings;
  readonly homes: Homes;
  /** Runs in a transaction. */
  readonly write: (change: () => void) => void;
}

/** The shards to ask for each reader who is not here, and the calls for it. */
function plan(homes: Homes, readers: ReadonlySet<string>, layout: Layout) {
  const byShard = new Map<number, string[]>();
  const missing = new Map<string, readonly number[]>();
  for (const reader of readers) {
    const shards = homes.toAsk(reader, layout);
    if (shards.length === 0) continue;
    missing.set(reader, shards);
    for (const shard of shards) byShard.set(shard, [...(byShard.get(shard) ?? []), reader]);
  }
  const calls: Asked[] = [];
  for (const [shard, all] of byShard)
    for (let first = 0; first < all.length; first += readersMax)
      calls.push({ shard, readers: all.slice(first, first + readersMax) });
  return { missing, calls };
}

const newestOf = ({ seen }: ReaderMemory): number => seen.at(-1)?.admitted_at ?? -Infinity;

/**
 * Makes readers at home in this object who are not, with all that is remembered of them: what came is returned. Whoever is not
 * after it, because an object did not answer or took the reader back meanwhile, must not be admitted.
 */
export async function bringHome(
  { env, homes, write }: Here,
  region: Region,
  readers: ReadonlySet<string>,
  layout: Layout,
): Promise<readonly ReaderMemory[]> {
  const { missing, calls } = plan(homes, readers, layout);
  if (missing.size === 0) return [];
  const link = linkOf(settingsOf(env), region);
  // Whoever is asked for here belongs here by the layout.
  const own = [...missing.keys()].map((reader) => shardsOf(reader, layout)[0])[0] ?? 0;
  const coming = homes.expect(missing.keys());
  try {
    const memories = await Promise.all(
      calls.map(async ({ shard, readers: asked }): Promise<ReaderMemory[]> => {
        const outbox = outboxOf(env, region, link, shard);
        try {
          return await inTime(
            outbox.handOver(region, asked, own),
            answerMilliseconds,
            () => new Error("no answer in time"),
          );
        } catch (error) {
          logFault("reader-not-fetched", error, { region });
          for (const reader of asked) coming.delete(reader);
          return [];
        }
      }),
    );
    // What an object does not remember of a reader, another may: in the order in which it was admitted.
    const all = memories.flat().toSorted((one, other) => newestOf(one) - newestOf(other));
    write(() => homes.arrived({ coming, asked: missing, own }, all, Date.now()));
    return all;
  } finally {
    homes.gaveUp(coming);
  }
}
