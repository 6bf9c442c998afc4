// A reader's own copy: the key made on the reader's device is one that a region seals to, and opens nothing else.
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { concat, utf8, type Bytes } from "../../sdk/bytes.ts";
import { sealBase } from "../../sdk/hpke/hpke.ts";
import { publicKeyOf } from "../../sdk/hpke/xwing-decap.ts";
import { regionPublicKey } from "../../sdk/node/region-key.ts";
import { copyInfo, openCopy } from "../../sdk/own-copy.ts";

const random = (length: number): Bytes => Uint8Array.from(randomBytes(length));
const invitation = random(102);
const text = utf8(JSON.stringify({ answers: ["more filter coffee"] }));

async function sealed(seed: Bytes, info = copyInfo, aad = invitation): Promise<Bytes> {
  const { enc, ct } = await sealBase(await publicKeyOf(seed), info, aad, text);
  return concat(enc, ct);
}

test("the public key of a seed is the one that Node's own cryptography makes of it", async () => {
  for (const seed of [random(32), random(32), new Uint8Array(32)])
    expect(await publicKeyOf(seed)).toEqual(regionPublicKey(seed));
});

test("a copy opens with the seed whose public key it was sealed to", async () => {
  const seed = random(32);
  expect(await openCopy(await sealed(seed), seed, invitation)).toEqual(text);
});

test("a copy of another reader, of another kind, altered or cut short opens to nothing", async () => {
  const seed = random(32);
  const copy = await sealed(seed);
  expect(await openCopy(copy, random(32), invitation)).toBeUndefined();
  expect(await openCopy(copy, seed, random(102))).toBeUndefined();
  expect(await openCopy(await sealed(seed, utf8("another")), seed, invitation)).toBeUndefined();
  for (const place of [5, 1100, 1130, copy.length - 1]) {
    const altered = copy.slice();
    altered[place] = (altered[place] ?? 0) ^ 1;
    expect(await openCopy(altered, seed, invitation), String(place)).toBeUndefined();
  }
  expect(await openCopy(copy.slice(0, 1125), seed, invitation)).toBeUndefined();
});

test("bytes that are no seed or no copy are refused", async () => {
  await expect(publicKeyOf(random(31))).rejects.toThrow(TypeError);
  await expect(openCopy(random(100), random(32), invitation)).rejects.toThrow(TypeError);
});
