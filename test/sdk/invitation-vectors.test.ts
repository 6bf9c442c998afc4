import { describe, expect, test } from "vitest";
import { hex } from "../../sdk/bytes.ts";
import { mintInvitation, verifyInvitation, type Invitation } from "../../sdk/invitation.ts";
import { Problem } from "../../sdk/problem.ts";
import type { InvitationCase } from "../vectors/invitation-cases.ts";
import { fromHex, readVectors } from "../vectors/read.ts";

interface KnownKey {
  readonly tenant: number;
  readonly keyId: number;
  readonly publicKey: string;
  readonly seed: string;
}

const { cases, keys } = readVectors("invitation.json") as {
  cases: InvitationCase[];
  keys: KnownKey[];
}; // See readVectors.

const keyOf = (tenant: number, keyId: number) => {
  const known = keys.find((key) => key.tenant === tenant && key.keyId === keyId);
  return known && fromHex(known.publicKey);
};

const jsonOf = (body: Invitation) => ({
  ...body,
  campaign: hex(body.campaign),
  reader: hex(body.reader),
});

/** What the invitation says, or the code of the problem it was refused with. */
const outcome = ({ invitation, now }: InvitationCase) =>
  verifyInvitation(invitation, keyOf, now).then(
    ({ body }) => jsonOf(body),
    (error: unknown) => {
      if (error instanceof Problem) return error.code;
      throw error;
    },
  );

describe("verifying", () => {
  for (const entry of cases)
    test(`${entry.expect}: ${entry.comment}`, async () => {
      expect(await outcome(entry)).toEqual(entry.expect === "verified" ? entry.body : entry.expect);
    });
});

describe("minting gives the vector's text", () => {
  for (const entry of cases.filter(({ body }) => body !== undefined))
    test(entry.comment, async () => {
      const body = entry.body as ReturnType<typeof jsonOf>; // The generator wrote it from an Invitation.
      const minted = await mintInvitation(
        { ...body, campaign: fromHex(body.campaign), reader: fromHex(body.reader) },
        fromHex(keys[0]?.seed ?? ""),
      );
      expect(minted).toBe(entry.invitation);
    });
});

test("no vector is skipped", () => {
  expect(cases).toHaveLength(102);
  expect(cases.filter((entry) => entry.expect !== "verified")).toHaveLength(92);
  expect(new Set(cases.map(({ comment }) => comment)).size).toBe(cases.length);
});
