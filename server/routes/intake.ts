// What the edge sends, signed (SPEC §6).
import type { Context, Hono } from "hono";
import { fromBase64url, type Bytes } from "../../sdk/bytes.ts";
import { NonceWindow, verifyRequest, type CheckingKey } from "../../sdk/http-signature.ts";
import { Problem } from "../../sdk/problem.ts";
import { IntakeBatch, intakeLimits } from "../../sdk/schema/record.ts";
import { DataRequest } from "../../sdk/schema/submission.ts";
import { readJsonBytes } from "../body.ts";
import { sealedCopy } from "../copy.ts";
import { takeBatch } from "../intake.ts";
import { log } from "../log.ts";
import type { ServerParts } from "../parts.ts";
import { json, parseAs, parseJson } from "./answer.ts";

/** SPEC §2. */
const campaignBytesMax = 131_072;
const dataRequestBytesMax = 4_096;
/** Bodies read at the same time: bounds what unsigned callers can make this process hold. */
const bodiesMax = 32;
const retryAfterSeconds = 1;

/** Reads and verifies what the edge signed. */
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

export function intakeRoutes(app: Hono, server: ServerParts): void {
  const read = signedBody(server);
  app.post("/v1/intake", async (c) => {
    const batch = parseAs(IntakeBatch, await read(c, intakeLimits.bodyBytes));
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
  app.post("/v1/intake/my-data", async (c) => {
    const request = parseAs(DataRequest, await read(c, dataRequestBytesMax));
    const copy = await sealedCopy(request, { region: server.config.region, ...server });
    server.metrics.copies.add();
    return json(copy);
  });
}
