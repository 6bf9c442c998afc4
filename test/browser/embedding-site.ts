// A site of somebody else's on an origin of its own, which embeds a widget of the real product: pages by path, each with the
// policy it is served with, and a record of everything that the site's own scripts can get hold of.
import { createServer, type Server } from "node:http";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import type { Widget } from "../../sdk/schema/widget.ts";
import { freePorts, publishWidget, type Deployed } from "../flow/product.ts";
import { desk } from "./reader.ts";
import { sharedBrowser, sharedProduct } from "./shared.ts";
import { short } from "./short-visit.ts";

export interface SitePage {
  readonly html: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Site {
  product: Deployed;
  browser: Browser;
  /** The site's origin: another than the edge's. */
  origin: string;
  /** `short`, for visitors of the site, in the region eu. */
  campaign: Manifest;
  /** Publishes `widget` for the site's visitors. */
  publish: (widget: Widget, site?: Widget["site"]) => Promise<Manifest>;
  /** Serves a page, or anything else that its headers say, and returns its address. */
  serve: (page: SitePage) => string;
}

/** Everything a widget said to a site's page, beside the messages that a window gets. */
export interface Heard {
  readonly type: string;
  readonly detail: unknown;
}

export const embedKeyOf = ({ site }: Manifest): string => {
  if (site === undefined) throw new Error("published without a site");
  return site.embedKey;
};

/** Starts the site's server before this file's tests, and ends it after. */
export function embeddingSite(): Site {
  const pages: SitePage[] = [];
  // Filled in before the first test runs, which is the only time anybody looks.
  const set = {} as Site;
  let server: Server;
  set.serve = (page) => `${set.origin}/${pages.push(page) - 1}`;
  set.publish = (widget, site) =>
    publishWidget(set.product, {
      ...widget,
      site: site ?? { origins: [set.origin], region: { is: "eu" }, visitHours: 24 },
    });
  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    set.origin = `http://localhost:${port}`;
    server = createServer((request, response) => {
      const page = pages[Number(request.url?.slice(1).replace(/[?#].*/, ""))];
      if (page === undefined) response.writeHead(404).end();
      else
        response
          .writeHead(200, { "content-type": "text/html; charset=utf-8", ...page.headers })
          .end(page.html);
    }).listen(port, "127.0.0.1");
    set.product = sharedProduct();
    set.browser = await sharedBrowser();
    set.campaign = await set.publish(short);
  });
  afterAll(async () => {
    await set.browser.close();
    server.close();
  });
  return set;
}

/** A whole page of the site with the loader and `body`. */
export const pageWith = (
  site: Site,
  body: string,
  { head = "", html = 'lang="en"' }: { head?: string; html?: string } = {},
): string =>
  `<!doctype html><html ${html}><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Shop</title>${head}<script type="module" src="${site.product.running.edge}/embed.js"></script></head><body><main><h1>Our shop</h1>${body}</main></body></html>`;

/** The element's markup for a campaign of the site. */
export const element = (site: Site, attributes = "", campaign = site.campaign): string =>
  `<maily-widget campaign="${campaign.id}" embed-key="${embedKeyOf(campaign)}" ${attributes}></maily-widget>`;

export interface Visitor {
  readonly page: Page;
  /** The widget's events, in order. */
  readonly heard: () => Promise<Heard[]>;
  /** All messages that the site's window or its ports got, as text. */
  readonly messages: () => Promise<string>;
  readonly errors: readonly string[];
  readonly requests: readonly string[];
  readonly close: () => Promise<void>;
}

export const eventTypes = [
  "ready",
  "view",
  "question",
  "answer",
  "submit",
  "refuse",
  "close",
  "error",
] as const;

/** Somebody in front of one of the site's pages, where the site records what it can. */
export async function visit(
  browser: Browser,
  address: string,
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext({
    viewport: desk,
    reducedMotion: "reduce",
    ...options,
  });
  const page = await context.newPage();
  const errors: string[] = [];
  const requests: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("request", (request) => requests.push(`${request.method()} ${request.url()}`));
  await page.addInitScript((types) => {
    const heard: unknown[] = [];
    const messages: unknown[] = [];
    Object.assign(globalThis, { heard, messages });
    addEventListener("message", ({ data }) => messages.push(data), true);
    // A site may listen to its own ports as well as the loader does.
    const { port1 } = Object.getOwnPropertyDescriptors(MessageChannel.prototype);
    Object.defineProperty(MessageChannel.prototype, "port1", {
      get(this: MessageChannel) {
        const port = port1.get?.call(this) as MessagePort; // The native getter's.
        port.addEventListener("message", ({ data }) => messages.push(data));
        return port;
      },
    });
    // Called with its own `this` below.
    const dispatch = Object.getOwnPropertyDescriptor(EventTarget.prototype, "dispatchEvent")
      ?.value as (this: EventTarget, event: Event) => boolean;
    EventTarget.prototype.dispatchEvent = function (event) {
      if (event instanceof CustomEvent && types.includes(event.type as never))
        heard.push({ type: event.type, detail: event.detail as unknown });
      return dispatch.call(this, event);
    };
  }, eventTypes);
  await page.goto(address);
  return {
    page,
    errors,
    requests,
    heard: () => page.evaluate(() => Reflect.get(globalThis, "heard") as Heard[]),
    messages: () => page.evaluate(() => JSON.stringify(Reflect.get(globalThis, "messages"))),
    close: () => context.close(),
  };
}

/** The widget's own page, inside its frame. */
export const inside = (page: Page) => page.frameLocator("maily-widget iframe");
