// The demo's own web server: inbox, mails, live results. It holds the tenant's token, so that the browser needs none.
import { readFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { Hono } from "hono";
import { escapeHtml } from "../sdk/mail-plan.ts";
import { isRegion, regions, type Region } from "../sdk/region.ts";
import type { Results } from "../sdk/schema/results.ts";
import { deskRoutes, type DeskWeb } from "./desk/web.ts";
import type { Everything } from "./everything.ts";
import { inboxPage } from "./inbox.ts";
import { isMailView, mailPage, plainPage } from "./mail.ts";
import { numbersPage, numbersScript } from "./numbers-page.ts";
import { resultsPage } from "./results-page.ts";
import type { Invited } from "./samples.ts";

const requestMilliseconds = 5_000;

export interface Demo {
  readonly edge: string;
  readonly origin: string;
  readonly servers: Readonly<Record<Region, string>>;
  readonly token: string;
  readonly readers: readonly Invited[];
  /** Theirs, and the one that asks everything. */
  readonly mails: readonly Invited[];
  readonly everything: Everything;
  /** The origin of the site that embeds their widgets. */
  readonly shop: string;
  /** Agents at work; without it the page of theirs is not there. */
  readonly agents?: Omit<DeskWeb, "edge">;
}

const pageHeaders = {
  "content-security-policy":
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; img-src data:; base-uri 'none'; form-action 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};
const framed = (policy: string): Record<string, string> => ({
  ...pageHeaders,
  "content-security-policy": `default-src 'none'; ${policy}; base-uri 'none'; form-action 'none'; frame-ancestors 'self'`,
});
// The reading pane, and what it frames. HTML mail is drawn with inline styles and runs no script, as in a mail client; in
// the AMP part only the interpreter runs, which stands in for the AMP runtime.
const paneHeaders = framed("style-src 'self'; frame-src 'self'; img-src data:");
// Pictures come from the edge, which is on this machine here.
const pictures = "img-src https: http://127.0.0.1:* data:";
const mailHeaders = framed(`style-src 'unsafe-inline'; ${pictures}`);
const ampHeaders = framed(
  `style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; ${pictures}`,
);

/** Its buttons are forms, for whoever has no script. */
const deskHeaders = {
  ...pageHeaders,
  "content-security-policy": pageHeaders["content-security-policy"].replace(
    "form-action 'none'",
    "form-action 'self'",
  ),
};

const numbersHeaders = framed(
  "style-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src data:",
);

/** The machine's twin of the inbox. */
export const stateOf = (demo: Demo) => ({
  ready: true,
  edge: demo.edge,
  shop: demo.shop,
  readers: demo.readers.map(({ region, campaign, link, invitation }) => ({
    region,
    campaign: campaign.id,
    link,
    invitation,
  })),
  results: Object.fromEntries(
    regions.map((region) => [region, `${demo.origin}/results/${region}`]),
  ),
  ...(demo.agents !== undefined && { agents: `${demo.origin}/agents` }),
});

const authorization = (demo: Demo): Record<string, string> => ({
  authorization: `Bearer ${demo.token}`,
});

async function resultsOf(demo: Demo, region: Region): Promise<Results[]> {
  const ids = [
    ...new Set([...demo.readers.map(({ campaign }) => campaign.id), demo.everything.campaign]),
  ];
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

const file = (name: string): Promise<string> => readFile(new URL(name, import.meta.url), "utf8");

/** Scripts that pages run, by their path in this folder: their types are taken out on the way. */
const scriptPath = "/:script{(?:pages/(?:results|amp|agents)|amp-[a-z]+)\\.ts}";

/** Shows what went wrong in words; the demo runs on the machine of the person who reads them. */
const apology = "This region's server is away. It comes back by itself; reload in a moment.\n";

const ampRuntime = '<script async src="https://cdn.ampproject.org/v0.js"></script>';

/**
 * The AMP part as it was sent, but for the scripts: the AMP runtime's are not to be had here. A frame's document needs a
 * title, which AMP mails may not have.
 */
const ampPage = ({ parts: { amp = "" }, subject }: Invited): string =>
  amp
    .replace("</head>", `<title>${escapeHtml(subject)}</title></head>`)
    .replace(ampRuntime, '<script type="module" src="/pages/amp.ts"></script>')
    .replaceAll(/<script async custom-(?:element|template)="[^"]*" src="[^"]*"><\/script>/g, "");

/**
 * What a mail provider does with a form of an AMP mail: its own server posts it, without cookies and with the sender's
 * address (https://amp.dev/documentation/guides-and-tutorials/learn/cors-in-email/).
 */
async function postAsMailProvider(demo: Demo, reader: Invited, form: string): Promise<Response> {
  const response = await fetch(`${demo.edge}/v1/amp/answers`, {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      "amp-email-sender": reader.from,
    },
    body: form,
    redirect: "manual",
    signal: AbortSignal.timeout(requestMilliseconds),
  });
  // The provider hands an answer on only if the sender it named is allowed.
  if (response.headers.get("amp-email-allow-sender") !== reader.from)
    return Response.json({}, { status: 502 });
  return new Response(await response.text(), {
    status: response.status,
    headers: { "content-type": response.headers.get("content-type") ?? "application/json" },
  });
}

const formCharactersMax = 16_384;

function mailRoutes(app: Hono, demo: Demo): void {
  const mailAt = (mail: string): Invited | undefined =>
    demo.mails.find((invited) => invited.mail === mail);
  app.get("/mail/:mail", (c) => {
    const reader = mailAt(c.req.param("mail"));
    const view = c.req.query("view") ?? "amp";
    if (reader === undefined || !isMailView(view)) return c.notFound();
    return c.html(mailPage(reader, view).text, 200, paneHeaders);
  });
  app.get("/mail/:mail/:view", (c) => {
    const reader = mailAt(c.req.param("mail"));
    const view = c.req.param("view");
    if (reader === undefined) return c.notFound();
    if (view === "amp") return c.html(ampPage(reader), 200, ampHeaders);
    if (view === "html") return c.html(reader.parts.html, 200, mailHeaders);
    if (view !== "text" && view !== "source") return c.notFound();
    const text = view === "text" ? reader.parts.text : reader.source;
    return c.html(plainPage(reader, view, text).text, 200, paneHeaders);
  });
  app.post("/mail/:mail/answers", async (c) => {
    const reader = mailAt(c.req.param("mail"));
    const form = await c.req.text();
    if (reader === undefined || form.length > formCharactersMax) return c.notFound();
    return postAsMailProvider(demo, reader, form);
  });
}

export function demoWeb(demo: Demo): Hono {
  const app = new Hono();
  app.get("/", (c) => c.html(inboxPage(demo.mails).text, 200, pageHeaders));
  app.get("/demo/state.json", (c) => c.json(stateOf(demo)));
  mailRoutes(app, demo);
  app.get("/pages/:style{(?:demo|agents)\\.css}", async (c) =>
    c.body(await file(`pages/${c.req.param("style")}`), 200, {
      "content-type": "text/css; charset=utf-8",
    }),
  );
  if (demo.agents !== undefined) deskRoutes(app, { ...demo.agents, edge: demo.edge }, deskHeaders);
  app.get("/everything", async (c) => c.redirect(await demo.everything.linkForSomebody(), 303));
  app.get("/site", (c) => c.redirect(demo.shop));
  app.get("/numbers", (c) => c.html(numbersPage().text, 200, numbersHeaders));
  app.get("/pages/numbers.js", async (c) =>
    c.body(await numbersScript(), 200, { "content-type": "text/javascript; charset=utf-8" }),
  );
  app.get(scriptPath, async (c) =>
    c.body(stripTypeScriptTypes(await file(c.req.param("script"))), 200, {
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
