// The service worker from the page's side: registered once the reader has the page, never before, so that it costs the first
// look nothing. Without one, or in a frame of another site, everything works; only a reader offline finds no page.
import type { Manifest } from "../../sdk/schema/campaign.ts";
import { assetCache, remember, rememberManifest } from "./page-cache.ts";
import type { Open } from "./page.ts";
import { syncTag } from "./sync-tag.ts";

/** https://wicg.github.io/background-sync/spec/; not in TypeScript's own types. */
interface Synced extends ServiceWorkerRegistration {
  readonly sync?: { register(tag: string): Promise<void> };
}

/** https://www.w3.org/TR/trusted-types/; not yet in TypeScript's own types. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL: (address: string) => string },
  ): { createScriptURL(address: string): string };
}

const script = "/sw.js";
const scope = "/a/";

/** The page's policy lets one name make an address for a script, and this one knows only one. */
function scriptAddress(): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  return (
    trustedTypes
      ?.createPolicy("maily-service-worker", { createScriptURL: () => script })
      .createScriptURL(script) ?? script
  );
}

/** Handed in: imported from here, the page's state would become a second file that every first visit waits for. */
let current: () => Open | undefined = () => undefined;

/** Whether somebody would lose their place if this page were another version of itself. */
function isAnswering(): boolean {
  const page = current();
  if (page === undefined) return false;
  const { at } = page.step;
  if (at === "waiting") return !page.step.stored || page.step.trying;
  const isOver = at === "thanked" || at === "withdrawn" || at === "refused";
  return !isOver && Object.keys(page.answers).length > 0;
}

/** A new version asks every page before it takes over. */
function answerWorker({ data, ports }: MessageEvent<unknown>): void {
  if (data === "answering?") ports[0]?.postMessage(isAnswering());
}

/** What this visit fetched before a worker could see it. */
async function rememberVisit(manifest: Manifest): Promise<void> {
  await rememberManifest(manifest);
  const assets = performance
    .getEntriesByType("resource")
    .map(({ name }) => new URL(name))
    .filter(
      ({ origin, pathname }) => origin === location.origin && pathname.startsWith("/assets/"),
    );
  for (const { pathname } of assets) {
    if ((await caches.match(pathname)) !== undefined) continue;
    // From the browser's own cache: such a file never changes.
    const response = await fetch(pathname, { cache: "force-cache" });
    if (response.ok) await remember(assetCache, pathname, response);
  }
}

/** Registers the worker where this is a page of its own, and leaves it what the next visit needs offline. */
export async function serve(page: typeof current): Promise<void> {
  current = page;
  const { serviceWorker } = navigator as { serviceWorker?: ServiceWorkerContainer };
  if (serviceWorker === undefined || top !== self || !location.pathname.startsWith(scope)) return;
  serviceWorker.addEventListener("message", answerWorker);
  serviceWorker.startMessages();
  try {
    await serviceWorker.register(scriptAddress(), { scope, updateViaCache: "none" });
    const open = page();
    if (open !== undefined) await rememberVisit(open.visit.manifest);
  } catch {
    // Denied, full, or no script there: the page goes on without.
  }
}

/** Asks the browser to wake the worker when there is a connection, with this page open or closed. */
export async function requestSync(): Promise<void> {
  try {
    const registration: Synced | undefined = await navigator.serviceWorker.getRegistration(scope);
    await registration?.sync?.register(syncTag);
  } catch {
    // Not here, or not allowed: the next visit sends.
  }
}
