// `npm run bench phone`: from the tap on the link to a page that can be answered, on the telephone that Lighthouse calls a
// mid-range one (processor ÷ 4) behind its Slow 4G: a first visit, and one after it, when the shell is kept on the device.
import type { Browser, BrowserContext } from "playwright-core";
import { launchBrowser } from "../browser/chromium.ts";
import { phone } from "../browser/reader.ts";
import { invite, publishWidget, startProduct } from "../flow/product.ts";
import { allKinds } from "../widget/fixtures/all-kinds.ts";
import { slowNetwork } from "./slow-network.ts";

const rounds = process.argv.includes("--quick") ? 3 : 9;
const processorSlower = 4;
const goals = { cold: 2000, cached: 1000 } as const;

/** Milliseconds after the tap. */
interface Visit {
  readonly document: number;
  readonly stylesheet: number;
  readonly script: number;
  readonly campaign: number;
  readonly drawn: number;
  /** The first moment after it was drawn at which a touch is answered at once. */
  readonly interactive: number;
}

async function visited(context: BrowserContext, link: string): Promise<Visit> {
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: processorSlower });
  await page.addInitScript(() => {
    const seen: Record<string, number> = {};
    Object.assign(globalThis, { __seen: seen });
    const observer = new MutationObserver(() => {
      if (document.querySelector("button.main") === null) return;
      observer.disconnect();
      requestAnimationFrame(() => {
        seen["drawn"] = performance.now();
        // Behind whatever else the page does by then.
        requestIdleCallback(() => (seen["interactive"] = performance.now()));
      });
    });
    observer.observe(document, { childList: true, subtree: true });
  });
  await page.goto(link, { waitUntil: "commit" });
  await page.waitForFunction(
    () => "interactive" in (Reflect.get(globalThis, "__seen") as Record<string, number>),
  );
  const visit = await page.evaluate(() => {
    const seen = Reflect.get(globalThis, "__seen") as { drawn: number; interactive: number }; // Set above.
    const entries = performance.getEntriesByType("resource") as PerformanceResourceTiming[]; // Of this type.
    const lastOf = (part: RegExp): number =>
      Math.max(
        ...entries
          .filter(({ name, responseEnd }) => part.test(name) && responseEnd <= seen.drawn)
          .map(({ responseEnd }) => responseEnd),
        0,
      );
    const [navigation] = performance.getEntriesByType("navigation") as PerformanceResourceTiming[]; // Of this type.
    return {
      document: navigation?.responseEnd ?? 0,
      stylesheet: lastOf(/\.css$/),
      script: lastOf(/\.js$/),
      campaign: lastOf(/\/v1\/campaigns\//),
      ...seen,
    };
  });
  // What the first visit leaves behind is not part of how long it took.
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    for (let looks = 0; looks < 600; looks++) {
      const registration = await navigator.serviceWorker.getRegistration("/a/");
      const campaigns = await (await caches.open("maily-campaigns")).keys();
      if (registration?.active?.state === "activated" && campaigns.length > 0) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error("the page was never kept");
  });
  await page.close();
  return visit;
}

const middle = (values: readonly number[]): number =>
  values.toSorted((left, right) => left - right)[values.length >> 1] ?? Number.NaN;

function report(name: keyof typeof goals, visits: readonly Visit[], bytes: number): void {
  const parts = (["document", "stylesheet", "script", "campaign", "drawn", "interactive"] as const)
    .map((part) => `${part} ${middle(visits.map((visit) => visit[part])).toFixed(0)}`)
    .join(", ");
  const all = visits.map(({ interactive }) => interactive);
  const verdict = middle(all) <= goals[name] ? "met" : "not met";
  console.log(`${name}: interactive after ${middle(all).toFixed(0)} ms (${Math.min(...all).toFixed(0)} to ${Math.max(...all).toFixed(0)}); goal ${goals[name]} ms ${verdict}
  ${parts} ms; ${bytes} bytes a visit, with headers`);
}

async function main(browser: Browser): Promise<void> {
  const product = await startProduct();
  const network = await slowNetwork(product.running.edge);
  const campaign = await publishWidget(product, allKinds);
  const found = { cold: [] as Visit[], cached: [] as Visit[] };
  const carried = { cold: 0, cached: 0 };
  for (let round = 0; round < rounds; round++) {
    const { link } = await invite(product, campaign, "eu", `phone-${round}@example.org`);
    const context = await browser.newContext({ viewport: phone, isMobile: true, hasTouch: true });
    for (const name of ["cold", "cached"] as const) {
      network.nextVisit();
      found[name].push(await visited(context, link.replace(product.running.edge, network.origin)));
      carried[name] += network.nextVisit();
    }
    await context.close();
  }
  console.log(
    `Chromium ${browser.version()}, processor ÷ ${processorSlower}, Slow 4G (1.6 Mbit/s, 150 ms), ${rounds} rounds; medians`,
  );
  for (const name of ["cold", "cached"] as const)
    report(name, found[name], Math.round(carried[name] / rounds));
  network.close();
  await product.stop();
}

const browser = await launchBrowser();
await main(browser);
await browser.close();
