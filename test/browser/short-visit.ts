// The shortest visit there is: one page, one tap to answer, one to send.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import type { Widget } from "../../sdk/schema/widget.ts";
import { invite, publishWidget, startProduct, type Product } from "../flow/product.ts";
import { allKinds } from "../widget/fixtures/all-kinds.ts";
import { launchBrowser } from "./chromium.ts";

export const short: Widget = {
  ...allKinds,
  layout: "all",
  review: false,
  questions: allKinds.questions.filter(({ id }) => id === "brew" || id === "wish"),
};

export interface Stage {
  product: Product;
  browser: Browser;
  /** `short`, published. */
  campaign: Manifest;
  /** A link for somebody new, to `campaign` unless told. */
  linkTo: (manifest?: Manifest) => Promise<string>;
}

/** Starts the product and a browser before this file's tests, and ends them after. */
export function stage(): Stage {
  let readers = 0;
  // Filled in before the first test runs, which is the only time anybody looks.
  const set = {} as Stage;
  set.linkTo = async (manifest = set.campaign) =>
    (await invite(set.product, manifest, "eu", `reader-${readers++}@example.org`)).link;
  beforeAll(async () => {
    [set.product, set.browser] = await Promise.all([startProduct(), launchBrowser()]);
    set.campaign = await publishWidget(set.product, short);
  });
  afterAll(async () => {
    await set.browser.close();
    await set.product.stop();
  });
  return set;
}

export const secret = "marzipan and bergamot";

export async function answer(page: Page): Promise<void> {
  await page.getByLabel("Filter").check();
  await page.getByLabel("What should we do better?").fill(secret);
}

/** All that lies on the device for a script of this origin to read, bytes as characters: localStorage and the database. */
export const storageOf = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const databases = await indexedDB.databases();
    const entries: unknown[] = Object.entries(localStorage);
    for (const { name = "" } of databases) {
      const opened = indexedDB.open(name);
      await new Promise((resolve) => opened.addEventListener("success", resolve));
      const database = opened.result;
      for (const store of database.objectStoreNames) {
        const all = database.transaction(store).objectStore(store).getAll();
        await new Promise((resolve) => all.addEventListener("success", resolve));
        entries.push(...(all.result as unknown[]));
      }
      database.close();
    }
    return JSON.stringify(entries, (_, value: unknown) => {
      if (value instanceof ArrayBuffer) return String.fromCharCode(...new Uint8Array(value));
      if (value instanceof CryptoKey) return `key, extractable ${value.extractable}`;
      return value;
    });
  });
