// `npm run bench first-seal`: what stands between the send button and the sealed answer in a page that was just opened, with
// and without the warm-up behind the reader's first touch. Every figure comes of contexts that nothing was run in before.
import type { Browser } from "playwright-core";
import { generateSeed, regionPublicKey } from "../../sdk/node/region-key.ts";
import { launchBrowser } from "../browser/chromium.ts";
import { benchPage } from "./bench-page.ts";
import type { First } from "./first-seal-browser.ts";

const contexts = 15;
/** As many times slower as this machine; 6 is what Chromium's tools call a low-end phone. */
const throttles = [1, 6] as const;
const publicKey = [...regionPublicKey(generateSeed())];

interface Way {
  readonly isWarmed: boolean;
  readonly isNative: boolean;
  readonly throttle: number;
}

async function inFreshContext(browser: Browser, origin: string, way: Way): Promise<First> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    if (!way.isNative)
      await page.addInitScript(() =>
        Reflect.deleteProperty(SubtleCrypto.prototype, "encapsulateBits"),
      );
    await page.goto(origin);
    const devtools = await context.newCDPSession(page);
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: way.throttle });
    return await page.evaluate(
      async ([address, key, isWarmed]) => {
        const bench = (await import(address)) as typeof import("./first-seal-browser.ts"); // The bundle of that file.
        return bench.first(key, isWarmed);
      },
      [`${origin}/bench.js`, publicKey, way.isWarmed] as const,
    );
  } finally {
    await context.close();
  }
}

const middle = (values: number[]): number =>
  values.toSorted((left, right) => left - right)[values.length >> 1] ?? Number.NaN;
const milliseconds = (values: number[]): string =>
  `${middle(values).toFixed(1)} ms (at most ${Math.max(...values).toFixed(1)})`;

const { origin, close } = await benchPage("first-seal-browser.ts");
const browser = await launchBrowser();
console.log(`Chromium ${browser.version()}, ${contexts} fresh contexts each; medians`);
for (const throttle of throttles)
  for (const isNative of [true, false]) {
    // In turn, so that whatever else the machine does befalls both alike.
    const cold: First[] = [];
    const warmed: First[] = [];
    for (let round = 0; round < contexts; round++)
      for (const isWarmed of [false, true])
        (isWarmed ? warmed : cold).push(
          await inFreshContext(browser, origin, { isWarmed, isNative, throttle }),
        );
    const [coldMs, warmMs] = [cold, warmed].map((all) => all.map(({ sealMs }) => sealMs));
    console.log(`${isNative ? "the browser's own X-Wing" : "our own"}, processor ÷ ${throttle}
  cold seal    ${milliseconds(coldMs ?? [])}
  warm-up      ${milliseconds(warmed.map(({ warmUpMs }) => warmUpMs))}, blocked at longest ${milliseconds(warmed.map(({ blockedMs }) => blockedMs))}
  warmed seal  ${milliseconds(warmMs ?? [])}, ${(middle(warmMs ?? []) / middle(coldMs ?? [])).toFixed(2)} of the cold one`);
  }
await browser.close();
close();
