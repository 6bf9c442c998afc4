import { randomBytes } from "node:crypto";
import { ml_kem768_x25519 as nobleXWing } from "@noble/post-quantum/hybrid.js";
import { expect, test } from "vitest";
import { hex, utf8 } from "../../sdk/bytes.ts";
import { sealBase, setupBaseS } from "../../sdk/hpke/hpke.ts";
import { openBase, setupBaseR } from "../../sdk/hpke/open-base.ts";
import { decap } from "../../sdk/hpke/xwing-decap.ts";
import { encap } from "../../sdk/hpke/xwing.ts";
import { generateSeed, regionPublicKey } from "../../sdk/node/region-key.ts";

const bytes = (length: number) => Uint8Array.from(randomBytes(length));
const none = new Uint8Array();

test("a region's public key is noble's X-Wing public key of the same seed", () => {
  for (let round = 0; round < 20; round++) {
    const seed = generateSeed();
    expect(hex(regionPublicKey(seed))).toBe(hex(nobleXWing.keygen(seed).publicKey));
  }
});

test("encapsulates as noble does with the same coins", async () => {
  for (let round = 0; round < 20; round++) {
    const pkR = regionPublicKey(generateSeed());
    const coins = bytes(64);
    const ours = await encap(pkR, coins);
    const theirs = nobleXWing.encapsulate(pkR, coins);
    expect(hex(ours.enc)).toBe(hex(theirs.cipherText));
    expect(hex(ours.sharedSecret)).toBe(hex(theirs.sharedSecret));
  }
});

test("decapsulates what noble encapsulates, and noble what we do", async () => {
  const seed = generateSeed();
  const pkR = regionPublicKey(seed);
  const theirs = nobleXWing.encapsulate(pkR);
  expect(hex(await decap(Uint8Array.from(theirs.cipherText), seed))).toBe(hex(theirs.sharedSecret));
  const ours = await encap(pkR);
  expect(hex(nobleXWing.decapsulate(ours.enc, seed))).toBe(hex(ours.sharedSecret));
});

test("no two encapsulations are alike", async () => {
  const pkR = regionPublicKey(generateSeed());
  await encap(pkR);
  const made = await Promise.all(Array.from({ length: 50 }, () => encap(pkR)));
  expect(new Set(made.map(({ enc }) => hex(enc))).size).toBe(50);
  expect(new Set(made.map(({ sharedSecret }) => hex(sharedSecret))).size).toBe(50);
});

test("more keys than are kept ready still seal rightly, each to its own", async () => {
  const seeds = Array.from({ length: 9 }, () => generateSeed());
  for (const seed of [...seeds, ...seeds]) {
    const { enc, sharedSecret } = await encap(regionPublicKey(seed));
    expect(hex(await decap(enc, seed))).toBe(hex(sharedSecret));
  }
});

test("a public key changed after it was made ready is another key", async () => {
  const seed = generateSeed();
  const pkR = regionPublicKey(seed);
  const original = pkR.slice();
  await encap(pkR);
  pkR.set(regionPublicKey(generateSeed()));
  const { enc, sharedSecret } = await encap(original);
  expect(hex(await decap(enc, seed))).toBe(hex(sharedSecret));
});

test("opens what it seals, and nothing with another info, aad, key, enc or ct", async () => {
  const [seed, info, aad, pt] = [generateSeed(), utf8("info"), utf8("aad"), bytes(100)];
  const { enc, ct } = await sealBase(regionPublicKey(seed), info, aad, pt);
  expect(hex((await openBase(enc, seed, info, aad, ct)) ?? none)).toBe(hex(pt));
  expect(await openBase(enc, seed, none, aad, ct)).toBe(undefined);
  expect(await openBase(enc, seed, info, none, ct)).toBe(undefined);
  expect(await openBase(enc, generateSeed(), info, aad, ct)).toBe(undefined);
  expect(await openBase(bytes(1120), seed, info, aad, ct)).toBe(undefined);
  expect(await openBase(enc, seed, info, aad, bytes(116))).toBe(undefined);
  expect(await openBase(enc, seed, info, aad, none)).toBe(undefined);
});

test("both sides of a set-up export the same, and other contexts export other secrets", async () => {
  const [seed, info] = [generateSeed(), utf8("application/vnd.maily.choices v1")];
  const { enc, context } = await setupBaseS(regionPublicKey(seed), info);
  const received = await setupBaseR(enc, seed, info);
  const root = await context.exportSecret(utf8("choice root"), 32);
  expect(root).toHaveLength(32);
  expect(hex(await received.exportSecret(utf8("choice root"), 32))).toBe(hex(root));
  expect(hex(await received.exportSecret(utf8("choice"), 32))).not.toBe(hex(root));
  expect(hex(await received.exportSecret(utf8("choice root"), 16))).not.toBe(
    hex(root).slice(0, 32),
  );
  const elsewhere = await setupBaseR(enc, seed, utf8("another"));
  expect(hex(await elsewhere.exportSecret(utf8("choice root"), 32))).not.toBe(hex(root));
  await expect(context.exportSecret(none, 33)).rejects.toThrow(RangeError);
});

test("refuses bytes that are no public key", async () => {
  await expect(encap(bytes(1215))).rejects.toThrow(TypeError);
  await expect(encap(bytes(1217))).rejects.toThrow(TypeError);
  // FIPS 203 §7.2: coefficients of 4,095 are beyond the modulus.
  await expect(encap(new Uint8Array(1216).fill(0xff))).rejects.toThrow(Error);
  // RFC 7748 §6.1: an X25519 key of zero gives a secret that everybody knows.
  const pkR = regionPublicKey(generateSeed());
  await expect(encap(pkR.fill(0, 1184))).rejects.toThrow(Error);
});
