import type { Hono } from "hono";
import { requireOperator } from "../access.ts";
import { deadLetterPage, replayLetters } from "../dead-letters.ts";
import type { ServerParts } from "../parts.ts";
import { json } from "./answer.ts";

export function operatorRoutes(app: Hono, server: ServerParts): void {
  const { secrets } = server.config;
  app.get("/v1/dead-letters", async (c) => {
    requireOperator(c.req.header("authorization"), secrets);
    return json(await deadLetterPage(server.warehouse, c.req.query("after")));
  });
  app.post("/v1/dead-letters/:id/replay", async (c) => {
    requireOperator(c.req.header("authorization"), secrets);
    return json(await replayLetters(server.ingest, c.req.param("id")));
  });
}
