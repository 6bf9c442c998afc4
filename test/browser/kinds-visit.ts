// Readers of the further kinds' widgets, in front of the real product.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import { Widget } from "../../sdk/schema/widget.ts";
import { invite, publishWidget, type Deployed } from "../flow/product.ts";
import { furtherKinds } from "../widget/fixtures/further-kinds.ts";
import { storePictures } from "./further.ts";
import { arrive, desk } from "./reader.ts";
import { sharedBrowser, sharedProduct } from "./shared.ts";

const { notice } = furtherKinds;

export const widgetOf = (questions: readonly object[], more: object = {}): Widget =>
  Widget.parse({ maily: 1, title: "Short", languages: ["en", "ar"], questions, notice, ...more });

export interface KindsStage {
  product: Deployed;
  /** Somebody new in front of the widget of this name; what `link` adds is there at once. */
  visit: (
    name: string,
    link?: { readonly search?: string; readonly choice?: string },
    prepare?: (page: Page) => Promise<unknown>,
  ) => ReturnType<typeof arrive>;
}

/** Publishes `widgets` before this file's tests. */
export function kindsStage(widgets: Readonly<Record<string, Widget>>): KindsStage {
  // Filled in before the first test runs, which is the only time anybody looks.
  const set = {} as KindsStage;
  const campaigns = new Map<string, Manifest>();
  let browser: Browser;
  let readers = 0;
  beforeAll(async () => {
    set.product = sharedProduct();
    browser = await sharedBrowser();
    await storePictures(set.product);
    for (const [name, widget] of Object.entries(widgets))
      campaigns.set(name, await publishWidget(set.product, widget));
  });
  afterAll(() => browser.close());
  set.visit = async (name, { search = "", choice = "" } = {}, prepare) => {
    const campaign = campaigns.get(name);
    if (campaign === undefined) throw new Error(`no campaign ${name}`);
    const { link } = await invite(set.product, campaign, "eu", `reader-${readers++}@example.org`);
    const address = link.replace("#", `${search}#`) + choice;
    return arrive(browser, address, { viewport: desk }, prepare);
  };
  return set;
}
