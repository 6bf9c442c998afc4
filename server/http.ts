// The region server's interface (SPEC §5): its routes, and the one place where whatever was thrown becomes an answer.
import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import { Problem } from "../sdk/problem.ts";
import { faultOf, log } from "./log.ts";
import type { ServerParts } from "./parts.ts";
import { intakeRoutes } from "./routes/intake.ts";
import { mailRoutes } from "./routes/mail.ts";
import { operatorRoutes } from "./routes/operator.ts";
import { resultRoutes } from "./routes/results.ts";
import { serviceRoutes } from "./routes/service.ts";

/** Every path and the methods it has. */
const methods = {
  "/v1/intake": "POST",
  "/v1/intake/campaigns/:id": "PUT",
  "/v1/intake/my-data": "POST",
  "/v1/campaigns": "GET",
  "/v1/campaigns/:id/results": "GET",
  "/v1/campaigns/:id/unsubscribed": "GET",
  "/v1/campaigns/:id/mail": "PUT",
  "/v1/render": "GET",
  "/v1/dead-letters": "GET",
  "/v1/dead-letters/:id/replay": "POST",
  "/healthz": "GET",
  "/metrics": "GET",
  "/problems/:code": "GET",
} as const;

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
  });
  intakeRoutes(app, server);
  resultRoutes(app, server);
  mailRoutes(app, server);
  operatorRoutes(app, server);
  serviceRoutes(app, server);
  for (const [path, allow] of Object.entries(methods))
    app.all(path, () => new Problem("method-not-allowed").toResponse({ allow }));
  app.notFound(() => new Problem("not-found").toResponse());
  app.onError((error, c) => {
    const problem = refusal(error);
    server.metrics.problems.add(1, problem.code);
    log("refused", { method: c.req.method, path: c.req.routePath, code: problem.code });
    // RFC 9110 §11.6.1: a 401 names how to authenticate.
    return problem.toResponse(
      problem.code === "token-invalid" ? { "www-authenticate": "Bearer" } : {},
    );
  });
  return app;
}
