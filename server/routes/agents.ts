// What agents ask: MCP, segments as events, and the metadata by which a client finds out how to be let in. The tenant's own
// token reads what was decided.
import type { Context, Hono } from "hono";
import { Problem } from "../../sdk/problem.ts";
import type { Agents } from "../agents/agents.ts";
import { readJsonBytes } from "../body.ts";
import type { ServerParts } from "../parts.ts";
import { json, parseJson } from "./answer.ts";
import { tenantIn } from "./results.ts";

/** Calls are short. */
const mcpBodyBytesMax = 65_536;
const decisionsPageMax = 200;
const decisionForm = /^[\w-]{16}$/;

export function agentRoutes(app: Hono, server: ServerParts): void {
  const agents = (): Agents => {
    if (server.agents === undefined) throw new Problem("not-found");
    return server.agents;
  };
  const metadata = (): Response => json(agents().metadata);
  app.get("/.well-known/oauth-protected-resource", metadata);
  app.get("/.well-known/oauth-protected-resource/mcp", metadata);
  app.on(["GET", "POST", "DELETE"], "/mcp", async (c) => {
    const known = agents();
    const claims = await known.identify(c.req.raw);
    const body =
      c.req.method === "POST"
        ? parseJson(await readJsonBytes(c.req.raw, mcpBodyBytesMax))
        : undefined;
    return known.mcp(c.req.raw, claims, body);
  });
  app.get("/v1/agents/segments", (c) => follow(c, agents(), undefined));
  app.get("/v1/agents/segments/:id", (c) => follow(c, agents(), c.req.param("id")));
  app.get("/v1/decisions", (c) => {
    const tenant = tenantIn(c, server);
    const after = c.req.query("after");
    if (after !== undefined && !decisionForm.test(after))
      throw new Problem("malformed-request", { errors: ["after: is not a decision's id"] });
    const decisions = agents().decisions.page(tenant, after, decisionsPageMax);
    const last = decisions.at(-1);
    return json({
      decisions,
      ...(decisions.length === decisionsPageMax && last !== undefined && { next: last.decision }),
    });
  });
}

async function follow(c: Context, agents: Agents, segment: string | undefined): Promise<Response> {
  const claims = await agents.identify(c.req.raw);
  const events = await agents.follow(claims, segment, c.req.header("last-event-id"));
  return new Response(events, {
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    },
  });
}
