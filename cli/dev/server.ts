// The page's server: this machine only, and for its own page only.
import { readFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { Hono, type Context } from "hono";
import { streamSSE } from "hono/streaming";
import { Problem } from "../../sdk/problem.ts";
import { frameHeaders, inScheme, withoutRuntime, withPictures, type Shown } from "./preview.ts";
import type { Sending } from "./send-test.ts";
import type { OpenWorkshop, WorkshopState } from "./workshop.ts";

const pageHeaders = {
  "content-security-policy":
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cross-origin-resource-policy": "same-origin",
} as const;

const heartbeatMilliseconds = 15_000;
/** Tabs that follow at once. */
const followersMax = 20;
const requestBytesMax = 2_000;

const page = (name: string): Promise<string> =>
  readFile(new URL(`page/${name}`, import.meta.url), "utf8");

const shownBy = (context: Context): Shown => ({
  scheme: context.req.query("scheme") === "dark" ? "dark" : "light",
  images: context.req.query("images") !== "off",
});

/** Another site may have a name that leads here (DNS rebinding), or post to us from a reader's browser. */
function isOurs(context: Context): boolean {
  const { host } = new URL(context.req.url);
  const origin = context.req.header("origin");
  return (
    /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(host) &&
    (origin === undefined || origin === `http://${host}`)
  );
}

function addPreview(app: Hono, workshop: OpenWorkshop): void {
  app.get("/part/:part", (context) => {
    const reader = Number(context.req.query("reader") ?? "0");
    const filled = workshop.filled(reader, context.req.query("language") ?? "");
    const shown = shownBy(context);
    switch (context.req.param("part")) {
      case "html":
        if (filled === undefined) return context.notFound();
        return context.body(
          withPictures(inScheme(filled.html, shown.scheme), workshop.pictures()),
          200,
          frameHeaders(shown),
        );
      case "amp":
        if (filled?.amp === undefined) return context.notFound();
        return context.body(
          withPictures(withoutRuntime(filled.amp), workshop.pictures()),
          200,
          frameHeaders(shown),
        );
      case "parts.json":
        return filled === undefined ? context.notFound() : context.json(filled);
      default:
        return context.notFound();
    }
  });
}

/** Every state, from the present one on, until the page goes. */
function addEvents(app: Hono, workshop: OpenWorkshop, sendable: { readonly why?: string }): void {
  let followers = 0;
  app.get("/events", (context) => {
    if (followers >= followersMax) return context.text("too many pages follow\n", 429);
    followers += 1;
    return streamSSE(context, async (stream) => {
      const tell = (state: WorkshopState): Promise<void> =>
        stream.writeSSE({ event: "state", data: JSON.stringify({ ...state, sendable }) });
      // A page that has gone fails to be written to; its stream is ended below.
      const stop = workshop.onChange((state) => void tell(state).catch(() => stream.abort()));
      const gone = new Promise<void>((done) => {
        stream.onAbort(done);
      });
      const beat = setInterval(() => void stream.write(": still here\n\n"), heartbeatMilliseconds);
      try {
        await tell(workshop.state());
        await gone;
      } finally {
        clearInterval(beat);
        stop();
        followers -= 1;
      }
    });
  });
}

async function wantedTest(
  context: Context,
): Promise<{ to: string; reader: number; language: string } | undefined> {
  const length = Number(context.req.header("content-length") ?? Number.NaN);
  if (!context.req.header("content-type")?.startsWith("application/json")) return undefined;
  if (!(length <= requestBytesMax)) return undefined;
  const body: unknown = await context.req.json().catch(() => undefined);
  if (typeof body !== "object" || body === null) return undefined;
  const { to, reader, language } = body as Record<string, unknown>; // An object: each member is looked at below.
  return typeof to === "string" && typeof reader === "number" && typeof language === "string"
    ? { to, reader, language }
    : undefined;
}

function addSending(app: Hono, workshop: OpenWorkshop, sending: Sending): void {
  app.post("/send-test", async (context) => {
    const wanted = await wantedTest(context);
    if (wanted === undefined) throw new Problem("malformed-request");
    if ("why" in sending) throw new Problem("configuration-invalid", { detail: sending.why });
    const { to, reader, language } = wanted;
    return context.json(await sending.send(workshop, to, reader, language));
  });
}

/** The whole app. Refuses every request that is not for this machine by its own name. */
export function devApp(workshop: OpenWorkshop, sending: Sending): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    if (isOurs(context)) return next();
    return context.text("this page is for this machine alone\n", 403);
  });
  app.get("/", async (context) => context.html(await page("index.html"), 200, pageHeaders));
  app.get("/dev.css", async (context) =>
    context.body(await page("dev.css"), 200, {
      ...pageHeaders,
      "content-type": "text/css; charset=utf-8",
    }),
  );
  app.get("/dev.js", async (context) =>
    context.body(stripTypeScriptTypes(await page("dev.ts")), 200, {
      ...pageHeaders,
      "content-type": "text/javascript; charset=utf-8",
    }),
  );
  addPreview(app, workshop);
  addEvents(app, workshop, "why" in sending ? { why: sending.why } : {});
  addSending(app, workshop, sending);
  app.onError((error) => {
    if (error instanceof Problem) return error.toResponse();
    console.error(error);
    return new Problem("internal").toResponse();
  });
  return app;
}
