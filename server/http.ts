// The region server's interface (SPEC §5): its routes, and the one place where whatever was thrown becomes an answer.
import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import { Problem } from "../sdk/problem.ts";
import { faultOf, log } from "./log.ts";
import type { ServerParts } from "./parts.ts";
import { activityRoutes } from "./routes/activities.ts";
import { handoverRoutes } from "./routes/handover.ts";
import { agentRoutes } from "./routes/agents.ts";
import { exportRoutes } from "./routes/export.ts";
import { intakeRoutes } from "./routes/intake.ts";
import { mailRoutes } from "./routes/mail.ts";
import { operatorRoutes } from "./routes/operator.ts";
import { resultRoutes } from "./routes/results.ts";
import { segmentRoutes } from "./routes/segments.ts";
import { serviceRoutes } from "./routes/service.ts";
import { snowflakeRoutes } from "./routes/snowflake.ts";

/** Every path and the methods it has. */
const methods = {
  "/v1/intake": "POST",
  "/v1/intake/campaigns/:id": "PUT",
  "/v1/intake/my-data": "POST",
  "/v1/campaigns": "GET",
  "/v1/campaigns/:id/results": "GET",
  "/v1/campaigns/:id/unsubscribed": "GET",
  "/v1/campaigns/:id/mail": "PUT",
  "/v1/campaigns/:id/activities": "POST",
  "/v1/campaigns/:id/revenue": "GET",
  "/v1/campaigns/:id/lift": "GET",
  "/v1/campaigns/:id/facts": "GET",
  "/v1/campaigns/:id/training": "GET",
  "/v1/segments": "GET",
  "/v1/segments/:id": "GET, PUT, DELETE",
  "/v1/segments/:id/check": "POST",
  "/v1/render": "GET",
  "/v1/uncleared/recheck": "POST",
  "/v1/dead-letters": "GET",
  "/v1/dead-letters/:id/replay": "POST",
  "/v1/snowflake/rejected": "GET",
  "/v1/snowflake/rejected/:id/replay": "POST",
  "/v1/agents/segments": "GET",
  "/v1/agents/segments/:id": "GET",
  "/v1/decisions": "GET",
  "/mcp": "GET, POST, DELETE",
  "/.well-known/oauth-protected-resource": "GET",
  "/.well-known/oauth-protected-resource/mcp": "GET",
  "/v1/backup": "GET",
  "/v1/taken-back": "GET",
  "/v1/campaigns/:id/export": "GET",
  "/healthz": "GET",
  "/metrics": "GET",
  "/problems/:code": "GET",
  "/schemas/:name": "GET",
} as const;

/** Where a GET makes a file or keeps a stream open: Hono answers HEAD as GET, and would do so for nobody. */
const withoutHead: readonly (keyof typeof methods)[] = [
  "/v1/backup",
  "/v1/campaigns/:id/export",
  "/v1/agents/segments",
  "/v1/agents/segments/:id",
];

function refusal(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const instance = `urn:uuid:${randomUUID()}`;
  log("fault", { instance, fault: faultOf(error) });
  return new Problem("internal", { instance });
}

/** All routes of one region's server. */
export function createApp(server: ServerParts): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    server.metrics.requestsAnswered.add(1, c.req.routePath, String(c.res.status));
    // Hono answers HEAD as GET and drops the body: a stream that nobody reads would keep its follower, file or connection.
    if (c.req.method === "HEAD") await c.res.body?.cancel();
  });
  for (const path of withoutHead)
    app.use(path, async (c, next) => {
      if (c.req.method !== "HEAD") return next();
      return new Problem("method-not-allowed").toResponse({ allow: methods[path] });
    });
  intakeRoutes(app, server);
  resultRoutes(app, server);
  exportRoutes(app, server);
  activityRoutes(app, server);
  handoverRoutes(app, server);
  segmentRoutes(app, server);
  mailRoutes(app, server);
  operatorRoutes(app, server);
  snowflakeRoutes(app, server);
  agentRoutes(app, server);
  serviceRoutes(app, server);
  for (const [path, allow] of Object.entries(methods))
    app.all(path, () => new Problem("method-not-allowed").toResponse({ allow }));
  app.notFound(() => new Problem("not-found").toResponse());
  app.onError((error, c) => {
    const problem = refusal(error);
    server.metrics.problems.add(1, problem.code);
    log("refused", { method: c.req.method, path: c.req.routePath, code: problem.code });
    // RFC 9110 §11.6.1: a 401 names how to authenticate.
    if (problem.code === "agent-token-invalid" && server.agents !== undefined)
      return problem.toResponse({ "www-authenticate": server.agents.challenge(problem) });
    return problem.toResponse(
      problem.code === "token-invalid" ? { "www-authenticate": "Bearer" } : {},
    );
  });
  return app;
}
