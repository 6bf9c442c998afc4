// What operators and developers ask.
import { z } from "zod";
import { describeProblem, isProblemCode, Problem } from "../../sdk/problem.ts";
import { regions, type Region } from "../../sdk/region.ts";
import type { Bindings, RegionLink, Settings } from "../env.ts";
import { openApiDocument, ProblemDocument } from "../openapi.ts";
import { reach } from "../reach.ts";
import { route, type Route } from "../route.ts";
import { objectsOf, outboxOf } from "../shards.ts";

/** Health is asked often and by anybody: the outboxes are asked at most this often by an isolate. */
const healthMilliseconds = 1_000;
/** While one request asks them, others are told what is known, unless it is older. */
const healthMillisecondsMax = 10_000;

const RegionHealth = z.strictObject({
  durability: z.enum(["outbox", "stream"]),
  waiting: z.int().optional().describe("Acknowledged, and not yet taken by the region's server."),
  oldestSeconds: z.int().optional().describe("How long the oldest of them has waited."),
  parked: z.int().optional().describe("Refused by the region's server, and kept."),
});
export type RegionHealth = z.infer<typeof RegionHealth>;

const Health = z.strictObject({
  status: z.literal("ok"),
  regions: z.partialRecord(z.enum(regions as ["eu", "us", "apac"]), RegionHealth),
});
export type Health = z.infer<typeof Health>;

/** Problem region-unavailable where an object does not answer: what waits in it is not nothing. */
async function outboxHealth(
  env: Bindings,
  region: Region,
  link: RegionLink,
): Promise<RegionHealth> {
  if (link.durability === "stream") return { durability: "stream" };
  const backlogs = await Promise.all(
    Array.from({ length: objectsOf(link) }, (_, shard) =>
      reach("outbox-away", () => outboxOf(env, region, link, shard).backlog(), region),
    ),
  );
  return {
    durability: "outbox",
    waiting: backlogs.reduce((sum, { waiting }) => sum + waiting, 0),
    oldestSeconds: Math.max(...backlogs.map(({ ageSeconds }) => ageSeconds)),
    parked: backlogs.reduce((sum, { parked }) => sum + parked, 0),
  };
}

/** What waits for each region, or the problem of asking for it. */
export type RegionsHealth = ReadonlyMap<Region, RegionHealth | Problem>;

/** Unix milliseconds. */
let last: { readonly at: number; readonly health: RegionsHealth } | undefined;
let askedAt = -Infinity;

/** Either way round: a clock that was set back must not keep what is known for ever. */
const isWithin = (at: number, now: number, milliseconds: number): boolean =>
  Math.abs(now - at) < milliseconds;

/** About a second old. */
export async function healthOf(
  env: Bindings,
  settings: Settings,
  now: number,
): Promise<RegionsHealth> {
  const isAsked = isWithin(askedAt, now, healthMilliseconds);
  if (last && isWithin(last.at, now, isAsked ? healthMillisecondsMax : healthMilliseconds))
    return last.health;
  askedAt = now;
  const asking = [...settings.links].map(async ([region, link]) => {
    const answer = await outboxHealth(env, region, link).catch((error: unknown) => {
      if (error instanceof Problem) return error;
      throw error;
    });
    return [region, answer] as const;
  });
  const health: RegionsHealth = new Map(await Promise.all(asking));
  last = { at: now, health };
  return health;
}

export const getHealth = route({
  method: "GET",
  path: "/healthz",
  summary: "Whether the edge answers, and what waits for each region",
  answers: {
    200: { description: "It answers", contentType: "application/json", schema: Health },
  },
  problems: ["region-unavailable"],
  handle: async ({ env, settings, now }) => {
    const known = [...(await healthOf(env, settings, now))].map(([region, answer]) => {
      // Half a count could be taken for the whole: where nothing waits, a region may be given up.
      if (answer instanceof Problem) throw answer;
      return [region, answer] as const;
    });
    const health: Health = { status: "ok", regions: Object.fromEntries(known) };
    return Response.json(health, { headers: { "cache-control": "no-store" } });
  },
});

export const getProblem = route({
  method: "GET",
  path: "/problems/:code",
  summary: "What a problem means and what to do",
  parameters: { code: z.string() },
  answers: {
    200: { description: "The problem", contentType: "application/json", schema: ProblemDocument },
  },
  problems: ["not-found"],
  handle: ({ parameters }) => {
    const code = parameters["code"];
    if (!isProblemCode(code)) throw new Problem("not-found");
    return Response.json(describeProblem(code), {
      headers: { "cache-control": "public, max-age=3600" },
    });
  },
});

/** /openapi.json of these routes and itself. */
export function documentation(routes: readonly Route[]): Route {
  const own: Route = route({
    method: "GET",
    path: "/openapi.json",
    summary: "This document",
    answers: { 200: { description: "OpenAPI 3.1", contentType: "application/json" } },
    problems: [],
    handle: () =>
      Response.json(openApiDocument([...routes, own]), {
        headers: { "cache-control": "public, max-age=60" },
      }),
  });
  return own;
}
