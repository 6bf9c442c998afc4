// The demo's own web server: inbox, mails, live results. It holds the tenant's token, so that the browser needs none.
import { readFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { Hono } from "hono";
import { isRegion, regions, type Region } from "../sdk/region.ts";
import type { Results } from "../sdk/schema/results.ts";
import { inboxPage } from "./inbox.ts";
import { renderMail } from "./mail.ts";
import { resultsPage } from "./results-page.ts";
import type { Invited } from "./samples.ts";

const requestMilliseconds = 5_000;

export interface Demo {
  readonly edge: string;
  readonly origin: string;
  readonly servers: Readonly<Record<Region, string>>;
  readonly token: string;
  readonly readers: readonly Invited[];
}

const pageHeaders = {
  "content-security-policy":
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; img-src data:; base-uri 'none'; form-action 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};
// Mail is drawn with inline styles, and runs no script, as in a mail client.
const mailHeaders = {
  ...pageHeaders,
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
};

/** The machine's twin of the inbox. */
export const stateOf = (demo: Demo) => ({
  ready: true,
  edge: demo.edge,
  readers: demo.readers.map(({ region, campaign, link, invitation }) => ({
    region,
    campaign: campaign.id,
    link,
    invitation,
  })),
  results: Object.fromEntries(
    regions.map((region) => [region, `${demo.origin}/results/${region}`]),
  ),
});

const authorization = (demo: Demo): Record<string, string> => ({
  authorization: `Bearer ${demo.token}`,
});

async function resultsOf(demo: Demo, region: Region): Promise<Results[]> {
  const ids = [...new Set(demo.readers.map(({ campaign }) => campaign.id))];
  return Promise.all(
    ids.map(async (id) => {
      const response = await fetch(`${demo.servers[region]}/v1/campaigns/${id}/results`, {
        headers: authorization(demo),
        signal: AbortSignal.timeout(requestMilliseconds),
      });
      if (!response.ok) throw new Error(`${region} answered ${response.status}`);
      return (await response.json()) as Results; // The region server types its route.
    }),
  );
}

const file = (name: string): Promise<string> =>
  readFile(new URL(`pages/${name}`, import.meta.url), "utf8");

/** Shows what went wrong in words; the demo runs on the machine of the person who reads them. */
const apology = "This region's server is away. It comes back by itself; reload in a moment.\n";

export function demoWeb(demo: Demo): Hono {
  const app = new Hono();
  app.get("/", (c) => c.html(inboxPage(demo.readers).text, 200, pageHeaders));
  app.get("/demo/state.json", (c) => c.json(stateOf(demo)));
  app.get("/mail/:region", (c) => {
    const reader = demo.readers.find(({ region }) => region === c.req.param("region"));
    return reader === undefined ? c.notFound() : c.html(renderMail(reader).text, 200, mailHeaders);
  });
  app.get("/pages/demo.css", async (c) =>
    c.body(await file("demo.css"), 200, { "content-type": "text/css; charset=utf-8" }),
  );
  app.get("/pages/results.js", async (c) =>
    c.body(stripTypeScriptTypes(await file("results.ts")), 200, {
      "content-type": "text/javascript; charset=utf-8",
    }),
  );
  app.get("/results/:region", async (c) => {
    const region = c.req.param("region");
    if (!isRegion(region)) return c.notFound();
    const all = await resultsOf(demo, region);
    if (!(c.req.header("accept") ?? "").includes("text/html"))
      return c.json({ region, campaigns: all });
    return c.html(resultsPage(region, all).text, 200, pageHeaders);
  });
  app.get("/results/:region/:campaign/live", (c) => {
    const { region, campaign } = c.req.param();
    if (!isRegion(region)) return c.notFound();
    return fetch(`${demo.servers[region]}/v1/campaigns/${encodeURIComponent(campaign)}/results`, {
      headers: { ...authorization(demo), accept: "text/event-stream" },
      signal: c.req.raw.signal,
    });
  });
  app.onError((error, c) => {
    console.error(error.message);
    return c.text(apology, 503, { "retry-after": "2" });
  });
  return app;
}
