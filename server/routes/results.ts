// What a tenant's token reads: its campaigns, their results, and who wants no more mail.
import type { Context, Hono } from "hono";
import { inLanguage } from "../../sdk/local-text.ts";
import { Problem } from "../../sdk/problem.ts";
import { statusOf, type Campaign } from "../../sdk/schema/campaign.ts";
import { CampaignId, ReaderPseudonym } from "../../sdk/schema/ids.ts";
import type { CampaignList } from "../../sdk/schema/results.ts";
import { tenantOf } from "../access.ts";
import type { ServerParts } from "../parts.ts";
import { listUnsubscribed } from "../warehouse/requests.ts";
import { json } from "./answer.ts";

const listedMax = 200;
/** SPEC §2. */
const unsubscribedPageMax = 1_000;

export const tenantIn = (c: Context, { config }: Pick<ServerParts, "config">): number =>
  tenantOf(c.req.header("authorization"), config.secrets.tokens);

/** The campaign that the path names, if it is the token's tenant's. Problems: `token-invalid`, `campaign-unknown`. */
export function campaignIn(c: Context, server: ServerParts): Campaign {
  const tenant = tenantIn(c, server);
  const id = CampaignId.safeParse(c.req.param("id"));
  const campaign = id.success ? server.campaigns.ofTenant(tenant, id.data) : undefined;
  if (campaign === undefined) throw new Problem("campaign-unknown");
  return campaign;
}

const listedCampaign = (campaign: Campaign, now: number): CampaignList["campaigns"][number] => {
  const { title, languages } = campaign.definition;
  const language = languages[0] ?? "en";
  return {
    id: campaign.id,
    title: inLanguage(title, language, language),
    revision: campaign.revision,
    status: statusOf(campaign, now),
    opensAt: campaign.opensAt,
    closesAt: campaign.closesAt,
  };
};

async function unsubscribed(c: Context, server: ServerParts): Promise<Response> {
  const { tenant, id: campaign } = campaignIn(c, server);
  const after = c.req.query("after") ?? "";
  if (after !== "" && !ReaderPseudonym.safeParse(after).success)
    throw new Problem("malformed-request", { errors: ["after: is not a reader's pseudonym"] });
  const readers = await server.warehouse.read((connection) =>
    listUnsubscribed(connection, { tenant, campaign, reader: after }, unsubscribedPageMax),
  );
  const last = readers.at(-1);
  return json({
    readers: readers.map(({ reader, at }) => ({ reader, at: new Date(at).toISOString() })),
    ...(readers.length === unsubscribedPageMax && last !== undefined && { next: last.reader }),
  });
}

export function resultRoutes(app: Hono, server: ServerParts): void {
  const { campaigns, live } = server;
  app.get("/v1/campaigns", (c) => {
    const listed = campaigns.listOf(tenantIn(c, server), c.req.query("after") ?? "", listedMax);
    const now = Date.now();
    const list: CampaignList = {
      campaigns: listed.map((campaign) => listedCampaign(campaign, now)),
    };
    return json(list);
  });
  app.get("/v1/campaigns/:id/results", async (c) => {
    const campaign = campaignIn(c, server);
    if (!(c.req.header("accept") ?? "").includes("text/event-stream"))
      return json(await live.current(campaign.id));
    return new Response(live.follow(campaign.id), {
      headers: {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        // Asks proxies of the nginx family not to hold events back.
        "x-accel-buffering": "no",
      },
    });
  });
  app.get("/v1/campaigns/:id/unsubscribed", (c) => unsubscribed(c, server));
}
