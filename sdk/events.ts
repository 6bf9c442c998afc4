// Behaviour events (SPEC §3.15): who is asked for them, and how many. No zod here: the page runs it.
import type { Bytes } from "./bytes.ts";
import type { Definition, Notice } from "./schema/widget.ts";

export const eventLimits = {
  /** Of a batch: with the longest ids they fit a sealed payload. */
  events: 32,
  /** Of one reader in a campaign. */
  batchesHourly: 60,
  /** Longer was nobody before one question. */
  milliseconds: 3_600_000,
} as const;

type Asking = { readonly purposes: readonly Notice["purposes"][number][] };

/** Whether a notice asks for leave to record behaviour at all. */
export const asksForEvents = ({ purposes }: Asking): boolean =>
  purposes.some(({ events }) => events);

/** Whether the purposes agreed to allow it. */
export const allowsEvents = (notice: Asking, agreed: readonly string[]): boolean =>
  notice.purposes.some(({ id, events }) => events && agreed.includes(id));

/**
 * Whether a reader, 16 pseudorandom bytes, is in a campaign's sample: wholly in or out of it, at every visit. By the last
 * bytes, since the first decide the shard.
 */
export const isSampled = (reader: Bytes, { events }: Pick<Definition, "events">): boolean =>
  new DataView(reader.buffer, reader.byteOffset).getUint32(12) < (events?.sample ?? 1) * 2 ** 32;
