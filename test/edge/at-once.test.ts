// What admission computes at once is what the sdk's reference computes, byte for byte.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { holds, sha256Text, signatureOf, signingKey, verifyingKey } from "../../edge/at-once.ts";
import { base64url, fromBase64url } from "../../edge/base64url.ts";
import * as reference from "../../sdk/bytes.ts";
import { sha256 } from "../../sdk/canonical.ts";
import { publicKeyOfSeed, signEd25519, verifyEd25519 } from "../../sdk/ed25519.ts";

const runs = { numRuns: 200 };
const bytes = (constraints: fc.IntArrayConstraints) =>
  fc.uint8Array(constraints).map((array) => reference.concat(array));
const seed = bytes({ minLength: 32, maxLength: 32 });
const message = bytes({ maxLength: 300 });

test("a digest is WebCrypto's", async () => {
  await fc.assert(
    fc.asyncProperty(message, async (text) => {
      expect(sha256Text(text)).toBe(reference.base64url(await sha256(text)));
    }),
    runs,
  );
});

test("a signature is WebCrypto's, and each verifies the other's", async () => {
  await fc.assert(
    fc.asyncProperty(seed, message, async (secret, text) => {
      const signature = signatureOf(signingKey(secret), text);
      expect(reference.hex(signature)).toBe(reference.hex(await signEd25519(secret, text)));
      const publicKey = await publicKeyOfSeed(secret);
      expect(holds(verifyingKey(publicKey), text, signature)).toBe(true);
      await expect(verifyEd25519(publicKey, signature, text)).resolves.toBe(true);
    }),
    runs,
  );
});

test("both refuse a signature, a message or a key with any bit changed", async () => {
  const parts = fc.constantFrom("signature", "message", "publicKey");
  await fc.assert(
    fc.asyncProperty(seed, message, parts, fc.nat(), async (secret, text, part, at) => {
      const signed = {
        signature: signatureOf(signingKey(secret), text),
        message: reference.concat(text, reference.u8(0)),
        publicKey: await publicKeyOfSeed(secret),
      };
      const right = reference.concat(signed.message);
      signed.signature = signatureOf(signingKey(secret), right);
      const bit = at % (signed[part].length * 8);
      signed[part] = reference.concat(signed[part]);
      signed[part][bit >> 3] = (signed[part][bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const { publicKey, signature } = signed;
      expect(holds(verifyingKey(publicKey), signed.message, signature)).toBe(false);
      await expect(verifyEd25519(publicKey, signature, signed.message)).resolves.toBe(false);
    }),
    runs,
  );
});

test("base64url has one spelling, and it is the sdk's", () => {
  fc.assert(
    fc.property(message, (some) => {
      const text = base64url(some);
      expect(text).toBe(reference.base64url(some));
      expect(fromBase64url(text)).toEqual(some);
    }),
    runs,
  );
  const character = fc.constantFrom(...Array.from("AQgwBCz9-_=+/ \t\n\r\0é😀"));
  const texts = fc.oneof(
    fc.string({ unit: character, maxLength: 12 }),
    fc.string({ maxLength: 12 }),
  );
  fc.assert(
    fc.property(texts, (text) => {
      expect(fromBase64url(text)).toEqual(reference.fromBase64url(text));
    }),
    { numRuns: 20_000 },
  );
});
