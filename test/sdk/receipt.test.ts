import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { utf8, type Bytes } from "../../sdk/bytes.ts";
import { canonicalBytes } from "../../sdk/canonical.ts";
import { publicKeyOfSeed, verifyEd25519 } from "../../sdk/ed25519.ts";
import { readReceipt, signReceipt, verifyReceipt } from "../../sdk/receipt.ts";
import { Receipt } from "../../sdk/schema/receipt.ts";

const seed: Bytes = new Uint8Array(32).fill(3);
const digest = "A".repeat(43);
const receipt = Receipt.parse({
  "@context": "https://w3id.org/dpv",
  "@type": "dpv:ConsentRecord",
  "dct:conformsTo": "ISO/IEC TS 27560:2023",
  "dct:created": "2026-11-21T10:00:00Z",
  tenant: 1,
  campaign: "AAAAAAAAAAA",
  reader: "A".repeat(22),
  controller: { name: "Müller & Söhne", contact: "privacy@example.org" },
  jurisdiction: "eu",
  retentionDays: 30,
  process: [
    {
      "dpv:hasPurpose": "results",
      "dpv:hasLegalBasis": "dpv:Consent",
      "dpv:hasConsentStatus": "dpv:ConsentGiven",
    },
  ],
  notice: { version: 1, language: "de", sha256: digest },
  event: { type: "consent-given", givenAt: "2026-11-21T09:59:00Z", method: "web" },
  signals: { gpc: false },
  withdrawAt: "/v1/withdrawals",
  binding: { submissionId: "A".repeat(22), keyId: 1, envelopeSha256: digest },
});

test("a receipt's JWS carries its RFC 8785 bytes, and its id is their SHA-256", async () => {
  const { jws, id } = await signReceipt(receipt, { keyId: 1, seed });
  const [header = "", payload = "", signature = ""] = jws.split(".");
  expect(JSON.parse(Buffer.from(header, "base64url").toString())).toEqual({
    alg: "EdDSA",
    kid: "1",
    typ: "maily-receipt+jwt",
  });
  expect(Buffer.from(payload, "base64url").equals(Buffer.from(canonicalBytes(receipt)))).toBe(true);
  expect(id).toBe(createHash("sha256").update(canonicalBytes(receipt)).digest("base64url"));
  const publicKey = await publicKeyOfSeed(seed);
  await expect(
    verifyEd25519(
      publicKey,
      Uint8Array.from(Buffer.from(signature, "base64url")),
      utf8(`${header}.${payload}`),
    ),
  ).resolves.toBe(true);
});

test("verifies its own receipts and reads them back", async () => {
  const { jws, id } = await signReceipt(receipt, { keyId: 1, seed });
  await expect(verifyReceipt(jws, await publicKeyOfSeed(seed))).resolves.toBe(id);
  await expect(readReceipt(jws)).resolves.toEqual({ receipt, id });
});

test("refuses a receipt changed in any part, cut, extended, or signed by another", async () => {
  const { jws } = await signReceipt(receipt, { keyId: 1, seed });
  const publicKey = await publicKeyOfSeed(seed);
  for (let index = 0; index < jws.length; index += 7) {
    const altered = jws.slice(0, index) + (jws[index] === "A" ? "B" : "A") + jws.slice(index + 1);
    expect(await verifyReceipt(altered, publicKey)).toBeUndefined();
  }
  expect(await verifyReceipt(jws.slice(0, -1), publicKey)).toBeUndefined();
  expect(await verifyReceipt(`${jws}.x`, publicKey)).toBeUndefined();
  expect(await verifyReceipt(jws, await publicKeyOfSeed(new Uint8Array(32)))).toBeUndefined();
  for (const text of ["", ".", "a.b.c", "..."]) expect(await readReceipt(text)).toBeUndefined();
});
