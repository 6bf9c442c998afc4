import { describe, expect, test } from "vitest";
import { hex } from "../../sdk/bytes.ts";
import { aesGcm, scalarAead, webcryptoAead, type Aead } from "../../sdk/hpke/aead.ts";
import type { AesGcmCase } from "../vectors/aes-gcm-cases.ts";
import { fromHex, readVectors } from "../vectors/read.ts";

const { cases } = readVectors("aes-gcm.json") as { cases: AesGcmCase[] }; // See readVectors.

async function check(aead: Aead, entry: AesGcmCase) {
  const [key, nonce, aad] = [fromHex(entry.key), fromHex(entry.nonce), fromHex(entry.aad)];
  const pt = await aead.open(key, nonce, aad, fromHex(entry.ct));
  expect(pt && hex(pt)).toBe(entry.expect === "opened" ? entry.pt : undefined);
  const ct = hex(await aead.seal(key, nonce, aad, fromHex(entry.pt)));
  if (entry.expect === "opened") expect(ct).toBe(entry.ct);
  else expect(ct).not.toBe(entry.ct);
}

for (const aead of [await aesGcm(), await scalarAead(), webcryptoAead])
  describe(`by ${aead.name}`, () => {
    for (const entry of cases) test(`${entry.expect}: ${entry.comment}`, () => check(aead, entry));
  });

test("no vector is skipped", () => {
  expect(cases).toHaveLength(102);
  expect(cases.filter((entry) => entry.expect === "refused")).toHaveLength(46);
});
