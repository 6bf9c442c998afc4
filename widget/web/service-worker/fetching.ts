// Requests of the page: what never changes from the cache, a campaign from the edge where it can be reached. Everything else,
// whatever is posted above all, goes its own way and is never looked at.
import type { Manifest } from "../../../sdk/schema/campaign.ts";
import {
  assetCache,
  forgetManifest,
  imageCache,
  remember,
  rememberedManifest,
  rememberManifest,
} from "../page-cache.ts";

/** With a campaign at hand, a network that is slower than this is treated as none. */
const networkMilliseconds = 5_000;
const immutable = /^\/(assets|images)\/[\w.-]+$/;
const campaignPath = /^\/v1\/campaigns\/([\w-]{11})$/;

async function unchanging(path: string, into: string): Promise<Answered> {
  const kept = await caches.match(path);
  if (kept !== undefined) return { response: kept };
  const response = await fetch(path, { credentials: "omit" });
  return response.ok ? { response, after: remember(into, path, response.clone()) } : { response };
}

/** What the page gets, and what is to be finished after it. */
export interface Answered {
  readonly response: Response;
  readonly after?: Promise<unknown>;
}

const timeout = (): Promise<undefined> =>
  new Promise((resolve) => setTimeout(resolve, networkMilliseconds));

/** Asks the edge, and keeps what it says: the campaign, or that there is none. */
async function fetchCampaign(request: Request, campaign: string): Promise<Response> {
  const response = await fetch(request).catch(() => Response.error());
  try {
    if (response.ok) await rememberManifest((await response.clone().json()) as Manifest); // The edge types its routes.
    else if (response.status === 404) await forgetManifest(campaign);
  } catch {
    // Not kept, but here.
  }
  return response;
}

/** Error responses have the status 0. */
const isAway = ({ status }: Response): boolean => status === 0 || status >= 500;

/** Campaigns asked for while their page is still being read from the device; each is for the page's own request, once. */
const ahead = new Map<string, Promise<Response>>();

/** Asks for what a page that is opening will ask for: a round trip of a slow network, and more, sooner. */
export function askAhead(campaign: string): Promise<unknown> {
  const asked = fetchCampaign(new Request(`/v1/campaigns/${campaign}`), campaign);
  ahead.set(campaign, asked);
  // A page that has not asked by then gets what the edge says then.
  setTimeout(() => ahead.get(campaign) === asked && ahead.delete(campaign), networkMilliseconds);
  return asked;
}

async function campaignOf(request: Request, campaign: string): Promise<Answered> {
  const asked = ahead.get(campaign) ?? fetchCampaign(request, campaign);
  ahead.delete(campaign);
  const soon = await Promise.race([asked, timeout()]);
  if (soon !== undefined && !isAway(soon)) return { response: soon };
  const kept = await rememberedManifest(campaign).catch(() => undefined);
  return kept === undefined ? { response: await asked } : { response: kept, after: asked };
}

/** Undefined where the worker has no business. */
export function answerTo(request: Request): Promise<Answered> | undefined {
  const { origin, pathname, search } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin || search !== "")
    return undefined;
  const [, folder] = immutable.exec(pathname) ?? [];
  if (folder !== undefined)
    return unchanging(pathname, folder === "assets" ? assetCache : imageCache);
  const [, campaign] = campaignPath.exec(pathname) ?? [];
  return campaign === undefined ? undefined : campaignOf(request, campaign);
}
