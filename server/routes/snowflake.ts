// The region's operator sees what Snowflake refused, and sends it again.
import type { Hono } from "hono";
import { requireOperator } from "../access.ts";
import { Problem } from "../../sdk/problem.ts";
import type { ServerParts } from "../parts.ts";
import { json } from "./answer.ts";

export function snowflakeRoutes(app: Hono, { config, snowflake }: ServerParts): void {
  const sinkFor = (authorization: string | undefined) => {
    requireOperator(authorization, config.secrets);
    if (snowflake === undefined) throw new Problem("not-found");
    return snowflake;
  };
  app.get("/v1/snowflake/rejected", (c) =>
    json(sinkFor(c.req.header("authorization")).rejected(c.req.query("after"))),
  );
  app.post("/v1/snowflake/rejected/:id/replay", (c) =>
    json(sinkFor(c.req.header("authorization")).replay(c.req.param("id"))),
  );
}
