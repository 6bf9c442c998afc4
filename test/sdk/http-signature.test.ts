import { expect, test } from "vitest";
import { utf8, type Bytes } from "../../sdk/bytes.ts";
import { publicKeyOfSeed } from "../../sdk/ed25519.ts";
import {
  NonceWindow,
  noncesMax,
  requireDigest,
  signatureWindowSeconds,
  signRequest,
  verifyHead,
  verifyRequest,
  type CheckingKey,
} from "../../sdk/http-signature.ts";
import { nodeHashes } from "../../sdk/node/hashes.ts";
import { Problem } from "../../sdk/problem.ts";

const now = Date.parse("2026-11-21T10:00:00Z");
const secret: Bytes = new Uint8Array(32).fill(7);
const target = { method: "POST", path: "/v1/intake", body: utf8('{"a":1}') };
const hmacKey: CheckingKey = { alg: "hmac-sha256", secret };
const anyKey = (): CheckingKey => hmacKey;
const signed = () => signRequest(target, "eu-1", { alg: "hmac-sha256", secret }, now);

const refusal = (
  changes: {
    target?: typeof target;
    headers?: Record<string, string>;
    key?: CheckingKey;
    at?: number;
  },
  headers: Record<string, string>,
): Promise<string> =>
  verifyRequest(
    changes.target ?? target,
    new Headers({ ...headers, ...changes.headers }),
    () => changes.key ?? hmacKey,
    new NonceWindow(),
    changes.at ?? now,
  ).then(
    () => "accepted",
    (error: unknown) => (error instanceof Problem ? error.code : "bug"),
  );

test("a request signed with HMAC verifies and names its key", async () => {
  const headers = new Headers(await signed());
  await expect(verifyRequest(target, headers, () => hmacKey, new NonceWindow(), now)).resolves.toBe(
    "eu-1",
  );
});

test("a region's own hashes verify the same and refuse the same", async () => {
  const headers = new Headers(await signed());
  const verify = (given: Headers): Promise<{ digest: string }> =>
    verifyHead(target, given, anyKey, new NonceWindow(), now, nodeHashes);
  const { digest } = await verify(headers);
  await requireDigest(digest, target.body, nodeHashes);
  const changedBody = utf8('{"a":2}');
  await expect(requireDigest(digest, changedBody, nodeHashes)).rejects.toMatchObject({
    code: "signature-invalid",
  });
  headers.set("signature", `maily=:${Buffer.alloc(32, 1).toString("base64")}:`);
  await expect(verify(headers)).rejects.toMatchObject({ code: "signature-invalid" });
});

test("a request signed with Ed25519 verifies", async () => {
  const headers = await signRequest(target, "op", { alg: "ed25519", seed: secret }, now);
  const key: CheckingKey = { alg: "ed25519", publicKey: await publicKeyOfSeed(secret) };
  expect(await refusal({ key }, headers)).toBe("accepted");
});

test("the signature base is that of RFC 9421, line for line", async () => {
  const headers = await signed();
  const base = [
    '"@method": POST',
    '"@path": /v1/intake',
    `"content-digest": ${headers["content-digest"]}`,
    `"@signature-params": ${headers["signature-input"]?.slice("maily=".length)}`,
  ].join("\n");
  const key = await crypto.subtle.importKey(
    "raw",
    secret,
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const mac = Buffer.from(await crypto.subtle.sign("HMAC", key, utf8(base))).toString("base64");
  expect(headers["signature"]).toBe(`maily=:${mac}:`);
});

const other: Bytes = new Uint8Array(32).fill(8);
const changed: [string, string, Parameters<typeof refusal>[0]][] = [
  ["another body", "signature-invalid", { target: { ...target, body: utf8('{"a":2}') } }],
  ["another path", "signature-invalid", { target: { ...target, path: "/v1/other" } }],
  ["another method", "signature-invalid", { target: { ...target, method: "PUT" } }],
  ["another key", "signature-invalid", { key: { alg: "hmac-sha256", secret: other } }],
  ["another algorithm", "signature-invalid", { key: { alg: "ed25519", publicKey: other } }],
  ["a signature that is no base64", "signature-invalid", { headers: { signature: "maily=:%:" } }],
  [
    "an input without the digest",
    "signature-invalid",
    { headers: { "signature-input": 'maily=("@method" "@path");created=1;keyid="eu-1"' } },
  ],
  ["a clock far ahead", "signature-stale", { at: now + (signatureWindowSeconds + 1) * 1000 }],
  ["a clock far behind", "signature-stale", { at: now - (signatureWindowSeconds + 1) * 1000 }],
];
for (const [what, code, changes] of changed)
  test(`refuses ${what}`, async () => {
    expect(await refusal(changes, await signed())).toBe(code);
  });

for (const missing of ["signature", "signature-input", "content-digest"])
  test(`refuses a request without ${missing}`, async () => {
    const { [missing]: _dropped, ...headers } = await signed();
    expect(await refusal({}, headers)).toBe("signature-missing");
  });

test("refuses another spelling of a signature that is genuine", async () => {
  const headers = await signed();
  const { signature = "" } = headers;
  const written = signature.slice("maily=:".length, -1);
  expect(await refusal({}, { ...headers, signature: `maily=:${written}:` })).toBe("accepted");
  // Without its padding, and with bits set that the last character does not need.
  const last = written.at(-2) ?? "";
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const next = alphabet[alphabet.indexOf(last) + 1] ?? "";
  for (const spelling of [written.slice(0, -1), `${written.slice(0, -2)}${next}=`])
    expect(await refusal({}, { ...headers, signature: `maily=:${spelling}:` })).toBe(
      "signature-invalid",
    );
});

test("refuses parameters given twice", async () => {
  const headers = await signed();
  const input = `${headers["signature-input"]};created=${now / 1000}`;
  expect(await refusal({ headers: { "signature-input": input } }, headers)).toBe(
    "signature-invalid",
  );
});

test("refuses the same signed request twice, and takes it again from another verifier", async () => {
  const headers = new Headers(await signed());
  const nonces = new NonceWindow();
  await verifyRequest(target, headers, () => hmacKey, nonces, now);
  await expect(verifyRequest(target, headers, () => hmacKey, nonces, now)).rejects.toMatchObject({
    code: "signature-stale",
  });
  await expect(verifyRequest(target, headers, () => hmacKey, new NonceWindow(), now)).resolves.toBe(
    "eu-1",
  );
});

test("a forged request does not use up a nonce", async () => {
  const headers = await signed();
  const nonces = new NonceWindow();
  const forged = new Headers({
    ...headers,
    signature: `maily=:${Buffer.alloc(32).toString("base64")}:`,
  });
  await expect(verifyRequest(target, forged, () => hmacKey, nonces, now)).rejects.toMatchObject({
    code: "signature-invalid",
  });
  await expect(
    verifyRequest(target, new Headers(headers), () => hmacKey, nonces, now),
  ).resolves.toBe("eu-1");
});

test("nonces are forgotten once they cannot be replayed, and never before", () => {
  const nonces = new NonceWindow();
  expect(nonces.accept("a", now)).toBe(true);
  expect(nonces.accept("a", now + 2 * signatureWindowSeconds * 1000 - 1)).toBe(false);
  expect(nonces.accept("a", now + 2 * signatureWindowSeconds * 1000)).toBe(true);
});

test("a flood of nonces is refused, not remembered without bound", () => {
  const nonces = new NonceWindow();
  for (let index = 0; index < noncesMax; index++) nonces.accept(`n${index}`, now);
  expect(nonces.accept("one more", now)).toBe(false);
});

test("a clock that was set back holds no nonce for longer than it can be replayed", () => {
  const window = signatureWindowSeconds * 1000;
  const nonces = new NonceWindow();
  expect(nonces.accept("a", now)).toBe(true);
  expect(nonces.accept("a", now - 2 * window), "its signature could still be taken").toBe(false);
  for (let index = 1; index < noncesMax; index++) nonces.accept(`n${index}`, now);
  expect(nonces.accept("one more", now - 2 * window)).toBe(false);
  expect(nonces.accept("one more", now - 2 * window - 1)).toBe(true);
});
