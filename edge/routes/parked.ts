// What regions' servers refused, for the operator of the tenant whose readers sent it: to be seen, and to be put back.
import { z } from "zod";
import { ParkedList, ParkedQuery, ParkedReplay, Replayed } from "../../sdk/schema/parked.ts";
import { linkOf } from "../env.ts";
import { requireOperator } from "../operator.ts";
import { reach } from "../reach.ts";
import { route, type Arrival } from "../route.ts";
import { objectsOf, outboxOf } from "../shards.ts";

const bodyBytesMax = 8_192;

type Asked = z.output<typeof ParkedQuery> | z.output<typeof ParkedReplay>;

/** A row's place in its region: the number of its object, and of the row there. */
const placeOf = (text: string): readonly [shard: number, row: number] => {
  const [shard = 0, row = 0] = text.split("-").map(Number);
  return [shard, row];
};

/** The region's objects, by number. None where the region acknowledges from its stream. Problem: region-unavailable. */
function outboxes({ env, settings, body: { region } }: Arrival<Asked>) {
  const link = linkOf(settings, region);
  const count = link.durability === "outbox" ? objectsOf(link) : 0;
  const ask = <Value>(
    shard: number,
    what: (outbox: ReturnType<typeof outboxOf>) => PromiseLike<Value>,
  ): Promise<Value> => reach("outbox-away", () => what(outboxOf(env, region, link, shard)), region);
  return { count, ask };
}

/** Where a list goes on that ended at a row, or at the end of an object. */
function nextOf(shard: number, row: number | undefined, count: number) {
  if (row !== undefined) return { next: `${shard}-${row}` };
  return shard + 1 < count ? { next: `${shard + 1}-0` } : {};
}

const json = (body: unknown): Response =>
  Response.json(body, { headers: { "cache-control": "no-store" } });

const problems = [
  "signature-missing",
  "signature-invalid",
  "signature-stale",
  "rate-limited",
  "region-unavailable",
] as const;

export const listParked = route({
  method: "POST",
  path: "/admin/parked",
  summary: "What a region's server refused of a tenant's readers",
  description:
    "Of the signing operator's tenant alone. A page may be empty and yet name a next one.",
  signed: true,
  body: { schema: ParkedQuery, bytesMax: bodyBytesMax },
  limits: { address: true },
  answers: {
    200: {
      description: "Some rows, and where the next are",
      contentType: "application/json",
      schema: ParkedList,
    },
  },
  problems,
  handle: async (arrival) => {
    const tenant = await requireOperator(arrival);
    const { count, ask } = outboxes(arrival);
    const [shard, after] = placeOf(arrival.body.after);
    if (shard >= count) return json({ rows: [] } satisfies ParkedList);
    const { rows, next } = await ask(shard, (outbox) => outbox.parked(tenant, after));
    const list: ParkedList = {
      rows: rows.map(({ id, parkedAt, ...row }) => ({
        id: `${shard}-${id}`,
        parkedAt: new Date(parkedAt).toISOString(),
        ...row,
      })),
      ...nextOf(shard, next, count),
    };
    return json(list);
  },
});

export const replayParked = route({
  method: "POST",
  path: "/admin/parked/replay",
  summary: "Put what was refused back into the queue",
  description:
    "Once the region's server can take it. Named rows, or all that were parked before an instant, some at a time.",
  signed: true,
  body: { schema: ParkedReplay, bytesMax: bodyBytesMax },
  limits: { address: true },
  answers: {
    200: {
      description: "How many were put back, durably, and where to go on",
      contentType: "application/json",
      schema: Replayed,
    },
  },
  problems,
  handle: async (arrival) => {
    const tenant = await requireOperator(arrival);
    const { count, ask } = outboxes(arrival);
    const { ids, parkedBefore = "", after: from } = arrival.body;
    if (ids !== undefined) {
      const byShard = Map.groupBy(ids.map(placeOf), ([shard]) => shard);
      let replayed = 0;
      for (const [shard, places] of byShard) {
        if (shard >= count) continue;
        const rows = places.map(([, row]) => row);
        replayed += (await ask(shard, (outbox) => outbox.replay(tenant, { ids: rows }))).replayed;
      }
      return json({ replayed } satisfies Replayed);
    }
    const [shard, after] = placeOf(from);
    if (shard >= count) return json({ replayed: 0 } satisfies Replayed);
    const before = Date.parse(parkedBefore);
    const { replayed, next } = await ask(shard, (outbox) =>
      outbox.replay(tenant, { after, before }),
    );
    return json({ replayed, ...nextOf(shard, next, count) } satisfies Replayed);
  },
});
