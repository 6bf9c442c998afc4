// What lies in the browser's caches so that the page opens offline: files and campaigns that are public and the same for
// everybody. Never an invitation, an answer, or an address that has one. Page and service worker both write here.
import type { Manifest } from "../../sdk/schema/campaign.ts";

export const assetCache = "maily-assets";
export const imageCache = "maily-images";
export const campaignCache = "maily-campaigns";

/** Of each, the newest; what is fetched again moves to the end. */
const most: Readonly<Record<string, number>> = {
  [assetCache]: 60,
  [imageCache]: 40,
  [campaignCache]: 20,
};
/** A notice may have changed since, and an answer under an old one is refused: no use in keeping it for longer. */
export const campaignDaysMax = 30;
const dayMilliseconds = 86_400_000;
const keptAt = "maily-kept-at";

/** Puts a response under a path without a query; the oldest beyond the bound go. */
export async function remember(name: string, path: string, response: Response): Promise<void> {
  const cache = await caches.open(name);
  await cache.delete(path);
  await cache.put(path, response);
  const keys = await cache.keys();
  for (const old of keys.slice(0, Math.max(0, keys.length - (most[name] ?? 0))))
    await cache.delete(old);
}

const pathOf = (campaign: string): string => `/v1/campaigns/${campaign}`;

export const rememberManifest = (manifest: Manifest): Promise<void> =>
  remember(
    campaignCache,
    pathOf(manifest.id),
    // Without the edge's date: what is read later must not tell what time it is.
    Response.json(manifest, { headers: { [keptAt]: String(Date.now()) } }),
  );

export const forgetManifest = async (campaign: string): Promise<void> =>
  void (await (await caches.open(campaignCache)).delete(pathOf(campaign)));

/** A campaign as it was when there was a connection; undefined where it has closed since or is too old. */
export async function rememberedManifest(campaign: string): Promise<Response | undefined> {
  const response = await (await caches.open(campaignCache)).match(pathOf(campaign));
  if (response === undefined) return undefined;
  const { closesAt } = (await response.clone().json()) as Manifest; // Kept by `rememberManifest`.
  const age = Date.now() - Number(response.headers.get(keptAt));
  if (Math.abs(age) < campaignDaysMax * dayMilliseconds && Date.now() < Date.parse(closesAt))
    return response;
  await forgetManifest(campaign);
  return undefined;
}
