// What a tenant's token declares of segments, and is told of them.
import type { Context, Hono } from "hono";
import { Problem } from "../../sdk/problem.ts";
import { AuthoredId } from "../../sdk/schema/ids.ts";
import { Segment } from "../../sdk/schema/segment.ts";
import { atMost } from "../at-most.ts";
import { readJsonBytes } from "../body.ts";
import type { ServerParts } from "../parts.ts";
import { json, parseAs } from "./answer.ts";
import { tenantIn } from "./results.ts";

/** SPEC §2: its SQL, and what else is in it. */
const segmentBytesMax = 32_768;
/** Bodies read at the same time: bounds what this process holds of them. */
const bodiesMax = 8;
/** Comparisons asked for that wait or are under way. */
const checksMax = 8;
const retryAfterSeconds = 1;

/** Problem: `segment-unknown`. */
function idIn(c: Context): string {
  const id = AuthoredId.safeParse(c.req.param("id"));
  if (!id.success) throw new Problem("segment-unknown");
  return id.data;
}

/** Another tenant's looks exactly like one that there is not. */
function told({ segments }: ServerParts, tenant: number, id: string): Response {
  const state = segments.get(tenant, id);
  const definition = segments.definitionOf(tenant, id);
  const keeping = segments.keepingOf(tenant, id);
  if (state === undefined || definition === undefined || keeping === undefined)
    throw new Problem("segment-unknown");
  const { faults, divergences, rebuiltAt } = keeping;
  return json({
    state,
    definition,
    ...(faults.length > 0 && { faults }),
    divergences,
    ...(rebuiltAt !== undefined && { rebuiltAt: new Date(rebuiltAt).toISOString() }),
  });
}

export function segmentRoutes(app: Hono, server: ServerParts): void {
  const { segments } = server;
  let reading = 0;
  const check = atMost(checksMax, retryAfterSeconds);
  app.get("/v1/segments", (c) => json({ segments: segments.list(tenantIn(c, server)) }));
  app.get("/v1/segments/:id", (c) => told(server, tenantIn(c, server), idIn(c)));
  app.put("/v1/segments/:id", async (c) => {
    const tenant = tenantIn(c, server);
    const id = idIn(c);
    if (reading >= bodiesMax) throw new Problem("region-unavailable", { retryAfterSeconds });
    reading++;
    let segment: Segment;
    try {
      segment = parseAs(Segment, await readJsonBytes(c.req.raw, segmentBytesMax));
    } finally {
      reading--;
    }
    if (segment.id !== id)
      throw new Problem("malformed-request", { errors: ["id: differs from the path"] });
    segments.put(tenant, segment);
    return told(server, tenant, id);
  });
  app.delete("/v1/segments/:id", (c) => {
    segments.delete(tenantIn(c, server), idIn(c));
    return json({});
  });
  app.post("/v1/segments/:id/check", async (c) => {
    const [tenant, id] = [tenantIn(c, server), idIn(c)];
    const compared = await check(() => segments.check(tenant, id));
    return json({ compared: compared ?? null });
  });
}
