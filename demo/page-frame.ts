import { regions, type Region } from "../sdk/region.ts";
import { html, type Markup } from "./html.ts";

export const regionNames: Readonly<Record<Region, string>> = {
  eu: "Europe",
  us: "United States",
  apac: "Asia Pacific",
};

const link = (path: string, label: string, current: string): Markup =>
  html`<a href="${path}" ${path === current ? html` aria-current="page"` : undefined}>${label}</a>`;

/** A whole page of the demo; `current` is the path in the navigation that it is. */
export const pageFrame = (
  title: string,
  current: string,
  main: Markup,
  script?: string,
  style?: string,
): Markup =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <title>${title} · Maily</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/pages/demo.css" />
        ${style === undefined ? undefined : html`<link rel="stylesheet" href="${style}" />`}
        ${script === undefined ? undefined : html`<script type="module" src="${script}"></script>`}
      </head>
      <body>
        <header class="top">
          <a class="brand" href="/">Maily</a>
          <nav aria-label="Main">
            <ul>
              <li>${link("/", "Inbox", current)}</li>
              <li>${link("/everything", "Every question", current)}</li>
              <li>${link("/site", "A site", current)}</li>
              <li>${link("/agents", "Agents", current)}</li>
              <li>${link("/numbers", "Numbers", current)}</li>
            </ul>
            <span id="results">Live results</span>
            <ul aria-labelledby="results">
              ${regions.map(
                (region) =>
                  html`<li>${link(`/results/${region}`, regionNames[region], current)}</li>`,
              )}
            </ul>
          </nav>
        </header>
        <main>${main}</main>
      </body>
    </html>`;
