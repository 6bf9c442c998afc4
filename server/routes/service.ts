// What anybody may ask: how it is, what it counts, and what a problem means.
import type { Hono } from "hono";
import { describeProblem, isProblemCode, Problem } from "../../sdk/problem.ts";
import { gaugesOf, healthOf } from "../health.ts";
import { schemaDocument } from "../opened/schemas.ts";
import type { ServerParts } from "../parts.ts";
import { json } from "./answer.ts";

export function serviceRoutes(app: Hono, { metrics, vitals }: ServerParts): void {
  app.get("/healthz", async () => {
    const health = await healthOf(vitals);
    return Response.json(health, { status: health.status === "away" ? 503 : 200 });
  });
  app.get("/metrics", async (c) =>
    c.body(metrics.text(await gaugesOf(vitals)), 200, {
      "content-type": "text/plain; version=0.0.4; charset=utf-8",
    }),
  );
  app.get("/problems/:code", (c) => {
    const code = c.req.param("code");
    if (!isProblemCode(code)) throw new Problem("not-found");
    return json(describeProblem(code));
  });
  app.get("/schemas/:name", (c) => {
    const document = schemaDocument(c.req.param("name"));
    if (document === undefined) throw new Problem("not-found");
    return c.body(JSON.stringify(document), 200, { "content-type": "application/schema+json" });
  });
}
