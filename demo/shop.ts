// A site of somebody else's, on an origin of its own and under a strict policy: it embeds the samples three times.
import { readFile } from "node:fs/promises";
import { Hono } from "hono";
import { html, type Markup } from "./html.ts";
import type { Invited } from "./samples.ts";

export interface ShopWidget {
  readonly campaign: string;
  readonly embedKey: string;
}

export interface Shop {
  /** The edge's origin: all that this site takes from anybody. */
  readonly edge: string;
  readonly match: ShopWidget;
  readonly topics: ShopWidget;
}

/** What the readers were invited to, as a visitor of the shop meets it. */
export function shopOf(edge: string, readers: readonly Invited[]): Shop {
  const widgetOf = (sample: Invited["sample"]): ShopWidget => {
    const campaign = readers.find((reader) => reader.sample === sample)?.campaign;
    if (campaign?.site === undefined) throw new Error(`${sample} is embedded nowhere`);
    return { campaign: campaign.id, embedKey: campaign.site.embedKey };
  };
  return { edge, match: widgetOf("coffee-match"), topics: widgetOf("topics") };
}

const policyOf = (edge: string): string =>
  `default-src 'none'; style-src 'self'; script-src ${edge}; frame-src ${edge}; img-src data:; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'`;

const shopPage = ({ edge, match, topics }: Shop): Markup =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <title>Morning Post Coffee</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/shop.css" />
        <script type="module" src="${edge}/embed.js"></script>
      </head>
      <body>
        <header>
          <p class="brand">Morning Post Coffee</p>
          <button id="letters" type="button">Choose your letters</button>
        </header>
        <main>
          <h1>Coffee, by post</h1>
          <p>
            This page is another site's. It may not read what you answer below: the questions stand
            in a frame of Maily's, and this site hears no more than that you have answered.
          </p>
          <maily-widget campaign="${match.campaign}" embed-key="${match.embedKey}"></maily-widget>
          <h2>From our roastery</h2>
          <p>
            We roast on Mondays and post on Tuesdays, in bags that fit a letter box. The button
            above opens the same kind of question over the page; the tab at the side opens it in a
            corner.
          </p>
        </main>
        <maily-widget
          mode="popup"
          trigger="click:#letters"
          campaign="${topics.campaign}"
          embed-key="${topics.embedKey}"
        ></maily-widget>
        <maily-widget
          mode="side-tab"
          label="Find your coffee"
          once="reader"
          campaign="${match.campaign}"
          embed-key="${match.embedKey}"
        ></maily-widget>
      </body>
    </html>`;

export function shopWeb(shop: Shop): Hono {
  const app = new Hono();
  app.get("/", (c) =>
    c.html(shopPage(shop).text, 200, {
      "content-security-policy": policyOf(shop.edge),
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    }),
  );
  app.get("/shop.css", async (c) =>
    c.body(await readFile(new URL("pages/shop.css", import.meta.url), "utf8"), 200, {
      "content-type": "text/css; charset=utf-8",
    }),
  );
  return app;
}
