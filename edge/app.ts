// The edge's routes, and what is the same for all of them: refusals, headers, methods.
import { Hono, type Context } from "hono";
import { Problem } from "../sdk/problem.ts";
import { settingsOf, type Bindings } from "./env.ts";
import { logFault, logRefusal } from "./log.ts";
import { padded } from "./padding.ts";
import { readBody } from "./read-body.ts";
import type { Arrival, Route } from "./route.ts";
import { putCampaign } from "./routes/admin.ts";
import { postAmpAnswer } from "./routes/amp.ts";
import { postAnswer, postPreferences, postWithdrawal } from "./routes/answers.ts";
import { getCampaign, getKeys } from "./routes/campaigns.ts";
import {
  getAsset,
  getPage,
  getPageWithInvitation,
  getPreferences,
  getUnsubscribe,
} from "./routes/pages.ts";
import { postDataRequest, postRequest, postUnsubscribe } from "./routes/requests.ts";
import { documentation, getHealth, getProblem } from "./routes/service.ts";

type Env = {
  Bindings: Bindings;
  Variables: {
    /** Of the route that was found. */
    declaration: Route;
    trace: Arrival["trace"];
    headers: Arrival["headers"];
  };
};

const declared: readonly Route[] = [
  postAnswer,
  postWithdrawal,
  postAmpAnswer,
  postPreferences,
  postRequest,
  postDataRequest,
  postUnsubscribe,
  getCampaign,
  getKeys,
  getPage,
  getPageWithInvitation,
  getUnsubscribe,
  getPreferences,
  getAsset,
  putCampaign,
  getHealth,
  getProblem,
];

export const routes: readonly Route[] = [...declared, documentation(declared)];

const everywhere = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "strict-transport-security": "max-age=31536000",
} as const;

async function serve(declaration: Route, context: Context<Env>): Promise<Response> {
  const trace: Arrival["trace"] = {};
  const headers: Arrival["headers"] = {};
  context.set("trace", trace);
  context.set("headers", headers);
  context.set("declaration", declaration);
  const request = context.req.raw;
  const read = declaration.body && (await readBody(request, declaration.body));
  const arrival: Arrival<unknown> = {
    env: context.env,
    settings: settingsOf(context.env),
    request,
    now: Date.now(),
    parameters: context.req.param(),
    body: read?.body,
    bodyBytes: read?.bytes ?? new Uint8Array(0),
    waitUntil: (promise) => context.executionCtx.waitUntil(promise),
    trace,
    headers,
  };
  // `route` forgot the body's type; what was read is what this declaration's schema returned.
  return declaration.handle(arrival as Arrival<never>);
}

function refusal(error: unknown, context: Context<Env>): Response {
  const named = {
    path: context.get("declaration")?.path,
    region: context.get("trace")?.region,
  };
  if (error instanceof Problem) {
    logRefusal(error, named);
    const { allow } = error.members;
    return error.toResponse(typeof allow === "string" ? { allow } : {});
  }
  const instance = crypto.randomUUID();
  logFault("failed", error, { ...named, instance });
  return new Problem("internal", { instance }).toResponse();
}

function methodsOf(path: string): string {
  const methods = routes.filter((route) => route.path === path).map((route) => route.method);
  return [...new Set(methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])))]
    .concat("OPTIONS")
    .join(", ");
}

function build(): Hono<Env> {
  const app = new Hono<Env>();
  app.use(async (context, next) => {
    await next();
    const { answerBytes } = context.get("declaration") ?? {};
    if (answerBytes !== undefined) context.res = await padded(context.res, answerBytes);
    const { headers } = context.res;
    for (const [name, value] of Object.entries(everywhere)) headers.set(name, value);
    for (const [name, value] of Object.entries(context.get("headers") ?? {}))
      headers.set(name, value);
  });
  for (const declaration of routes)
    app.on(declaration.method, declaration.path, (context) => serve(declaration, context));
  for (const path of new Set(routes.map((route) => route.path))) {
    const allow = methodsOf(path);
    // The page is of the same origin and asks nothing first; another origin is told which methods exist, and gets no leave.
    // Where another origin does post, the route says whose.
    const preflight = routes.find((route) => route.path === path && route.preflight)?.preflight;
    app.options(path, (context) => {
      const headers = { allow, ...preflight?.(context.req.raw) };
      return new Response(null, { status: 204, headers });
    });
    app.all(path, () => {
      throw new Problem("method-not-allowed", { allow });
    });
  }
  app.notFound((context) => refusal(new Problem("not-found"), context));
  app.onError(refusal);
  return app;
}

export const app: Hono<Env> = build();
