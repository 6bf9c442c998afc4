// Which outbox object has a reader. A region's readers are spread over shards, and their number may change: an earlier number
// is named as long as its objects remember anybody.
import { fromBase64url } from "../sdk/bytes.ts";
import type { Bindings, RegionLink } from "./env.ts";

/** Numbers of shards: the one that holds, then earlier ones, newest first. */
export type Layout = readonly [shards: number, ...before: number[]];

export const layoutOf = ({ shards, before }: RegionLink): Layout => [
  shards,
  ...before.map((earlier) => earlier.shards),
];

/** How many objects a region has, or had: each may still hold what waits. Shard 3 of four and of eight is the same object. */
export const objectsOf = (link: RegionLink): number => Math.max(...layoutOf(link));

/** The outbox object of a region's shard, in the region's jurisdiction where the platform has one. */
export function outboxOf(env: Bindings, region: string, link: RegionLink, shard: number) {
  const { jurisdiction } = link;
  const namespace = jurisdiction === undefined ? env.OUTBOX : env.OUTBOX.jurisdiction(jurisdiction);
  return namespace.getByName(`${region}-${shard}`);
}

/** `reader` is 16 pseudorandom bytes: its first two spread readers evenly. */
export const shardOf = (reader: Uint8Array, shards: number): number =>
  (((reader[0] ?? 0) << 8) | (reader[1] ?? 0)) % shards;

/** The same of each number of a layout, by the name an entry gives the reader: tenant, campaign, pseudonym. */
export function shardsOf(reader: string, layout: Layout): number[] {
  const pseudonym = fromBase64url(reader.slice(reader.lastIndexOf("|") + 1));
  if (pseudonym === undefined) throw new TypeError("a reader's name without a pseudonym");
  return layout.map((shards) => shardOf(pseudonym, shards));
}
