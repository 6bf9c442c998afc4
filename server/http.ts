// The region server's interface (SPEC §5): one route a line, one place where whatever was thrown becomes an answer.
import { randomUUID } from "node:crypto";
import { Hono, type Context } from "hono";
import { fromBase64url, textOf, type Bytes } from "../sdk/bytes.ts";
import { NonceWindow, verifyRequest, type CheckingKey } from "../sdk/http-signature.ts";
import { describeProblem, isProblemCode, Problem } from "../sdk/problem.ts";
import { statusOf, type Campaign } from "../sdk/schema/campaign.ts";
import { CampaignId } from "../sdk/schema/ids.ts";
import { IntakeBatch, intakeLimits } from "../sdk/schema/record.ts";
import type { CampaignList } from "../sdk/schema/results.ts";
import { inLanguage } from "../sdk/local-text.ts";
import { requireOperator, tenantOf } from "./access.ts";
import { readJsonBytes } from "./body.ts";
import type { CampaignRegistry } from "./campaigns.ts";
import type { Config } from "./config.ts";
import { deadLetterPage, replayLetters } from "./dead-letters.ts";
import { gaugesOf, healthOf, type Vitals } from "./health.ts";
import type { Ingest } from "./ingest.ts";
import { takeBatch, type Intake } from "./intake.ts";
import type { LiveResults } from "./live.ts";
import { faultOf, log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Warehouse } from "./warehouse/duckdb.ts";

/** SPEC §2. */
const campaignBytesMax = 131_072;
/** Bodies read at the same time: bounds what unsigned callers can make this process hold. */
const bodiesMax = 32;
const listedMax = 200;
const retryAfterSeconds = 1;

/** What the routes answer from. */
export interface ServerParts {
  readonly config: Pick<Config, "region" | "secrets">;
  readonly intake: Intake;
  readonly campaigns: CampaignRegistry;
  readonly warehouse: Warehouse;
  readonly ingest: Ingest;
  readonly live: LiveResults;
  readonly metrics: Metrics;
  readonly vitals: Vitals;
}

const json = (body: unknown): Response =>
  Response.json(body, { headers: { "cache-control": "no-store" } });

function parseJson(body: Bytes): unknown {
  try {
    return JSON.parse(textOf(body));
  } catch {
    throw new Problem("malformed-request", { errors: ["the body is not JSON in UTF-8"] });
  }
}

function parseBatch(body: Bytes): IntakeBatch {
  const parsed = IntakeBatch.safeParse(parseJson(body));
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new Problem("malformed-request", { errors });
}

/** Reads and verifies what the edge signed (SPEC §6). */
function signedBody({ config }: ServerParts): (c: Context, limitBytes: number) => Promise<Bytes> {
  const nonces = new NonceWindow();
  const keys = new Map<string, CheckingKey>();
  for (const { keyId, secret } of config.secrets.forwardKeys)
    keys.set(keyId, { alg: "hmac-sha256", secret: fromBase64url(secret) ?? new Uint8Array() });
  let reading = 0;
  return async (c, limitBytes) => {
    // Cheap first: a body without a signature is not worth reading.
    if (c.req.header("signature") === undefined) throw new Problem("signature-missing");
    if (reading >= bodiesMax) throw new Problem("region-unavailable", { retryAfterSeconds });
    reading++;
    try {
      const body = await readJsonBytes(c.req.raw, limitBytes);
      const target = { method: c.req.method, path: c.req.path, body };
      await verifyRequest(target, c.req.raw.headers, (keyId) => keys.get(keyId), nonces);
      return body;
    } finally {
      reading--;
    }
  };
}

function intakeRoutes(app: Hono, server: ServerParts): void {
  const read = signedBody(server);
  app.post("/v1/intake", async (c) => {
    const batch = parseBatch(await read(c, intakeLimits.bodyBytes));
    const answer = await takeBatch(batch, server.intake);
    for (const { status } of answer.results) server.metrics.intake.add(1, status);
    return json(answer);
  });
  app.put("/v1/intake/campaigns/:id", async (c) => {
    const id = c.req.param("id");
    const document = parseJson(await read(c, campaignBytesMax));
    if (await server.campaigns.put(id, document)) {
      log("campaign-stored", { campaign: id });
      server.live.changed([id]);
      server.ingest.replayKnownSoon();
    }
    return json({ id });
  });
}

const listedCampaign = (campaign: Campaign, now: number): CampaignList["campaigns"][number] => {
  const { title, languages } = campaign.definition;
  const language = languages[0] ?? "en";
  return {
    id: campaign.id,
    title: inLanguage(title, language, language),
    revision: campaign.revision,
    status: statusOf(campaign, now),
    opensAt: campaign.opensAt,
    closesAt: campaign.closesAt,
  };
};

function resultRoutes(app: Hono, { config, campaigns, live }: ServerParts): void {
  const tenantIn = (c: Context): number =>
    tenantOf(c.req.header("authorization"), config.secrets.tokens);
  app.get("/v1/campaigns", (c) => {
    const listed = campaigns.listOf(tenantIn(c), c.req.query("after") ?? "", listedMax);
    const now = Date.now();
    const list: CampaignList = {
      campaigns: listed.map((campaign) => listedCampaign(campaign, now)),
    };
    return json(list);
  });
  app.get("/v1/campaigns/:id/results", async (c) => {
    const tenant = tenantIn(c);
    const id = CampaignId.safeParse(c.req.param("id"));
    const campaign = id.success ? campaigns.ofTenant(tenant, id.data) : undefined;
    if (campaign === undefined) throw new Problem("campaign-unknown");
    if (!(c.req.header("accept") ?? "").includes("text/event-stream"))
      return json(await live.current(campaign.id));
    return new Response(live.follow(campaign.id), {
      headers: {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        // Asks proxies of the nginx family not to hold events back.
        "x-accel-buffering": "no",
      },
    });
  });
}

function operatorRoutes(app: Hono, server: ServerParts): void {
  const { operatorTokenSha256 } = server.config.secrets;
  app.get("/v1/dead-letters", async (c) => {
    requireOperator(c.req.header("authorization"), operatorTokenSha256);
    return json(await deadLetterPage(server.warehouse, c.req.query("after")));
  });
  app.post("/v1/dead-letters/:id/replay", async (c) => {
    requireOperator(c.req.header("authorization"), operatorTokenSha256);
    return json(await replayLetters(server.ingest, c.req.param("id")));
  });
}

function publicRoutes(app: Hono, { metrics, vitals }: ServerParts): void {
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
}

/** Every path and the methods it has. */
const methods = {
  "/v1/intake": "POST",
  "/v1/intake/campaigns/:id": "PUT",
  "/v1/campaigns": "GET",
  "/v1/campaigns/:id/results": "GET",
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
  intakeRoutes(app, server);
  resultRoutes(app, server);
  operatorRoutes(app, server);
  publicRoutes(app, server);
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
