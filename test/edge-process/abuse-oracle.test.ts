// What a region's server refuses, it refuses in one shape and for the same work, whether it exists or is another's.
import { hash } from "node:crypto";
import { afterEach, expect, test, vi } from "vitest";
import { generateKeys } from "../../cli/keygen.ts";
import { utf8 } from "../../sdk/bytes.ts";
import { NonceWindow, signRequest, verifyHead } from "../../sdk/http-signature.ts";
import { requireOperator, tenantOf } from "../../server/access.ts";
import { TestRegion } from "../server/region.ts";
import { bytesOf, campaignOf, dayMs, randomId } from "../server/sealed.ts";

const sha256 = (text: string): string => hash("sha256", text, "base64url");

/** A second tenant's token, beside the first's. */
const theirToken = randomId(32);
const keys = await generateKeys(7, Date.now() - 45 * dayMs);
const { eu: secrets } = keys.regions;
const region = await TestRegion.start({
  keys: {
    ...keys,
    regions: {
      ...keys.regions,
      eu: { ...secrets, tokens: [...secrets.tokens, { tenant: 8, sha256: sha256(theirToken) }] },
    },
  },
});
const campaign = await region.published();

afterEach(() => {
  vi.restoreAllMocks();
});

/** All that a caller sees, but for the clock. */
async function shapeOf(response: Response): Promise<unknown> {
  const headers = [...response.headers].filter(([name]) => name !== "date");
  return [response.status, headers, await response.text()];
}

const perCampaign = (id: string) => ({
  results: { path: `/v1/campaigns/${id}/results` },
  "live results": { path: `/v1/campaigns/${id}/results`, accept: "text/event-stream" },
  unsubscribed: { path: `/v1/campaigns/${id}/unsubscribed` },
  "a mail": { path: `/v1/campaigns/${id}/mail`, method: "PUT", body: "{}" },
});
type Asked = keyof ReturnType<typeof perCampaign>;

function ask(what: Asked, id: string, token: string): Promise<Response> {
  const asked: { path: string; method?: string; accept?: string; body?: string } =
    perCampaign(id)[what];
  const { path, accept = "*/*", method = "GET", body = null } = asked;
  const authorization = `Bearer ${token}`;
  const headers = { accept, authorization, "content-type": "application/json" };
  return fetch(region.origin + path, { method, headers, body });
}

// Object.keys loses the literal keys.
for (const what of Object.keys(perCampaign("")) as Asked[])
  test(`${what}: another tenant's campaign is one that does not exist, and so is what is no id`, async () => {
    const unknown = await shapeOf(await ask(what, randomId(8), theirToken));
    expect(unknown).toEqual([404, expect.anything(), expect.stringContaining("campaign-unknown")]);
    expect(await shapeOf(await ask(what, campaign.id, theirToken))).toEqual(unknown);
    expect(await shapeOf(await ask(what, "no-id", theirToken))).toEqual(unknown);
    const own = await ask(what, campaign.id, keys.tenant.token);
    expect(own.status).not.toBe(404);
    await own.body?.cancel();
  });

test("a list of campaigns is the token's tenant's alone", async () => {
  const listed = (await (await region.get("/v1/campaigns", theirToken)).json()) as unknown;
  expect(listed).toEqual({ campaigns: [] });
});

test("without a good token nothing is told of what exists: dead letters, campaigns, mails", async () => {
  const asks = [
    "/v1/dead-letters",
    "/v1/dead-letters?after=x",
    "/v1/campaigns",
    ...Object.values(perCampaign(campaign.id)).map(({ path }) => path),
    ...Object.values(perCampaign(randomId(8))).map(({ path }) => path),
  ];
  const shapes = new Set<string>();
  for (const path of asks)
    for (const token of [undefined, randomId(32), "short", `${theirToken}x`]) {
      const method = path.endsWith("/mail") ? "PUT" : "GET";
      const headers = { ...(token !== undefined && { authorization: `Bearer ${token}` }) };
      const response = await fetch(region.origin + path, { method, headers });
      shapes.add(JSON.stringify(await shapeOf(response)));
    }
  for (const id of ["all", "1", randomId(16)])
    shapes.add(
      JSON.stringify(
        await shapeOf(
          await fetch(`${region.origin}/v1/dead-letters/${id}/replay`, { method: "POST" }),
        ),
      ),
    );
  expect([...shapes]).toHaveLength(1);
  expect([...shapes][0]).toContain("token-invalid");
});

test("an operator's token opens no tenant's results, and a tenant's no dead letters", async () => {
  const { token } = keys.operator;
  expect((await region.get(`/v1/campaigns/${campaign.id}/results`, token)).status).toBe(401);
  expect((await region.get("/v1/dead-letters", keys.tenant.token)).status).toBe(401);
});

const bearer = (token: string) => `Bearer ${token}`;

test("tokens are rotated by a list: each that is listed is taken, and none that was taken out", () => {
  const [old, next] = [randomId(32), randomId(32)];
  const both = { operatorTokenSha256: sha256(next), otherOperatorTokensSha256: [sha256(old)] };
  for (const token of [old, next]) expect(() => requireOperator(bearer(token), both)).not.toThrow();
  expect(() => requireOperator(bearer(old), { operatorTokenSha256: sha256(next) })).toThrow();
  const tokens = [old, next].map((token) => ({ tenant: 7, sha256: sha256(token) }));
  for (const token of [old, next]) expect(tenantOf(bearer(token), tokens)).toBe(7);
  expect(() => tenantOf(bearer(old), tokens.slice(1))).toThrow();
});

test("an edge's key that is unknown is refused for the same work as a signature that is wrong", async () => {
  const body = utf8("{}");
  const target = { method: "POST", path: "/v1/intake" };
  const known = { alg: "hmac-sha256", secret: bytesOf(randomId(32)) } as const;
  const wrong = { ...known, secret: bytesOf(randomId(32)) };
  const spies = (["sign", "verify", "digest", "importKey"] as const).map((name) =>
    vi.spyOn(crypto.subtle, name),
  );
  const costOf = async (keyId: string) => {
    const headers = new Headers(await signRequest({ ...target, body }, keyId, wrong));
    for (const spy of spies) spy.mockClear();
    const verified = verifyHead(
      target,
      headers,
      (id) => (id === "eu-1" ? known : undefined),
      new NonceWindow(),
    );
    await expect(verified).rejects.toMatchObject({ code: "signature-invalid" });
    return spies.map((spy) => spy.mock.calls.length);
  };
  const unknown = await costOf("nobody");
  expect(unknown).toEqual([1, 0, 0, 1]);
  expect(await costOf("eu-1")).toEqual(unknown);
});

test("an edge's keys are rotated by a list: both sign, and one that was taken out does not", async () => {
  const [old, next] = [bytesOf(randomId(32)), bytesOf(randomId(32))];
  const sent = async (keyId: string, secret: typeof old, listed: Record<string, typeof old>) => {
    const target = { method: "POST", path: "/v1/intake" };
    const key = { alg: "hmac-sha256", secret } as const;
    const headers = new Headers(await signRequest({ ...target, body: utf8("{}") }, keyId, key));
    const keyOf = (id: string) =>
      Object.hasOwn(listed, id) ? { ...key, secret: listed[id]! } : undefined;
    return verifyHead(target, headers, keyOf, new NonceWindow()).then(
      (verified) => verified.keyId,
      (error: { code: string }) => error.code,
    );
  };
  const both = { old, next };
  expect(await sent("old", old, both)).toBe("old");
  expect(await sent("next", next, both)).toBe("next");
  expect(await sent("old", next, both)).toBe("signature-invalid");
  expect(await sent("old", old, { next })).toBe("signature-invalid");
});

test("what an edge signed once is not taken twice", async () => {
  const body = JSON.stringify({ region: "eu", entries: [] });
  const headers = {
    "content-type": "application/json",
    ...(await region.signature("POST", "/v1/intake", utf8(body))),
  };
  const send = () => fetch(`${region.origin}/v1/intake`, { method: "POST", headers, body });
  const [first, second] = [await send(), await send()];
  const codes = [
    (await first.json()) as { code?: string },
    (await second.json()) as { code?: string },
  ];
  expect(codes[0]?.code).not.toBe("signature-stale");
  expect(codes[1]?.code).toBe("signature-stale");
});

async function stored(times: {
  readonly notBefore?: string;
  readonly notAfter?: string;
}): Promise<string> {
  const [operatorKey] = keys.deployment.operatorKeys;
  const dated = {
    ...keys,
    deployment: { ...keys.deployment, operatorKeys: [{ ...operatorKey!, ...times }] },
  };
  const other = await TestRegion.start({ keys: dated });
  const response = await other.publish(await campaignOf(keys));
  return response.status === 200 ? "stored" : ((await response.json()) as { code: string }).code;
}

const at = (offset: number) => new Date(Date.now() + offset).toISOString();

test("a campaign that an operator signed with a key out of force is not stored", async () => {
  expect(await stored({ notBefore: at(-dayMs), notAfter: at(dayMs) })).toBe("stored");
  expect(await stored({ notAfter: at(-1_000) })).toBe("signature-invalid");
  expect(await stored({ notBefore: at(dayMs) })).toBe("signature-invalid");
});
