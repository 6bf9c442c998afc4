// What operators and developers ask.
import { z } from "zod";
import { describeProblem, isProblemCode, Problem } from "../../sdk/problem.ts";
import { regions } from "../../sdk/region.ts";
import type { Bindings, RegionLink, Settings } from "../env.ts";
import { openApiDocument, ProblemDocument } from "../openapi.ts";
import { route, type Route } from "../route.ts";
import { objectsOf, outboxOf } from "../shards.ts";

/** Health is asked often and by anybody: the outboxes are asked at most this often by an isolate. */
const healthMilliseconds = 1_000;

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

async function outboxHealth(
  env: Bindings,
  region: "eu" | "us" | "apac",
  link: RegionLink,
): Promise<RegionHealth> {
  if (link.durability === "stream") return { durability: "stream" };
  const backlogs = await Promise.all(
    Array.from({ length: objectsOf(link) }, (_, shard) =>
      outboxOf(env, region, link, shard).backlog(),
    ),
  );
  return {
    durability: "outbox",
    waiting: backlogs.reduce((sum, { waiting }) => sum + waiting, 0),
    oldestSeconds: Math.max(...backlogs.map(({ ageSeconds }) => ageSeconds)),
    parked: backlogs.reduce((sum, { parked }) => sum + parked, 0),
  };
}

let last: { readonly at: number; readonly health: Health } | undefined;

/** What waits for each region, at most a second old. */
export async function healthOf(env: Bindings, settings: Settings, now: number): Promise<Health> {
  if (last !== undefined && now - last.at < healthMilliseconds) return last.health;
  const asked = [...settings.links].map(
    async ([region, link]) => [region, await outboxHealth(env, region, link)] as const,
  );
  const health: Health = { status: "ok", regions: Object.fromEntries(await Promise.all(asked)) };
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
  problems: [],
  handle: async ({ env, settings, now }) =>
    Response.json(await healthOf(env, settings, now), { headers: { "cache-control": "no-store" } }),
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
