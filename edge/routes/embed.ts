// What a site embeds: the page in a frame of the edge's own origin, and the loader that makes the frame.
import { z } from "zod";
import { framePolicy } from "../../sdk/page-policy.ts";
import { Problem } from "../../sdk/problem.ts";
import { CampaignId } from "../../sdk/schema/ids.ts";
import { publishedCampaign } from "../campaigns.ts";
import { fileResponse } from "../page-file.ts";
import { route, type Arrival } from "../route.ts";

/** Who may frame it changes with a publication: as soon as that takes effect elsewhere, about. */
const frameSeconds = 60;
const loaderSeconds = 300;

/** No feature of a device is the widget's to ask for; a result may be shared. */
const permissions = [
  "accelerometer",
  "autoplay",
  "camera",
  "display-capture",
  "encrypted-media",
  "geolocation",
  "gyroscope",
  "hid",
  "idle-detection",
  "local-fonts",
  "magnetometer",
  "microphone",
  "midi",
  "payment",
  "publickey-credentials-get",
  "screen-wake-lock",
  "serial",
  "usb",
  "xr-spatial-tracking",
].map((feature) => `${feature}=()`);

/** The origins that may frame a campaign's page; undefined where there is no such campaign. */
async function ancestorsOf({
  env,
  parameters,
  now,
}: Arrival): Promise<readonly string[] | undefined> {
  try {
    const { campaign } = await publishedCampaign(env, parameters["campaign"] ?? "", now);
    return campaign.site?.origins ?? [];
  } catch (error) {
    if (error instanceof Problem && error.code === "campaign-unknown") return undefined;
    throw error;
  }
}

export const getFrame = route({
  method: "GET",
  path: "/e/:campaign",
  summary: "The page in a frame of one of the campaign's sites",
  description:
    "The same bytes as /a/:campaign. For a campaign that is not published the status is 404, and the page says so itself.",
  parameters: { campaign: CampaignId },
  limits: { address: true },
  answers: {
    200: { description: "The page", contentType: "text/html" },
    404: {
      description: "The page, which says that there is no such campaign",
      contentType: "text/html",
    },
  },
  problems: ["not-found", "rate-limited", "region-unavailable"],
  handle: async (arrival) => {
    const { env, request, headers } = arrival;
    const ancestors = await ancestorsOf(arrival);
    // A site's own page may ask that all it frames says so, too (COEP): ours loads nothing from elsewhere.
    headers["cross-origin-resource-policy"] = "cross-origin";
    const page = await fileResponse(env, request, "/index.html", {
      "content-type": "text/html; charset=utf-8",
      "cache-control": ancestors === undefined ? "no-store" : `public, max-age=${frameSeconds}`,
      // Whoever frames what does not exist is told so in its place; there is nothing in it to press.
      "content-security-policy": framePolicy(ancestors ?? ["*"]),
      "cross-origin-embedder-policy": "require-corp",
      "permissions-policy": permissions.join(", "),
    });
    return ancestors === undefined ? new Response(page.body, { ...init(page), status: 404 }) : page;
  },
});

const init = ({ headers }: Response) => ({
  headers,
  ...(headers.has("content-encoding") && { encodeBody: "manual" as const }),
});

const script = (cacheControl: string) => ({
  "content-type": "text/javascript; charset=utf-8",
  "cache-control": cacheControl,
  // A module of another origin, or a script with `integrity`, is fetched with CORS.
  "access-control-allow-origin": "*",
});

const scriptAnswers = { 200: { description: "The script", contentType: "text/javascript" } };

export const getLoader = route({
  method: "GET",
  path: "/embed.js",
  summary: "The loader, as it is now",
  answers: scriptAnswers,
  problems: ["not-found"],
  handle: ({ env, request, headers }) => {
    headers["cross-origin-resource-policy"] = "cross-origin";
    return fileResponse(env, request, "/embed.js", script(`public, max-age=${loaderSeconds}`));
  },
});

export const getLoaderFile = route({
  method: "GET",
  path: "/embed/:file",
  summary: "The loader or a part of it, named by its content",
  description: "What `integrity` can name: these bytes never change.",
  parameters: { file: z.string().regex(/^[\w-]{1,100}\.js$/) },
  answers: scriptAnswers,
  problems: ["not-found"],
  handle: ({ env, request, parameters, headers }) => {
    const file = parameters["file"] ?? "";
    if (!/^[\w-]{1,100}\.js$/.test(file)) throw new Problem("not-found");
    headers["cross-origin-resource-policy"] = "cross-origin";
    const forever = script("public, max-age=31536000, immutable");
    return fileResponse(env, request, `/embed/${file}`, forever);
  },
});
