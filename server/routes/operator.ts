import type { Hono } from "hono";
import { requireOperator } from "../access.ts";
import { deadLetterPage, replayLetters } from "../dead-letters.ts";
import { backUp } from "../backup/backup.ts";
import { fileResponse } from "../backup/outgoing-file.ts";
import type { ServerParts } from "../parts.ts";
import { json, linesResponse } from "./answer.ts";

export function operatorRoutes(app: Hono, server: ServerParts): void {
  const { secrets } = server.config;
  app.post("/v1/uncleared/recheck", async (c) => {
    requireOperator(c.req.header("authorization"), secrets);
    return json(await server.clearing.recheck());
  });
  app.get("/v1/dead-letters", async (c) => {
    requireOperator(c.req.header("authorization"), secrets);
    const { after, code, campaign } = c.req.query();
    return json(await deadLetterPage(server.warehouse, after, { code, campaign }));
  });
  app.post("/v1/dead-letters/:id/replay", async (c) => {
    requireOperator(c.req.header("authorization"), secrets);
    const { code, campaign } = c.req.query();
    return json(await replayLetters(server.ingest, c.req.param("id"), { code, campaign }));
  });
  app.get("/v1/backup", async (c) => {
    requireOperator(c.req.header("authorization"), secrets);
    const { region } = server.config;
    const copy = await backUp(server.warehouse, region);
    return fileResponse(copy, { type: "application/vnd.duckdb", name: `${region}.duckdb` });
  });
  // Small beside the copy, and to be taken more often: what was taken back since the last one.
  app.get("/v1/taken-back", (c) => {
    requireOperator(c.req.header("authorization"), secrets);
    return linesResponse(server.warehouse.takenBack.lines());
  });
}
