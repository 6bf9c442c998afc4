import { describe, expect, test } from "vitest";
import { hex } from "../../sdk/bytes.ts";
import { openBase, setupBaseR } from "../../sdk/hpke/open-base.ts";
import { regionPublicKey } from "../../sdk/node/region-key.ts";
import { fromHex, readVectors } from "../vectors/read.ts";

/** test/peers/go-hpke/vectors.go writes them. */
interface HpkeCase {
  readonly comment: string;
  readonly seed: string;
  readonly publicKey: string;
  readonly info: string;
  readonly aad: string;
  readonly pt: string;
  readonly enc: string;
  readonly ct: string;
  readonly exports: readonly { readonly context: string; readonly value: string }[];
}

const { cases } = readVectors("hpke-go.json") as { cases: HpkeCase[] }; // As Go wrote them.

describe("opens what Go sealed", () => {
  for (const entry of cases)
    test(entry.comment, async () => {
      const [seed, enc, info] = [fromHex(entry.seed), fromHex(entry.enc), fromHex(entry.info)];
      expect(hex(regionPublicKey(seed))).toBe(entry.publicKey);
      const pt = await openBase(enc, seed, info, fromHex(entry.aad), fromHex(entry.ct));
      expect(pt && hex(pt)).toBe(entry.pt);
      const context = await setupBaseR(enc, seed, info);
      for (const { context: exporterContext, value } of entry.exports)
        expect(hex(await context.exportSecret(fromHex(exporterContext), 32))).toBe(value);
    });
});

test("no vector is skipped", () => expect(cases).toHaveLength(24));
