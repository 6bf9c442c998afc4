// Activities to a region's server, batch by batch. Each has an id of its own, so that a batch may be sent again whenever nobody knows
// whether it arrived.
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { Problem } from "../../sdk/problem.ts";
import { regions, type Region } from "../../sdk/region.ts";
import { ActivityAnswer, type Activity, type ActivityResult } from "../../sdk/schema/activity.ts";
import { ask } from "../ask.ts";

/** Of one request: small enough that a server's other commits wait only for a moment. */
export const batchItems = 500;
const attemptsMax = 6;
const firstWaitMilliseconds = 500;
const longestWaitMilliseconds = 30_000;

export interface ActivityServer {
  readonly origin: string;
  readonly campaign: string;
  readonly token: string;
  /** Of a test, shorter than a person's. */
  readonly firstWaitMilliseconds?: number;
}

/** Refusals that pass by themselves. */
const passing = new Set(["region-unavailable", "server-unreachable", "rate-limited", "internal"]);

/** Half by chance, so that many that waited together do not come back together. */
const waitOf = (attempt: number, first: number): number =>
  Math.min(first * 2 ** attempt, longestWaitMilliseconds) * (0.5 + Math.random() / 2);

/** What became of each, in order. Throws the server's Problem once it does not pass by itself. */
export async function postActivities(
  server: ActivityServer,
  activities: readonly Activity[],
): Promise<readonly ActivityResult[]> {
  const { origin, campaign, token } = server;
  for (let attempt = 0; ; attempt++)
    try {
      const answer = await ask(`${origin}/v1/campaigns/${campaign}/activities`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
        body: JSON.stringify({ activities }),
      });
      return ActivityAnswer.parse(answer).results;
    } catch (error) {
      const passes = error instanceof Problem && passing.has(error.code);
      if (!passes || attempt + 1 >= attemptsMax) throw error;
      await sleep(waitOf(attempt, server.firstWaitMilliseconds ?? firstWaitMilliseconds));
    }
}

const Health = z.object({ region: z.enum(regions as ["eu", "us", "apac"]) });

/** Which region a server is: readers' conduct goes to their own region and to no other. */
export async function regionOf(origin: string): Promise<Region> {
  const parsed = Health.safeParse(await ask(`${origin}/healthz`));
  if (parsed.success) return parsed.data.region;
  throw new Problem("configuration-invalid", {
    detail: `${origin} does not say which region it is. Name a region's server.`,
  });
}
