// What a tenant's systems tell of readers' conduct, and what is told of it in return (SPEC §10.7).
import type { Context, Hono } from "hono";
import { activityPurposes } from "../../sdk/activities.ts";
import { Problem } from "../../sdk/problem.ts";
import { ActivityBatch, activityLimits, isDelivery } from "../../sdk/schema/activity.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { AuthoredId } from "../../sdk/schema/ids.ts";
import { insightLimits, type Lifts, type Revenue } from "../../sdk/schema/insight.ts";
import { segmentLimits } from "../../sdk/schema/segment.ts";
import { liftOf, liftsOf, type Following } from "../activities/lift.ts";
import { revenueOf } from "../activities/revenue.ts";
import { storeActivities } from "../activities/store.ts";
import { atMost } from "../at-most.ts";
import { readJsonBytes } from "../body.ts";
import type { ServerParts } from "../parts.ts";
import { json, parseAs } from "./answer.ts";
import { campaignIn } from "./results.ts";

/** Batches being read or stored at the same time: bounds what this process holds of them. */
const batchesMax = 8;
/** Figures under way: the warehouse reads for one at a time, and for everybody's results too. */
const figuresMax = 8;
const retryAfterSeconds = 1;
/** Of a query's values; longer ones name nothing. */
const valueCharactersMax = 120;

const malformed = (error: string): Problem => new Problem("malformed-request", { errors: [error] });

/** A query's value, or undefined. Problem: `malformed-request`, naming the parameter alone. */
function asked(c: Context, name: string): string | undefined {
  const value = c.req.query(name);
  if (value !== undefined && value.length > valueCharactersMax)
    throw malformed(`${name}: is too long`);
  return value;
}

/** The least readers that a figure may be of. */
export function floorIn(c: Context): number {
  const text = asked(c, "floor");
  if (text === undefined) return segmentLimits.floorDefault;
  const floor = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (floor < segmentLimits.floorMin || floor > segmentLimits.floorMax)
    throw malformed(
      `floor: must be a whole number from ${segmentLimits.floorMin} to ${segmentLimits.floorMax}`,
    );
  return floor;
}

export const authoredIn = (c: Context, name: string): string | undefined => {
  const value = asked(c, name);
  if (value !== undefined && !AuthoredId.safeParse(value).success)
    throw malformed(`${name}: is no id such as "results"`);
  return value;
};

/** Purposes that allow to keep activities, of a campaign that has one. Problem: `activities-unwanted`. */
function purposesOf({ notice }: Campaign): string[] {
  const purposes = activityPurposes(notice);
  if (purposes.length === 0) throw new Problem("activities-unwanted");
  return purposes;
}

function taking(server: ServerParts): (c: Context) => Promise<Response> {
  let underWay = 0;
  return async (c) => {
    const { tenant, id, notice } = campaignIn(c, server);
    if (underWay >= batchesMax) throw new Problem("region-unavailable", { retryAfterSeconds });
    underWay += 1;
    try {
      const body = await readJsonBytes(c.req.raw, activityLimits.bodyBytes);
      const { activities } = parseAs(ActivityBatch, body);
      const purposes = activityPurposes(notice);
      if (purposes.length === 0 && !activities.every(({ kind }) => isDelivery(kind)))
        throw new Problem("activities-unwanted");
      const of = { tenant, campaign: id, purposes, receivedAt: Date.now() };
      const { results, changes } = await server.warehouse.change((writer) =>
        storeActivities(writer, of, activities),
      );
      // At once: a later commit, such as a withdrawal's, must not be told before this one.
      if (changes.length > 0) server.segments.applyActivities(changes);
      for (const { status } of results) server.metrics.activities.add(1, status);
      return json({ results });
    } finally {
      underWay -= 1;
    }
  };
}

async function revenue(c: Context, server: ServerParts): Promise<Response> {
  const campaign = campaignIn(c, server);
  const purposes = purposesOf(campaign);
  const question = authoredIn(c, "question");
  const asOf = Date.now();
  const figures = await server.warehouse.read((connection) =>
    revenueOf(
      connection,
      { tenant: campaign.tenant, campaign: campaign.id },
      { floor: floorIn(c), purposes, by: question === undefined ? undefined : { question } },
    ),
  );
  const told: Revenue = {
    campaign: campaign.id,
    region: server.config.region,
    asOf: new Date(asOf).toISOString(),
    ...figures,
  };
  return json(told);
}

async function lift(c: Context, server: ServerParts): Promise<Response> {
  const campaign = campaignIn(c, server);
  const of = { tenant: campaign.tenant, campaign: campaign.id };
  const asOf = Date.now();
  const following: Following = { floor: floorIn(c), purposes: purposesOf(campaign), asOf };
  const question = authoredIn(c, "question");
  const option = asked(c, "option");
  const kind = authoredIn(c, "kind");
  const label = asked(c, "label");
  const one = question !== undefined && option !== undefined && kind !== undefined;
  const found = await server.warehouse.read(async (connection) =>
    one
      ? [await liftOf(connection, of, { question, option }, { kind, label }, following)]
      : liftsOf(connection, of, following),
  );
  // Of all that were compared, `q` counts those that nobody asked to see, too.
  const wanted = found.filter(
    (each) =>
      (question === undefined || each.question === question) &&
      (option === undefined || each.option === option) &&
      (kind === undefined || each.kind === kind) &&
      (one || label === undefined || each.label === label),
  );
  const told: Lifts = {
    campaign: campaign.id,
    region: server.config.region,
    asOf: new Date(asOf).toISOString(),
    floor: following.floor,
    tested: found.length,
    lifts: wanted.slice(0, insightLimits.lifts),
  };
  return json(told);
}

/** Activities in, revenue and lift out. */
export function activityRoutes(app: Hono, server: ServerParts): void {
  app.post("/v1/campaigns/:id/activities", taking(server));
  const run = atMost(figuresMax, retryAfterSeconds);
  app.get("/v1/campaigns/:id/revenue", (c) => run(() => revenue(c, server)));
  app.get("/v1/campaigns/:id/lift", (c) => run(() => lift(c, server)));
}
