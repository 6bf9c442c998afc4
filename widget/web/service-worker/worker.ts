// The service worker of /a/: the page without a connection, and answers that wait. It has no secret and decides nothing: what
// it sends was sealed by a page at a reader's press.
import { answerTo, askAhead, type Answered } from "./fetching.ts";
import { activate, install, page } from "./shell.ts";
import { sendWaiting } from "./sync.ts";
import { syncTag } from "../sync-tag.ts";

declare const self: ServiceWorkerGlobalScope;

/** https://wicg.github.io/background-sync/spec/; not in TypeScript's own types. */
interface SyncEvent extends ExtendableEvent {
  readonly tag: string;
}

const pagePath = /^\/a\/([\w-]{11})(?:\/[\w-]+)?\/?$/;

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));

function respond(event: FetchEvent, answer: Promise<Answered>): void {
  event.respondWith(answer.then(({ response }) => response));
  event.waitUntil(answer.then(({ after }) => after).catch(() => undefined));
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.mode !== "navigate") {
    const answer = answerTo(request);
    if (answer !== undefined) respond(event, answer);
    return;
  }
  const [, campaign] = pagePath.exec(new URL(request.url).pathname) ?? [];
  // Loaded again by the reader: browsers then ask past their caches.
  const again = request.cache === "no-cache" || request.cache === "reload";
  if (campaign === undefined || request.method !== "GET") return;
  event.waitUntil(askAhead(campaign));
  respond(event, page(campaign, again));
});

self.addEventListener("sync", (event: Event) => {
  const { tag } = event as SyncEvent; // By its name.
  if (tag === syncTag) (event as SyncEvent).waitUntil(sendWaiting());
});
