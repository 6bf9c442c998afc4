// The page itself, for a reader without a connection and for a fast second visit: one build's files, whole or not at all.
import { base64url } from "../../../sdk/bytes.ts";
import { shell } from "./build.ts";
import type { Answered } from "./fetching.ts";

declare const self: ServiceWorkerGlobalScope;

const prefix = "maily-shell-";
const cacheName = `${prefix}${shell.digest}`;
/** Under which the page lies, whatever its address was: an address may have an invitation. */
const htmlKey = "/a/";
/** The page is the same bytes for every campaign, this one too, which nobody has. */
const anyPage = "/a/AAAAAAAAAAA";
/** For so long a page is shown without asking the edge first, if there is a connection. */
export const shellDaysMax = 7;
const dayMilliseconds = 86_400_000;
/** The page is served for five minutes without asking anyway. */
const freshMilliseconds = 300_000;
const networkMilliseconds = 5_000;
const clientMilliseconds = 1_000;
const keptAt = "maily-kept-at";

/** A copy for the cache, dated; the body is no longer compressed. */
function dated(response: Response, body: BodyInit): Response {
  const headers = new Headers(response.headers);
  for (const name of ["content-encoding", "content-length", "set-cookie"]) headers.delete(name);
  headers.set(keptAt, String(Date.now()));
  return new Response(body, { headers });
}

const digestOf = async (bytes: ArrayBuffer): Promise<string> =>
  base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));

/** The page as the edge has it now, if that is this build's; undefined where it is another's. */
async function fetchHtml(cache: RequestCache): Promise<Response | undefined> {
  const response = await fetch(anyPage, { cache, credentials: "omit" });
  const bytes = await response.clone().arrayBuffer();
  if (!response.ok || (await digestOf(bytes)) !== shell.html) return undefined;
  return dated(response, bytes);
}

/** Whether a reader is in the midst of answering in any page; who does not say so in time may be. */
async function isAnyoneAnswering(): Promise<boolean> {
  const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  // No other page of this origin is this worker's, and none of them would answer.
  const pages = open.filter(({ url }) => new URL(url).pathname.startsWith(htmlKey));
  const asked = pages.map(
    (client) =>
      new Promise<boolean>((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.addEventListener("message", ({ data }) => resolve(data === true));
        port1.start();
        setTimeout(() => resolve(true), clientMilliseconds);
        client.postMessage("answering?", [port2]);
      }),
  );
  return (await Promise.all(asked)).includes(true);
}

/** Fetches the whole build before anything of it is used. Throws Error where the edge serves another one by now. */
export async function install(): Promise<void> {
  const html = await fetchHtml("no-cache");
  if (html === undefined) throw new Error("another build is served: the next visit tries again");
  const cache = await caches.open(cacheName);
  await cache.addAll(shell.files);
  await cache.put(htmlKey, html);
  // Else it takes over when the last page of the earlier version is closed.
  if (!(await isAnyoneAnswering())) await self.skipWaiting();
}

/** The earlier build stays until the next one: pages of it may still be open. */
export async function activate(): Promise<void> {
  const others = (await caches.keys()).filter(
    (name) => name.startsWith(prefix) && name !== cacheName,
  );
  await Promise.all(others.slice(0, -1).map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** Dates this build's page anew, or has a later one fetched. */
async function check(): Promise<void> {
  const html = await fetchHtml("no-cache");
  if (html === undefined) await self.registration.update();
  else await (await caches.open(cacheName)).put(htmlKey, html);
}

async function fromNetwork(campaign: string): Promise<Response> {
  // Never the address itself, which may have an invitation: the page reads it where it stands.
  const response = await fetch(`/a/${campaign}`, {
    cache: "no-cache",
    credentials: "omit",
    signal: AbortSignal.timeout(networkMilliseconds),
  });
  if (response.status >= 500) throw new Error("the edge is away");
  // A response that was built anew has no address of its own to give the page.
  return new Response(response.body, { status: response.status, headers: response.headers });
}

/**
 * The page for a visit to `campaign`. A reader who loads it again, and one whose page is too old, get what the edge has, if
 * it can be reached.
 */
export async function page(campaign: string, again: boolean): Promise<Answered> {
  const kept = await (await caches.open(cacheName)).match(htmlKey);
  if (kept === undefined) return { response: await fromNetwork(campaign) };
  const age = Math.abs(Date.now() - Number(kept.headers.get(keptAt)));
  if (!again && age < shellDaysMax * dayMilliseconds)
    return age < freshMilliseconds ? { response: kept } : { response: kept, after: check() };
  try {
    return { response: await fromNetwork(campaign), after: check() };
  } catch {
    return { response: kept };
  }
}
