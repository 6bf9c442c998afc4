// What anybody may read: campaigns and keys.
import { CampaignId } from "../../sdk/schema/ids.ts";
import { Manifest, statusOf } from "../../sdk/schema/campaign.ts";
import { KeyDirectory } from "../../sdk/schema/key-config.ts";
import { publishedCampaign } from "../campaigns.ts";
import { route } from "../route.ts";
import { grantSite } from "../site-origin.ts";

export const getCampaign = route({
  method: "GET",
  path: "/v1/campaigns/:id",
  summary: "A campaign as its page is drawn from",
  parameters: { id: CampaignId },
  limits: { address: true },
  answers: {
    200: {
      description: "The campaign, and the keys of its regions",
      contentType: "application/json",
      schema: Manifest,
    },
  },
  problems: ["campaign-unknown", "rate-limited", "region-unavailable"],
  handle: async (arrival) => {
    const { env, settings, parameters, now } = arrival;
    const { campaign, operatorKeyId, signature } = await publishedCampaign(
      env,
      parameters["id"] ?? "",
      now,
    );
    if (campaign.site !== undefined) grantSite(arrival, campaign.site);
    const manifest: Manifest = {
      ...campaign,
      status: statusOf(campaign, now),
      keys: settings.directory.keys.filter(
        (key) => campaign.regions.includes(key.region) && now < Date.parse(key.notAfter),
      ),
      operatorKeyId,
      signature,
    };
    // Never from a cache: a page that was told of a new notice must get the new notice.
    return Response.json(manifest, { headers: { "cache-control": "no-cache" } });
  },
});

export const getKeys = route({
  method: "GET",
  path: "/v1/keys",
  summary: "The public keys of every region, signed by the root key",
  answers: {
    200: {
      description: "All epochs",
      contentType: "application/json",
      schema: KeyDirectory,
    },
  },
  problems: [],
  handle: ({ settings }) =>
    Response.json(settings.directory, {
      // The same for everybody: a site's own client checks with them what it seals to.
      headers: { "cache-control": "public, max-age=60", "access-control-allow-origin": "*" },
    }),
});
