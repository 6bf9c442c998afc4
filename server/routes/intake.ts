// What the edge sends, signed (SPEC §6).
import type { Context, Hono } from "hono";
import { fromBase64url, type Bytes } from "../../sdk/bytes.ts";
import {
  NonceWindow,
  requireDigest,
  verifyHead,
  type CheckingKey,
} from "../../sdk/http-signature.ts";
import { nodeHashes } from "../../sdk/node/hashes.ts";
import { Problem } from "../../sdk/problem.ts";
import { IntakeBatch, intakeLimits } from "../../sdk/schema/record.ts";
import { DataRequest } from "../../sdk/schema/submission.ts";
import { decoded, readJsonBytes } from "../body.ts";
import { sealedCopy } from "../copy.ts";
import { takeBatch } from "../intake.ts";
import { log } from "../log.ts";
import type { ServerParts } from "../parts.ts";
import { json, parseAs, parseJson } from "./answer.ts";

/** SPEC §2. */
const campaignBytesMax = 131_072;
const dataRequestBytesMax = 4_096;
/** Bodies read at the same time: bounds what this process holds of them. */
const bodiesMax = 32;
const retryAfterSeconds = 1;

/** Reads and verifies what the edge signed, and only then inflates it. */
function signedBody({ config }: ServerParts): (c: Context, limitBytes: number) => Promise<Bytes> {
  const nonces = new NonceWindow();
  const keys = new Map<string, CheckingKey>();
  for (const { keyId, secret } of config.secrets.forwardKeys)
    keys.set(keyId, { alg: "hmac-sha256", secret: fromBase64url(secret) ?? new Uint8Array() });
  const keyOf = (id: string): CheckingKey | undefined => keys.get(id);
  let reading = 0;
  return async (c, limitBytes) => {
    // By the headers alone: who cannot sign holds none of the places for bodies, however slowly theirs comes.
    const { headers } = c.req.raw;
    const now = Date.now();
    const { digest } = await verifyHead(c.req, headers, keyOf, nonces, now, nodeHashes);
    if (reading >= bodiesMax) throw new Problem("region-unavailable", { retryAfterSeconds });
    reading++;
    try {
      const body = await readJsonBytes(c.req.raw, limitBytes);
      await requireDigest(digest, body, nodeHashes);
      return await decoded(c.req.raw, body, limitBytes);
    } finally {
      reading--;
    }
  };
}

export function intakeRoutes(app: Hono, server: ServerParts): void {
  const read = signedBody(server);
  app.post("/v1/intake", async (c) => {
    const { metrics, telemetry } = server;
    const begun = performance.now();
    metrics.intakeUnderWay++;
    try {
      const batch = parseAs(IntakeBatch, await read(c, intakeLimits.bodyBytes));
      // Only now is it known to be the edge's word.
      const span = telemetry?.begin(c.req.header("traceparent"));
      const taken = takeBatch(batch, server.intake, span);
      const answer = await (telemetry?.served(span, "/v1/intake", taken) ?? taken);
      for (const { status } of answer.results) metrics.intake.add(1, status);
      metrics.intakeBatch.observe((performance.now() - begun) / 1000);
      return json(answer);
    } finally {
      metrics.intakeUnderWay--;
    }
  });
  app.put("/v1/intake/campaigns/:id", async (c) => {
    const id = c.req.param("id");
    const document = parseJson(await read(c, campaignBytesMax));
    if (await server.campaigns.put(id, document)) {
      log("campaign-stored", { campaign: id });
      const tenant = server.campaigns.revisionsOf(id)[0]?.tenant;
      if (tenant !== undefined) server.segments.published({ tenant, campaign: id });
      server.live.changed([id]);
      server.announcer.announceSoon(id);
      server.ingest.replayKnownSoon();
    }
    return json({ id });
  });
  app.post("/v1/intake/my-data", async (c) => {
    const request = parseAs(DataRequest, await read(c, dataRequestBytesMax));
    const copy = await sealedCopy(request, { region: server.config.region, ...server });
    server.metrics.copies.add();
    return json(copy);
  });
}
