import { createCipheriv, createHmac, createSecretKey } from "node:crypto";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { concat, fromBase64url, u16, utf8 } from "../../sdk/bytes.ts";
import {
  choiceBlocks,
  choiceKey,
  createChoiceRoot,
  openChoice,
  openChoiceRoot,
  sealBlocks,
  sealChoices,
  shuffleOrder,
  unpackCodes,
  type ChoiceScope,
} from "../../sdk/node/choices.ts";
import { regionPublicKey } from "../../sdk/node/region-key.ts";

const seed = new Uint8Array(32).fill(11);
const publicKey = regionPublicKey(seed);
const scope: ChoiceScope = {
  tenant: 7,
  campaign: new Uint8Array(8).fill(1),
  region: "eu",
  keyId: 1,
};
const root = new Uint8Array(32).fill(12);
const reader = (index: number): Uint8Array<ArrayBuffer> => concat(u16(index), new Uint8Array(14));
const index = fc.integer({ min: 0, max: 0xffff });

test("renderer and region derive the same root, and another campaign, region, tenant or key another", async () => {
  const { enc, choiceRoot } = await createChoiceRoot(publicKey, scope);
  expect(enc).toHaveLength(1120);
  expect(await openChoiceRoot(enc, seed, scope)).toEqual(choiceRoot);
  const others: ChoiceScope[] = [
    { ...scope, tenant: 8 },
    { ...scope, campaign: new Uint8Array(8) },
    { ...scope, region: "us" },
    { ...scope, keyId: 2 },
  ];
  for (const other of others)
    expect(await openChoiceRoot(enc, seed, other)).not.toEqual(choiceRoot);
  expect(await openChoiceRoot(enc, new Uint8Array(32), scope)).not.toEqual(choiceRoot);
});

test("a code is the one raw AES block of SPEC §3.8, computed here a second way", () => {
  const key = createHmac("sha256", root)
    .update(concat(utf8("maily reader v1"), new Uint8Array(1), reader(3)))
    .digest();
  const block = Buffer.from("00020005010100000000000000000000", "hex");
  const cipher = createCipheriv("aes-256-cbc", key, Buffer.alloc(16)).setAutoPadding(false);
  const [code] = sealChoices(choiceKey(root, reader(3)), [
    { question: 2, option: 5, channel: "amp" },
  ]);
  expect(code).toBe(cipher.update(block).toString("base64url"));
  expect(code).toHaveLength(22);
});

test("every choice opens to itself for its reader, and to nothing for another", () => {
  fc.assert(
    fc.property(index, index, index, index, (question, option, one, two) => {
      const choice = { question, option, channel: "amp" } as const;
      const [code = ""] = sealChoices(choiceKey(root, reader(one)), [choice]);
      expect(openChoice(choiceKey(root, reader(one)), code)).toEqual(choice);
      if (one !== two) expect(openChoice(choiceKey(root, reader(two)), code)).toBeUndefined();
    }),
  );
});

test("no two readers have a code in common, nor one reader two equal ones", () => {
  const choices = Array.from({ length: 50 }, (_, rank) => ({
    question: Math.floor(rank / 10),
    option: rank % 10,
    channel: "amp" as const,
  }));
  const codes = Array.from({ length: 1000 }, (_, rank) =>
    sealChoices(choiceKey(root, reader(rank)), choices),
  ).flat();
  expect(new Set(codes).size).toBe(50_000);
});

test("refuses guesses, altered, spliced, short, long and misspelt codes", () => {
  const key = choiceKey(root, reader(1));
  const [one = "", two = ""] = sealChoices(key, [
    { question: 0, option: 0, channel: "amp" },
    { question: 0, option: 1, channel: "amp" },
  ]);
  const bytes = fromBase64url(one) ?? new Uint8Array();
  for (let bit = 0; bit < 128; bit++) {
    const altered = bytes.slice();
    altered[bit >> 3]! ^= 1 << (bit & 7);
    expect(openChoice(key, Buffer.from(altered).toString("base64url"))).toBeUndefined();
  }
  for (const code of [
    "",
    one.slice(1),
    `${one}A`,
    one.slice(0, 11) + two.slice(11),
    `${one}=`,
    `${one.slice(0, -1)}B`,
    "A".repeat(22),
  ])
    expect(openChoice(key, code)).toBeUndefined();
});

test("a root given as a KeyObject makes the same keys", () => {
  expect(choiceKey(createSecretKey(root), reader(9))).toEqual(choiceKey(root, reader(9)));
});

test("packed codes are the single ones in a row, and each list stands for itself however long the last one was", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(index, index), { maxLength: 200 }), index, (pairs, one) => {
      const choices = pairs.map(
        ([question, option]) => ({ question, option, channel: "amp" }) as const,
      );
      const key = choiceKey(root, reader(one));
      const packed = sealBlocks(key, choiceBlocks(choices));
      expect(packed).toHaveLength(22 * choices.length);
      // What was packed before is not written over by what is packed next.
      sealBlocks(choiceKey(root, reader(one + 1)), choiceBlocks(choices.toReversed()));
      expect(unpackCodes(packed).map((code) => openChoice(key, code))).toEqual(choices);
    }),
  );
});

test("a shuffle is a permutation, the same when asked again, and says nothing of another's", () => {
  fc.assert(
    fc.property(index, index, fc.integer({ min: 0, max: 60 }), (question, one, count) => {
      const key = choiceKey(root, reader(one));
      const order = shuffleOrder(key, question, count);
      expect(order.toSorted((left, right) => left - right)).toEqual(
        Array.from({ length: count }, (_, option) => option),
      );
      expect(shuffleOrder(key, question, count)).toEqual(order);
    }),
  );
});

test("among many readers each option stands first about as often", () => {
  const first = Array.from({ length: 5 }, () => 0);
  for (let rank = 0; rank < 5_000; rank++) {
    const [option = 0] = shuffleOrder(choiceKey(root, reader(rank)), 3, 5);
    first[option]! += 1;
  }
  // Seven standard deviations about a fifth; the keys are fixed, so this comes out the same every time.
  for (const times of first) expect(Math.abs(times - 1_000)).toBeLessThan(200);
});

test("a shuffle's blocks are no codes: none opens as a choice", () => {
  const key = choiceKey(root, reader(1));
  const cipher = createCipheriv("aes-256-ecb", key, null).setAutoPadding(false);
  const block = Buffer.from("00000003000200000000000000000000", "hex");
  expect(openChoice(key, cipher.update(block).toString("base64url"))).toBeUndefined();
});
