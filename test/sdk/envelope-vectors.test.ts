import { describe, expect, test } from "vitest";
import { hex } from "../../sdk/bytes.ts";
import { openerOf } from "../../sdk/node/open.ts";
import { regionPublicKey } from "../../sdk/node/region-key.ts";
import { Problem } from "../../sdk/problem.ts";
import { sealPayload } from "../../sdk/seal.ts";
import type { EnvelopeCase } from "../vectors/envelope-case.ts";
import { fromHex, readVectors } from "../vectors/read.ts";

const { cases } = readVectors("envelope.json") as { cases: EnvelopeCase[] }; // See readVectors.

const bindingOf = (entry: EnvelopeCase) => ({
  ...entry,
  campaign: fromHex(entry.campaign),
  reader: fromHex(entry.reader),
  submissionId: fromHex(entry.submissionId),
  invitation: fromHex(entry.invitation),
});

/** The payload, or the code of the problem it was refused with. */
function outcome(entry: EnvelopeCase): string {
  try {
    return openerOf(fromHex(entry.seed))(bindingOf(entry), fromHex(entry.envelope));
  } catch (error) {
    if (error instanceof Problem) return error.code;
    throw error;
  }
}

describe("opening", () => {
  for (const entry of cases)
    test(`${entry.expect}: ${entry.comment}`, () => {
      expect(outcome(entry)).toBe(entry.expect === "opened" ? entry.payload : entry.expect);
    });
});

describe("sealing with the coins of the vector gives its envelope", () => {
  for (const entry of cases.filter(({ expect: outcomeWanted }) => outcomeWanted === "opened"))
    test(entry.comment, async () => {
      const publicKey = regionPublicKey(fromHex(entry.seed));
      const sealed = await sealPayload(
        { ...bindingOf(entry), publicKey },
        entry.payload ?? "",
        fromHex(entry.coins ?? ""),
      );
      expect(hex(sealed)).toBe(entry.envelope);
    });
});

test("no vector is skipped", () => {
  expect(cases).toHaveLength(197);
  expect(cases.filter((entry) => entry.expect !== "opened")).toHaveLength(167);
  expect(new Set(cases.map(({ comment }) => comment)).size).toBe(cases.length);
});
