// Signed calls: who may, once, and nothing to be learnt from a refusal.
import { createExecutionContext, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import { app } from "../../edge/app.ts";
import type { Bindings } from "../../edge/env.ts";
import { StoredNonces, storedNoncesMax } from "../../edge/stored-nonces.ts";
import { signRequest } from "../../sdk/http-signature.ts";
import type { Deployment, TenantSecrets } from "../../sdk/schema/deployment.ts";
import {
  bytesOf,
  campaignOf,
  instant,
  publication,
  randomCode,
  signCampaign,
} from "../edge-process/fixture.ts";
import {
  bindings,
  deployment,
  edge,
  expectProblem,
  origin,
  request,
  tenant,
} from "./edge-under-test.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const documentOf = async (signer: TenantSecrets = tenant) =>
  signCampaign(await campaignOf(tenant), signer);

/** With the id of another key than the one that signs. */
const named = (keyId: string, secrets: TenantSecrets = tenant): TenantSecrets => ({
  ...secrets,
  operatorKey: { ...secrets.operatorKey, keyId },
});

async function put(
  document: { readonly campaign: { readonly id: string } },
  by: TenantSecrets,
  env: Bindings = bindings,
): Promise<Response> {
  const { path, ...init } = await publication(document, by);
  return app.fetch(new Request(origin + path, init), env, createExecutionContext());
}

/** Status, headers and body, but for what names the request itself. */
async function shapeOf(response: Response): Promise<unknown> {
  return [response.status, [...response.headers], await response.text()];
}

/** What a refusal is, and what it cost in calls of cryptography. */
async function costOf(ask: () => Promise<Response>): Promise<unknown> {
  const spies = (["verify", "sign", "digest", "importKey"] as const).map((name) =>
    vi.spyOn(crypto.subtle, name),
  );
  const shape = await shapeOf(await ask());
  const calls = Object.fromEntries(spies.map((spy) => [spy.getMockName(), spy.mock.calls.length]));
  vi.restoreAllMocks();
  return { shape, calls };
}

/** The deployment with the tenant's operator key in force between two instants. */
const inForce = (times: { readonly notBefore?: string; readonly notAfter?: string }): Bindings => ({
  ...bindings,
  DEPLOYMENT: JSON.stringify({
    ...deployment,
    operatorKeys: deployment.operatorKeys.map((key) =>
      key.keyId === tenant.operatorKey.keyId ? { ...key, ...times } : key,
    ),
  } satisfies Deployment),
});

test("an unknown key, a wrong signature and a key out of force cannot be told apart, nor by the work", async () => {
  const document = await documentOf();
  const wrong = {
    ...tenant,
    operatorKey: { ...tenant.operatorKey, seed: edge.other.operatorKey.seed },
  };
  const expired = inForce({ notAfter: instant(-1_000) });
  const asks: Record<string, () => Promise<Response>> = {
    "a wrong signature": () => put(document, wrong),
    "an unknown key": () => put(document, named("nobody-1-1")),
    "an expired key": () => put(document, tenant, expired),
    "a key before its time": () => put(document, tenant, inForce({ notBefore: instant(60_000) })),
  };
  // Keys are imported once and kept: the first of each kind costs more, whichever it is.
  for (const ask of Object.values(asks)) await (await ask()).text();
  const reference = await costOf(asks["a wrong signature"]!);
  expect(reference).toMatchObject({
    shape: [401, expect.anything(), expect.stringContaining("signature-invalid")],
  });
  expect((reference as { calls: { verify: number } }).calls).toMatchObject({ verify: 1 });
  for (const [name, ask] of Object.entries(asks))
    expect(await costOf(ask), name).toEqual(reference);
});

const by = (keyId: string) => async () =>
  put({ ...(await documentOf()), operatorKeyId: keyId } as never, edge.other);

test("whose key signed a document cannot be told by an operator of another tenant", async () => {
  await (await by("nobody-1-1")()).text();
  const unknown = await costOf(by("nobody-1-1"));
  expect(await costOf(by(tenant.operatorKey.keyId)), "a foreign one").toEqual(unknown);
  expect(await costOf(by(edge.other.operatorKey.keyId)), "their own").toEqual(unknown);
});

test("a key in force publishes; one that expired signs neither a request nor a document", async () => {
  const held = inForce({ notBefore: instant(-1_000), notAfter: instant(60_000) });
  expect((await put(await documentOf(), tenant, held)).status).toBe(201);
  const successor = { ...edge.other.operatorKey, keyId: "tenant-1-2" };
  const rotated: Bindings = {
    ...bindings,
    DEPLOYMENT: JSON.stringify({
      ...deployment,
      operatorKeys: [
        ...(JSON.parse(inForce({ notAfter: instant(-1_000) }).DEPLOYMENT) as Deployment)
          .operatorKeys,
        {
          ...deployment.operatorKeys.find(({ keyId }) => keyId === edge.other.operatorKey.keyId)!,
          keyId: successor.keyId,
          tenant: tenant.tenant,
        },
      ],
    }),
  };
  const next = { ...tenant, operatorKey: successor };
  expect((await put(await documentOf(next), next, rotated)).status).toBe(201);
  await expectProblem(await put(await documentOf(tenant), next, rotated), "signature-invalid");
  await expectProblem(await put(await documentOf(next), tenant, rotated), "signature-invalid");
});

test("a key is held to its algorithm: a shared secret made of the public key signs nothing", async () => {
  const document = await documentOf();
  const { path, method, body } = await publication(document, tenant);
  const { keyId, publicKey } = deployment.operatorKeys[0]!;
  const secret = bytesOf(publicKey);
  const signature = await signRequest({ method, path, body }, keyId, {
    alg: "hmac-sha256",
    secret,
  });
  const headers = { "content-type": "application/json", ...signature };
  await expectProblem(await request(path, { method, headers, body }), "signature-invalid");
});

test("a signed request is taken once, by whatever isolate and after a restart", async () => {
  const { path, ...init } = await publication(await documentOf(), tenant);
  expect((await request(path, init)).status).toBe(201);
  await expectProblem(await request(path, init), "signature-stale");
  await evictDurableObject(bindings.CAMPAIGNS.getByName("campaigns-0"));
  await expectProblem(await request(path, init), "signature-stale");
});

test("a signature that is not genuine uses up no nonce, nor does one over other bytes", async () => {
  const document = await documentOf();
  const { path, method, headers, body } = await publication(document, tenant);
  const other = JSON.stringify(document, null, 1);
  await expectProblem(await request(path, { method, headers, body: other }), "signature-invalid");
  const signature = headers["signature"]!.replace(/:.{4}/, ":AAAA");
  await expectProblem(
    await request(path, { method, headers: { ...headers, signature }, body }),
    "signature-invalid",
  );
  expect((await request(path, { method, headers, body })).status).toBe(201);
});

test("a signature covers the path alone, so that a query beside it is refused", async () => {
  const { path, ...init } = await publication(await documentOf(), tenant);
  await expectProblem(await request(`${path}?dry-run=1`, init), "signature-invalid");
  expect((await request(path, init)).status).toBe(201);
});

test("what nobody claims to have signed is not read", async () => {
  let pulled = 0;
  const body = new ReadableStream(
    {
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(1_024));
      },
    },
    { highWaterMark: 0 },
  );
  const unsigned = new Request(`${origin}/admin/campaigns/AAAAAAAAAAA`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body,
  });
  const response = await app.fetch(unsigned, bindings, createExecutionContext());
  await expectProblem(response, "signature-missing");
  expect(pulled).toBe(0);
});

test("nonces are kept for as long as they could be sent again, and no more of them than so many", async () => {
  const now = Date.now();
  const created = Math.floor(now / 1_000);
  await runInDurableObject(bindings.CAMPAIGNS.getByName(randomCode()), (_, { storage }) => {
    const nonces = new StoredNonces(storage);
    const accept = (nonce: string, at = now, signedAt = created, keyId = "tenant-1-1") =>
      nonces.accept(nonce, at, signedAt, keyId);
    expect(accept("a clock ahead", now, created + 300)).toBe(true);
    expect(accept("one")).toBe(true);
    expect(accept("one")).toBe(false);
    // An isolate whose clock is ahead asks, then one whose clock is behind.
    accept("later", now + 590_000, created + 590);
    expect(accept("one", now + 299_000)).toBe(false);
    for (let count = 3; count < storedNoncesMax; count++) accept(`nonce ${count}`);
    expect(accept("one too many")).toBe(false);
    expect(accept("one too many", now, created, "tenant-2-1"), "of another key").toBe(true);
    // Some are forgotten with every request that comes once the window is over.
    for (let count = 0; count < storedNoncesMax / 8; count++)
      accept(`later ${count}`, now + 601_000, created + 601);
    expect(accept("a clock ahead", now + 599_000, created + 300)).toBe(false);
    const kept = Array.from(storage.kv.list({ prefix: "nonce:" }), ([key]) => key);
    expect(kept.filter((key) => key.includes("nonce 2"))).toEqual([]);
    const woken = new StoredNonces(storage);
    expect(woken.accept("one too few", now + 602_000, created + 602, "tenant-1-1")).toBe(true);
  });
});
