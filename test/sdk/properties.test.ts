import * as fc from "fast-check";
import { expect, test } from "vitest";
import { base64url, concat, fromBase64url, hex, type Bytes } from "../../sdk/bytes.ts";
import { parseEnvelope } from "../../sdk/envelope.ts";
import {
  encodeInvitation,
  mintInvitation,
  parseInvitation,
  verifyInvitation,
} from "../../sdk/invitation.ts";
import { publicKeyOfSeed } from "../../sdk/ed25519.ts";
import { openerOf } from "../../sdk/node/open.ts";
import { generateSeed, regionPublicKey } from "../../sdk/node/region-key.ts";
import {
  padPlaintext,
  payloadBytesMax,
  plaintextSizes,
  unpadPlaintext,
} from "../../sdk/padding.ts";
import { regions } from "../../sdk/region.ts";
import { seal, sealPayload } from "../../sdk/seal.ts";

const bytesOf = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((array): Bytes => array.slice());
const region = fc.constantFrom(...regions);
const tenant = fc.integer({ min: 0, max: 0xffffffff });
const keyId = fc.integer({ min: 0, max: 255 });

const seed = generateSeed();
const open = openerOf(seed);
const publicKey = regionPublicKey(seed);
const binding = fc.record({
  keyId,
  region,
  tenant,
  campaign: bytesOf(8),
  reader: bytesOf(16),
  submissionId: bytesOf(16),
  consent: fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ maxDepth: 1 }), {
    maxKeys: 4,
  }),
  invitation: bytesOf(102),
});
const answers = fc.dictionary(
  fc.stringMatching(/^[a-z][a-z0-9-]{0,31}$/),
  fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 60 }),
    fc.integer(),
    fc.array(fc.string({ maxLength: 9 }), { maxLength: 5 }),
  ),
  { maxKeys: 8 },
);

test("whatever is sealed opens to itself", async () => {
  await fc.assert(
    fc.asyncProperty(binding, answers, async (to, given) => {
      const envelope = await seal({ ...to, publicKey, answers: given, language: "de" });
      expect(JSON.parse(open(to, envelope))).toEqual({ answers: given, language: "de" });
    }),
    { numRuns: 150 },
  );
});

test("an envelope with any bit flipped is refused", async () => {
  await fc.assert(
    fc.asyncProperty(binding, fc.nat(), fc.nat(7), async (to, position, bit) => {
      const envelope = await sealPayload({ ...to, publicKey }, '{"answers":{},"language":"de"}');
      const index = position % envelope.length;
      envelope[index] = (envelope[index] ?? 0) ^ (1 << bit);
      expect(() => open(to, envelope)).toThrow(expect.objectContaining({ name: "Problem" }));
    }),
    { numRuns: 200 },
  );
});

test("an envelope of any payload has one of five lengths, and says nothing else of the payload", async () => {
  await fc.assert(
    fc.asyncProperty(
      binding,
      fc.string({ unit: "grapheme", maxLength: 1000 }),
      async (to, payload) => {
        const envelope = await sealPayload({ ...to, publicKey }, payload);
        expect(plaintextSizes.map((size) => 7 + 1120 + size + 16)).toContain(envelope.length);
      },
    ),
    { numRuns: 50 },
  );
});

test("whatever parses as an envelope is its three parts again", () => {
  fc.assert(
    fc.property(keyId, fc.constantFrom(...plaintextSizes), fc.nat(255), (id, size, fill) => {
      const suite = Uint8Array.of(0x64, 0x7a, 0, 1, 0, 2);
      const bytes = concat(Uint8Array.of(id), suite, new Uint8Array(1120 + size + 16).fill(fill));
      const { hdr, enc, ct, keyId: parsed } = parseEnvelope(bytes);
      expect(parsed).toBe(id);
      expect(hex(concat(hdr, enc, ct))).toBe(hex(bytes));
    }),
  );
});

test("every payload up to the limit pads to the smallest size and comes back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: payloadBytesMax }), (payload) => {
      const padded = padPlaintext(payload.slice());
      expect(padded.length).toBe(plaintextSizes.find((size) => size >= payload.length + 2));
      expect(hex(unpadPlaintext(padded) ?? Uint8Array.of(1))).toBe(hex(payload));
    }),
  );
});

test("whatever unpads is what padding would give", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...plaintextSizes),
      fc.nat(4200),
      fc.uint8Array({ maxLength: 40 }),
      (size, length, start) => {
        const plaintext = new Uint8Array(size);
        plaintext.set(start);
        plaintext.set([length >> 8, length & 255]);
        const payload = unpadPlaintext(plaintext);
        if (payload) expect(hex(padPlaintext(payload))).toBe(hex(plaintext));
      },
    ),
    { numRuns: 2000 },
  );
});

const invitation = fc.record({
  keyId,
  region,
  test: fc.boolean(),
  visit: fc.boolean(),
  tenant,
  campaign: bytesOf(8),
  reader: bytesOf(16),
  notice: fc.integer({ min: 0, max: 0xffff }),
  expiresAt: fc.integer({ min: 1, max: 0xffffffff }),
});

test("whatever is minted verifies as itself, and any character changed is refused", async () => {
  const key = generateSeed();
  const known = await publicKeyOfSeed(key);
  await fc.assert(
    fc.asyncProperty(invitation, fc.nat(135), fc.nat(63), async (body, position, character) => {
      const text = await mintInvitation(body, key);
      expect(text).toHaveLength(136);
      const { body: verified, bytes } = await verifyInvitation(text, () => known, 0);
      expect(verified).toEqual(body);
      expect(base64url(bytes)).toBe(text);
      const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
      const changed =
        text.slice(0, position) + alphabet.charAt(character) + text.slice(position + 1);
      if (changed !== text)
        await expect(verifyInvitation(changed, () => known, 0)).rejects.toThrow(
          expect.objectContaining({ name: "Problem" }),
        );
    }),
    { numRuns: 200 },
  );
});

test("whatever parses as an invitation encodes to the same bytes", () => {
  let parsedCount = 0;
  fc.assert(
    fc.property(bytesOf(102), fc.nat(5), fc.nat(5), (bytes, regionByte, flags) => {
      bytes.set([1], 0);
      bytes.set([regionByte, flags], 2);
      const isForm = regionByte >= 1 && regionByte <= 3 && flags <= 3;
      if (!isForm) {
        expect(() => parseInvitation(bytes)).toThrow(
          expect.objectContaining({ code: "invitation-malformed" }),
        );
      } else {
        parsedCount++;
        expect(hex(encodeInvitation(parseInvitation(bytes).body))).toBe(hex(bytes.slice(0, 38)));
      }
    }),
    { numRuns: 500 },
  );
  expect(parsedCount).toBeGreaterThan(20);
});

test("whatever decodes as base64url encodes to the same text", () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 24 }),
      fc.stringMatching(/^[A-Za-z0-9_-]{0,24}$/),
      (any, likely) => {
        for (const text of [any, likely]) {
          const bytes = fromBase64url(text);
          if (bytes) expect(base64url(bytes)).toBe(text);
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test("base64url is Node's", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const text = Buffer.from(bytes).toString("base64url");
      expect(base64url(bytes)).toBe(text);
      expect(hex(fromBase64url(text) ?? Uint8Array.of(0))).toBe(hex(bytes));
    }),
  );
});
