// Readers of the further kinds' widgets, in front of the real product.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import { Widget } from "../../sdk/schema/widget.ts";
import { invite, publishWidget, startProduct, type Product } from "../flow/product.ts";
import { furtherKinds } from "../widget/fixtures/further-kinds.ts";
import { launchBrowser } from "./chromium.ts";
import { storePictures } from "./further.ts";
import { arrive, desk } from "./reader.ts";

const { notice } = furtherKinds;

export const widgetOf = (questions: readonly object[], more: object = {}): Widget =>
  Widget.parse({ maily: 1, title: "Short", languages: ["en", "ar"], questions, notice, ...more });

export interface KindsStage {
  product: Product;
  /** Somebody new in front of the widget of this name; what `link` adds is there at once. */
  visit: (
    name: string,
    link?: { readonly search?: string; readonly choice?: string },
    prepare?: (page: Page) => Promise<unknown>,
  ) => ReturnType<typeof arrive>;
}

/** Starts the product and a browser and publishes `widgets` before this file's tests, and ends them after. */
export function kindsStage(widgets: Readonly<Record<string, Widget>>): KindsStage {
  // Filled in before the first test runs, which is the only time anybody looks.
  const set = {} as KindsStage;
  const campaigns = new Map<string, Manifest>();
  let browser: Browser;
  let readers = 0;
  beforeAll(async () => {
    [set.product, browser] = await Promise.all([startProduct(), launchBrowser()]);
    await storePictures(set.product);
    for (const [name, widget] of Object.entries(widgets))
      campaigns.set(name, await publishWidget(set.product, widget));
  });
  afterAll(async () => {
    await browser.close();
    await set.product.stop();
  });
  set.visit = async (name, { search = "", choice = "" } = {}, prepare) => {
    const campaign = campaigns.get(name);
    if (campaign === undefined) throw new Error(`no campaign ${name}`);
    const { link } = await invite(set.product, campaign, "eu", `reader-${readers++}@example.org`);
    const address = link.replace("#", `${search}#`) + choice;
    return arrive(browser, address, { viewport: desk }, prepare);
  };
  return set;
}
