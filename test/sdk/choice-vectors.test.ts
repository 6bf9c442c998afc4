import { describe, expect, test } from "vitest";
import { hex, type Bytes } from "../../sdk/bytes.ts";
import {
  choiceKey,
  createChoiceRoot,
  openChoice,
  openChoiceRoot,
  sealChoices,
  shuffleOrder,
  type ChoiceScope,
} from "../../sdk/node/choices.ts";
import { regionPublicKey } from "../../sdk/node/region-key.ts";
import { isRegion } from "../../sdk/region.ts";
import type { ChoiceCase, RootCase } from "../vectors/choices-cases.ts";
import { fromHex, readVectors } from "../vectors/read.ts";

const { cases, roots } = readVectors("choices.json") as {
  cases: ChoiceCase[];
  roots: RootCase[];
}; // See readVectors.

function scopeOf({ tenant, campaign, region, keyId }: RootCase): ChoiceScope {
  if (!isRegion(region)) throw new Error(`no region ${region}`);
  return { tenant, campaign: fromHex(campaign), region, keyId };
}

const readerKeyOf = (entry: ChoiceCase): Bytes => {
  const root = roots.find(({ name }) => name === entry.root);
  if (root === undefined) throw new Error(`no root ${entry.root}`);
  return choiceKey(fromHex(root.choiceRoot), fromHex(entry.reader));
};

describe("the region's root", () => {
  for (const root of roots)
    test(root.name, async () => {
      const opened = await openChoiceRoot(fromHex(root.enc), fromHex(root.seed), scopeOf(root));
      expect(hex(opened)).toBe(root.choiceRoot);
    });
});

describe("the renderer's root, by its coins", () => {
  for (const root of roots.filter(({ coins }) => coins !== undefined))
    test(root.name, async () => {
      const publicKey = regionPublicKey(fromHex(root.seed));
      const coins = fromHex(root.coins ?? "");
      const { enc, choiceRoot } = await createChoiceRoot(publicKey, scopeOf(root), coins);
      expect(hex(enc)).toBe(root.enc);
      expect(hex(choiceRoot)).toBe(root.choiceRoot);
    });
});

describe("reading", () => {
  for (const entry of cases.filter(({ expect: outcome }) => outcome !== "shuffled"))
    test(`${entry.expect}: ${entry.comment}`, () => {
      const { question, option, code = "" } = entry;
      expect(openChoice(readerKeyOf(entry), code)).toEqual(
        entry.expect === "opened" ? { question, option, channel: "amp" } : undefined,
      );
    });
});

describe("sealing gives the vector's code", () => {
  for (const entry of cases.filter(({ expect: outcome }) => outcome === "opened"))
    test(entry.comment, () => {
      const { question = -1, option = -1, code } = entry;
      expect(sealChoices(readerKeyOf(entry), [{ question, option, channel: "amp" }])).toEqual([
        code,
      ]);
    });
});

describe("shuffling gives the vector's order", () => {
  for (const entry of cases.filter(({ expect: outcome }) => outcome === "shuffled"))
    test(entry.comment, () => {
      const { question = -1, count = -1 } = entry;
      expect(shuffleOrder(readerKeyOf(entry), question, count)).toEqual(entry.order);
    });
});

test("no vector is skipped", () => {
  const of = (outcome: ChoiceCase["expect"]): number =>
    cases.filter((entry) => entry.expect === outcome).length;
  expect([of("opened"), of("shuffled"), of("choice-invalid")]).toEqual([27, 12, 72]);
  expect(cases).toHaveLength(111);
  expect(roots).toHaveLength(10);
  expect(new Set(roots.map(({ choiceRoot }) => choiceRoot)).size).toBe(roots.length);
  expect(new Set(cases.map(({ comment }) => comment)).size).toBe(cases.length);
});
