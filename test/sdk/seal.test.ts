import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { openerOf } from "../../sdk/node/open.ts";
import { generateSeed, regionPublicKey } from "../../sdk/node/region-key.ts";
import { encodeInvitation, readerPseudonym } from "../../sdk/invitation.ts";
import { hex } from "../../sdk/bytes.ts";
import { seal, sealPayload, warmUp } from "../../sdk/seal.ts";

const bytes = (length: number) => Uint8Array.from(randomBytes(length));
const seed = generateSeed();
const to = {
  publicKey: regionPublicKey(seed),
  keyId: 1,
  region: "eu" as const,
  tenant: 1,
  campaign: bytes(8),
  reader: bytes(16),
  submissionId: bytes(16),
  consent: { notice: 1, purposes: [], givenAt: "2026-11-20T20:15:00Z", language: "de" },
  invitation: bytes(102),
};

test("a payload over 4,094 bytes is refused before sealing, counted in UTF-8", async () => {
  await expect(sealPayload(to, "x".repeat(4094))).resolves.toHaveLength(7 + 1120 + 4096 + 16);
  for (const payload of ["x".repeat(4095), "ä".repeat(2048)])
    await expect(sealPayload(to, payload)).rejects.toThrow(
      expect.objectContaining({ code: "answer-too-long", members: { limitBytes: 4094 } }),
    );
});

test("the same answer sealed twice gives two envelopes that share nothing but hdr", async () => {
  await warmUp(to);
  const [first, second] = await Promise.all(
    [1, 2].map(() => seal({ ...to, answers: { nps: 9 }, language: "de" })),
  );
  expect(hex(first?.slice(0, 7) ?? bytes(1))).toBe(hex(second?.slice(0, 7) ?? bytes(1)));
  expect(hex(first?.slice(7, 40) ?? bytes(1))).not.toBe(hex(second?.slice(7, 40) ?? bytes(1)));
  expect(hex(first?.slice(-16) ?? bytes(1))).not.toBe(hex(second?.slice(-16) ?? bytes(1)));
});

test("an answer opens whatever order its consent's members stand in, as RFC 8785 orders them", async () => {
  const envelope = await sealPayload(to, "{}");
  const { language, givenAt, purposes, notice } = to.consent;
  expect(
    openerOf(seed)({ ...to, consent: { language, givenAt, purposes, notice } }, envelope),
  ).toBe("{}");
});

test("one opener opens a thousand answers", async () => {
  const open = openerOf(seed);
  const envelopes = await Promise.all(
    Array.from({ length: 1000 }, (_, nps) => seal({ ...to, answers: { nps }, language: "de" })),
  );
  expect(envelopes.map((envelope) => JSON.parse(open(to, envelope)).answers.nps)).toEqual(
    Array.from({ length: 1000 }, (_, nps) => nps),
  );
}, 60_000);

test("one opener opens what is sealed for one key id after another, each under its own alone", async () => {
  const open = openerOf(seed);
  const keyIds = [0, 1, 255, 1, 0];
  const envelopes = await Promise.all(
    keyIds.map((keyId) => sealPayload({ ...to, keyId }, `{"keyId":${keyId}}`)),
  );
  for (const [index, envelope] of envelopes.entries()) {
    const keyId = keyIds[index] ?? 0;
    expect(() => open({ ...to, keyId: keyId ^ 2 }, envelope)).toThrow("cannot be opened");
    const renamed = envelope.slice();
    renamed[0] = keyId ^ 2;
    expect(() => open({ ...to, keyId: keyId ^ 2 }, renamed)).toThrow("cannot be opened");
    expect(open({ ...to, keyId }, envelope)).toBe(`{"keyId":${keyId}}`);
  }
});

test("a seed of another length is refused", () => {
  expect(() => openerOf(bytes(31))).toThrow(TypeError);
  expect(() => regionPublicKey(bytes(64))).toThrow(TypeError);
});

test("a reader's pseudonym ignores case, and differs by campaign and by tenant's key", async () => {
  const key = new Uint8Array(32).fill(7);
  const campaign = new Uint8Array(8).fill(1);
  const pseudonym = hex(await readerPseudonym(key, campaign, "Anna@Example.org"));
  expect(pseudonym).toHaveLength(32);
  expect(hex(await readerPseudonym(key, campaign, "anna@example.org"))).toBe(pseudonym);
  expect(hex(await readerPseudonym(key, bytes(8), "anna@example.org"))).not.toBe(pseudonym);
  expect(hex(await readerPseudonym(bytes(32), campaign, "anna@example.org"))).not.toBe(pseudonym);
});

test("an invitation that its form cannot hold is not encoded", () => {
  const body = {
    keyId: 1,
    region: "eu" as const,
    test: false,
    visit: false,
    tenant: 1,
    campaign: bytes(8),
    reader: bytes(16),
    notice: 1,
    expiresAt: 1,
  };
  expect(encodeInvitation(body)).toHaveLength(38);
  for (const wrong of [
    { keyId: 256 },
    { tenant: -1 },
    { tenant: 2 ** 32 },
    { notice: 1.5 },
    { notice: 65_536 },
    { expiresAt: Number.NaN },
    { campaign: bytes(7) },
    { reader: bytes(17) },
  ])
    expect(() => encodeInvitation({ ...body, ...wrong })).toThrow(RangeError);
});
