// What the tests of a failing network share: counting, other clocks, what lies in caches.
import type { BrowserContext, Page } from "playwright-core";
import { expect } from "vitest";
import type { Deployed } from "../flow/product.ts";
import { resultsWith } from "../flow/product.ts";
import { storageOf } from "./short-visit.ts";

/** The heading where an answer waits. */
export const waits = { name: "Sealed, not sent yet" } as const;

/** The receipt is shown first, and what was kept taken away then. */
export const expectNothingKept = (page: Page): Promise<void> =>
  expect.poll(() => storageOf(page)).toBe("[]");

/** Answers that the eu server has stored since it started, repeats not counted. */
export async function stored(product: Deployed): Promise<number> {
  const figures = await (await fetch(`${product.running.servers.eu}/metrics`)).text();
  return [...figures.matchAll(/^maily_ingested_total\S* (\d+)/gm)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  );
}

/** Does `visit`, and holds that exactly one answer came to the warehouse by it. */
export async function expectOneAnswer(
  product: Deployed,
  campaign: string,
  visit: () => Promise<unknown>,
): Promise<void> {
  const before = await stored(product);
  await visit();
  await resultsWith(product, "eu", campaign, 1);
  expect(await stored(product)).toBe(before + 1);
}

/** Waits until a visit to this browser's next page needs no network. */
export const workerReady = (page: Page): Promise<void> =>
  expect
    .poll(
      () =>
        page.evaluate(async () => {
          const registration = await navigator.serviceWorker.getRegistration("/a/");
          const campaigns = await caches.open("maily-campaigns");
          return `${registration?.active?.state} ${(await campaigns.keys()).length > 0}`;
        }),
      { timeout: 30_000 },
    )
    .toBe("activated true");

/** Wakes the worker as the browser does when the machine has a network again, which emulated ones do not tell it. */
export async function wakeWorker(page: Page, tag: string): Promise<void> {
  const debug = await page.context().newCDPSession(page);
  const known = new Promise<string>((resolve) => {
    debug.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      const [first] = registrations;
      if (first !== undefined) resolve(first.registrationId);
    });
  });
  await debug.send("ServiceWorker.enable");
  const [{ origin }, registrationId] = [new URL(page.url()), await known];
  await debug.send("ServiceWorker.dispatchSyncEvent", {
    origin,
    registrationId,
    tag,
    lastChance: false,
  });
}

/** Every address in the browser's caches, and every body, as text. */
export const cachesOf = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const found: string[] = [];
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        const response = await cache.match(request);
        found.push(request.url, (await response?.text()) ?? "");
      }
    }
    return found.join("\n");
  });

/** From the next page on this context's clock is `milliseconds` ahead of the machine's; its timers are not. */
export const shiftClock = (context: BrowserContext, milliseconds: number): Promise<unknown> =>
  context.addInitScript((shift) => {
    const now = Date.now.bind(Date);
    globalThis.Date = new Proxy(Date, {
      construct: (target, given: unknown[], newTarget) =>
        Reflect.construct(target, given.length === 0 ? [now() + shift] : given, newTarget) as Date,
      get: (target, name, receiver): unknown =>
        name === "now" ? () => now() + shift : Reflect.get(target, name, receiver),
    });
  }, milliseconds);
