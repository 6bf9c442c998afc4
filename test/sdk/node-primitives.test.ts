// What the region's server computes with Node's own code is what the sdk computes for every platform.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import * as reference from "../../sdk/bytes.ts";
import { publicKeyOfSeed, signEd25519, verifyEd25519 } from "../../sdk/ed25519.ts";
import { fromBase64url } from "../../sdk/node/base64url.ts";
import { holds, parsedKeysMax } from "../../sdk/node/ed25519.ts";

const runs = { numRuns: 200 };
const bytes = (constraints: fc.IntArrayConstraints) =>
  fc.uint8Array(constraints).map((array) => reference.concat(array));
const seed = bytes({ minLength: 32, maxLength: 32 });
const message = bytes({ maxLength: 300 });

test("what is signed holds, and not with any bit of signature, message or key changed", async () => {
  const part = fc.constantFrom("signature", "signed", "publicKey");
  await fc.assert(
    fc.asyncProperty(seed, message, part, fc.nat(), async (secret, text, changed, at) => {
      const signed = reference.concat(text, reference.u8(0));
      const parts = {
        signed,
        signature: await signEd25519(secret, signed),
        publicKey: await publicKeyOfSeed(secret),
      };
      const held = () => holds(reference.base64url(parts.publicKey), parts.signed, parts.signature);
      expect(held()).toBe(true);
      const bit = at % (parts[changed].length * 8);
      const copy = reference.concat(parts[changed]);
      copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      parts[changed] = copy;
      expect(held()).toBe(false);
      expect(await verifyEd25519(parts.publicKey, parts.signature, parts.signed)).toBe(false);
    }),
    runs,
  );
});

test("a key that is no point of the curve and a signature of another length hold nothing", async () => {
  const secret = new Uint8Array(32).fill(7);
  const text = reference.utf8("message");
  const [publicKey, signature] = [await publicKeyOfSeed(secret), await signEd25519(secret, text)];
  const noPoint = reference.concat(reference.u8(2), new Uint8Array(31));
  expect(holds(reference.base64url(publicKey), text, signature)).toBe(true);
  expect(holds(reference.base64url(publicKey), text, signature.subarray(1))).toBe(false);
  expect(holds(reference.base64url(noPoint), text, signature)).toBe(false);
});

test("more keys than are kept verify, each its own", async () => {
  const text = reference.utf8("message");
  const signers = await Promise.all(
    Array.from({ length: parsedKeysMax + 20 }, async (_, index) => {
      const secret = new Uint8Array(32);
      secret.set(reference.u32(index));
      const publicKey = reference.base64url(await publicKeyOfSeed(secret));
      return { publicKey, signature: await signEd25519(secret, text) };
    }),
  );
  for (const [index, { publicKey, signature }] of [...signers, ...signers.slice(0, 30)].entries()) {
    const other = signers[(index + 1) % signers.length];
    expect(holds(publicKey, text, signature)).toBe(true);
    expect(holds(publicKey, text, other?.signature ?? signature)).toBe(false);
  }
});

test("base64url has one spelling, and it is the sdk's", () => {
  fc.assert(
    fc.property(message, (some) => {
      const read = fromBase64url(reference.base64url(some));
      expect(read && reference.hex(read)).toBe(reference.hex(some));
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
      const [read, known] = [fromBase64url(text), reference.fromBase64url(text)];
      expect(read && reference.hex(read)).toBe(known && reference.hex(known));
    }),
    { numRuns: 20_000 },
  );
});
