// The renderer's fast way to invitations and pseudonyms against the one of any runtime.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Bytes } from "../../sdk/bytes.ts";
import { mintInvitation, readerPseudonym, type Invitation } from "../../sdk/invitation.ts";
import { inviterOf, pseudonymsOf } from "../../sdk/node/invitations.ts";
import { regions } from "../../sdk/region.ts";

const bytes = (length: number): fc.Arbitrary<Bytes> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((array) => Uint8Array.from(array));
const uint = (max: number) => fc.integer({ min: 0, max });

const invitation: fc.Arbitrary<Invitation> = fc.record({
  keyId: uint(255),
  region: fc.constantFrom(...regions),
  test: fc.boolean(),
  visit: fc.boolean(),
  tenant: uint(0xffffffff),
  campaign: bytes(8),
  reader: bytes(16),
  notice: uint(0xffff),
  expiresAt: uint(0xffffffff),
});

test("signs the same text as any runtime does", async () => {
  await fc.assert(
    fc.asyncProperty(invitation, bytes(32), async (body, seed) => {
      expect(inviterOf(seed)(body)).toBe(await mintInvitation(body, seed));
    }),
  );
});

test("refuses what the form cannot hold", () => {
  const invite = inviterOf(new Uint8Array(32));
  const [body] = fc.sample(invitation, { numRuns: 1, seed: 1 });
  if (body === undefined) throw new Error("no sample");
  for (const wrong of [{ keyId: 256 }, { tenant: -1 }, { notice: 1.5 }, { expiresAt: 2 ** 32 }])
    expect(() => invite({ ...body, ...wrong })).toThrow(RangeError);
  expect(() => invite({ ...body, reader: new Uint8Array(15) })).toThrow(RangeError);
});

test("names a reader as any runtime does, in whatever case the id is written", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: "grapheme" }),
      bytes(32),
      bytes(8),
      async (id, key, campaign) => {
        const pseudonymOf = pseudonymsOf(key, campaign);
        expect(pseudonymOf(id)).toEqual(await readerPseudonym(key, campaign, id));
        expect(pseudonymOf(id.toLowerCase())).toEqual(pseudonymOf(id));
      },
    ),
  );
});
