// The edge's routes, and what is the same for all of them: refusals, headers, methods.
import { Hono, type Context } from "hono";
import { Problem, type ProblemCode } from "../sdk/problem.ts";
import { requireRoom } from "./append.ts";
import { settingsOf, type Bindings } from "./env.ts";
import { requirePlainHost } from "./host.ts";
import { limitAddress, limitInvitation } from "./limits.ts";
import { logFault, logRefusal } from "./log.ts";
import { countAnswer, countArrival } from "./metrics.ts";
import { padded } from "./padding.ts";
import { readBody } from "./read-body.ts";
import { deprecationHeaders } from "./deprecation.ts";
import type { Arrival, Route } from "./route.ts";
import { putCampaign } from "./routes/admin.ts";
import { postAmpAnswer } from "./routes/amp.ts";
import { postAnswer, postPreferences, postWithdrawal } from "./routes/answers.ts";
import { getCampaign, getKeys } from "./routes/campaigns.ts";
import { getFrame, getLoader, getLoaderFile } from "./routes/embed.ts";
import { postEvents } from "./routes/events.ts";
import { getImage, putImageRoute } from "./routes/images.ts";
import { getMetrics } from "./routes/metrics.ts";
import { listParked, replayParked } from "./routes/parked.ts";
import {
  getAsset,
  getDocs,
  getPage,
  getPageWithInvitation,
  getPreferences,
  getServiceWorker,
  getUnsubscribe,
} from "./routes/pages.ts";
import { postDataRequest, postRequest, postUnsubscribe } from "./routes/requests.ts";
import { postVisit } from "./routes/visits.ts";
import { documentation, getHealth, getProblem } from "./routes/service.ts";
import { continueTrace, drawTrace, endRequest } from "./trace.ts";

type Env = {
  Bindings: Bindings;
  Variables: {
    /** Of the route that was found. */
    declaration: Route;
    trace: Arrival["trace"];
    headers: Arrival["headers"];
    /** Of the problem that is answered. */
    code: ProblemCode;
  };
};

const declared: readonly Route[] = [
  postAnswer,
  postWithdrawal,
  postAmpAnswer,
  postPreferences,
  postEvents,
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
  getServiceWorker,
  postVisit,
  getFrame,
  getLoader,
  getLoaderFile,
  getImage,
  getDocs,
  putCampaign,
  putImageRoute,
  listParked,
  replayParked,
  getHealth,
  getMetrics,
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
  const settings = settingsOf(context.env);
  const now = Date.now();
  const span = drawTrace(settings, now);
  if (span !== undefined) trace.span = span;
  requirePlainHost(request);
  const { limits } = declaration;
  const edge = { env: context.env, settings, now };
  if (limits?.address) await limitAddress(edge, request);
  // What nobody claims to have signed is not read.
  if (declaration.signed && !request.headers.has("signature"))
    throw new Problem("signature-missing");
  // An operator's own calls are few, and close a campaign too: they are never refused for the crowd.
  if (declaration.body && declaration.signed !== true) requireRoom(now);
  const read = declaration.body && (await readBody(request, declaration.body));
  // As for the handler: the body is what this declaration's schema returned.
  if (limits?.invitation) await limitInvitation(edge, limits.invitation(read?.body as never));
  const arrival: Arrival<unknown> = {
    env: context.env,
    settings,
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
    trace: context.get("trace")?.span?.traceId,
  };
  context.set("code", error instanceof Problem ? error.code : "internal");
  if (error instanceof Problem) {
    logRefusal(error, named);
    const { allow } = error.members;
    return error.toResponse(typeof allow === "string" ? { allow } : {});
  }
  const instance = crypto.randomUUID();
  logFault("failed", error, { ...named, instance });
  return new Problem("internal", { instance }).toResponse();
}

function methodsOf(served: readonly Route[], path: string): string {
  const methods = served.filter((route) => route.path === path).map((route) => route.method);
  return [...new Set(methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])))]
    .concat("OPTIONS")
    .join(", ");
}

/** What is counted of every request, and the span of one that is traced. */
function account(context: Context<Env>, arrivedAt: number): void {
  const [declaration, trace] = [context.get("declaration"), context.get("trace")];
  const { status } = context.res;
  const [route, region] = [declaration?.path, trace?.region];
  const code: ProblemCode | undefined = context.get("code");
  countAnswer(route, region, code ?? String(status), arrivedAt);
  if (declaration === undefined || code === "configuration-invalid") return;
  const settings = settingsOf(context.env);
  // Whose signature did not hold was refused.
  const continued =
    declaration.signed === true && code === undefined
      ? continueTrace(settings, context.req.raw, arrivedAt)
      : undefined;
  const span = continued ?? trace?.span;
  if (span === undefined) return;
  const answered = { method: context.req.method, route: declaration.path, region, status, code };
  endRequest(settings, span, answered, (promise) => context.executionCtx.waitUntil(promise));
}

/** What serves these routes. */
export function appOf(served: readonly Route[]): Hono<Env> {
  const app = new Hono<Env>();
  app.use(async (context, next) => {
    const arrivedAt = Date.now();
    countArrival(arrivedAt);
    await next();
    const { answerBytes, deprecated } = context.get("declaration") ?? {};
    if (answerBytes !== undefined) context.res = await padded(context.res, answerBytes);
    const { headers } = context.res;
    // RFC 9110 §6.6.1: pages go by it where a device's clock is wrong. workerd by itself sends none.
    headers.set("date", new Date().toUTCString());
    for (const [name, value] of Object.entries(everywhere)) headers.set(name, value);
    for (const [name, value] of Object.entries(context.get("headers") ?? {}))
      headers.set(name, value);
    if (deprecated !== undefined)
      for (const [name, value] of Object.entries(
        deprecationHeaders(deprecated, context.req.param()),
      ))
        headers.set(name, value);
    account(context, arrivedAt);
  });
  for (const declaration of served)
    app.on(declaration.method, declaration.path, (context) => serve(declaration, context));
  for (const path of new Set(served.map((route) => route.path))) {
    const allow = methodsOf(served, path);
    // The page is of the same origin and asks nothing first; another origin is told which methods exist, and gets no leave.
    // Where another origin does post, the route says whose.
    const preflight = served.find((route) => route.path === path && route.preflight)?.preflight;
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

export const app: Hono<Env> = appOf(routes);
