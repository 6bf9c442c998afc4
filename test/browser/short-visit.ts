// The shortest visit there is: one page, one tap to answer, one to send.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import type { Widget } from "../../sdk/schema/widget.ts";
import {
  invite,
  publishWidget,
  startProduct,
  type Deployed,
  type Product,
} from "../flow/product.ts";
import { allKinds } from "../widget/fixtures/all-kinds.ts";
import { sharedBrowser, sharedProduct } from "./shared.ts";

export const short: Widget = {
  ...allKinds,
  layout: "all",
  review: false,
  questions: allKinds.questions.filter(({ id }) => id === "brew" || id === "wish"),
};

export interface Stage<Of extends Deployed = Deployed> {
  product: Of;
  browser: Browser;
  /** `short`, published. */
  campaign: Manifest;
  /** A link for somebody new, to `campaign` unless told. */
  linkTo: (manifest?: Manifest) => Promise<string>;
}

function stageOf<Of extends Deployed>(
  start: () => Of | Promise<Of>,
  stop: (product: Of) => Promise<void>,
): Stage<Of> {
  let readers = 0;
  // Filled in before the first test runs, which is the only time anybody looks.
  const set = {} as Stage<Of>;
  set.linkTo = async (manifest = set.campaign) =>
    (await invite(set.product, manifest, "eu", `reader-${readers++}@example.org`)).link;
  beforeAll(async () => {
    [set.product, set.browser] = await Promise.all([start(), sharedBrowser()]);
    set.campaign = await publishWidget(set.product, short);
  });
  afterAll(async () => {
    await set.browser.close();
    await stop(set.product);
  });
  return set;
}

/** The suite's product, with a campaign of this file's own. */
export const stage = (): Stage => stageOf(sharedProduct, () => Promise.resolve());

/** A product of this file's own, for tests that stop its processes, change its files, or count all that it took. */
export const ownStage = (): Stage<Product> => stageOf(startProduct, (product) => product.stop());

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
