import type { Hono } from "hono";
import { z } from "zod";
import { Problem } from "../../sdk/problem.ts";
import { fileResponse } from "../backup/outgoing-file.ts";
import { exportCsv, exportParquet } from "../export/export.ts";
import type { ServerParts } from "../parts.ts";
import { campaignIn } from "./results.ts";

const Query = z.strictObject({
  format: z.enum(["csv", "parquet"]).default("csv"),
  rows: z.enum(["answers", "values"]).default("answers").describe("One row an answer, or a value."),
  names: z.enum(["texts", "ids"]).default("texts").describe("Of questions and options, in CSV."),
});

/** The tenant's answers as a file. */
export function exportRoutes(app: Hono, server: ServerParts): void {
  app.get("/v1/campaigns/:id/export", async (c) => {
    const { id } = campaignIn(c, server);
    const query = Query.safeParse(c.req.query());
    if (!query.success)
      throw new Problem("malformed-request", {
        errors: query.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`),
      });
    const { format, rows, names } = query.data;
    const revisions = server.campaigns.revisionsOf(id);
    const asked = { revisions, long: rows === "values", texts: names === "texts" };
    if (format === "parquet") {
      const file = await exportParquet(server.warehouse, asked);
      return fileResponse(file, { type: "application/vnd.apache.parquet", name: `${id}.parquet` });
    }
    return new Response(await exportCsv(server.warehouse, asked), {
      headers: {
        "content-type": "text/csv; charset=utf-8; header=present",
        "content-disposition": `attachment; filename="${id}.csv"`,
        "cache-control": "no-store",
      },
    });
  });
}
