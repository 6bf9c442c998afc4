// The cases of envelope.json. Each is complete: what the envelope must be bound to, the region's seed, and the outcome.
import { answerAad, answerInfo, envelopeHeader } from "../../sdk/answer-binding.ts";
import { concat, hex, u16, u32, u8, utf8, type Bytes } from "../../sdk/bytes.ts";
import { canonicalBytes } from "../../sdk/canonical.ts";
import { webcryptoAead } from "../../sdk/hpke/aead.ts";
import { sealBase } from "../../sdk/hpke/hpke.ts";
import { keySchedule } from "../../sdk/hpke/key-schedule.ts";
import { encap } from "../../sdk/hpke/xwing.ts";
import { padPlaintext } from "../../sdk/padding.ts";
import { regions } from "../../sdk/region.ts";
import { sealPayload } from "../../sdk/seal.ts";

import { fixedBytes, flipped, replaced } from "./deterministic.ts";
import {
  caseOf,
  payloadOf,
  shortPayload,
  situation,
  type EnvelopeCase,
  type Situation,
} from "./envelope-case.ts";

async function goodCases(): Promise<EnvelopeCase[]> {
  const cases: EnvelopeCase[] = [];
  for (const [index, region] of regions.entries()) {
    const at = await situation(`good ${region}`, region, [0, 17, 255][index] ?? 0);
    const payloads = [
      ["a short payload", shortPayload],
      ...[254, 255, 510, 511, 1022, 1023, 2046, 2047, 4094].map((bytes) => [
        `a payload of ${bytes} bytes`,
        payloadOf(bytes),
      ]),
    ] as const;
    for (const [comment = "", payload = ""] of payloads) {
      const coins = fixedBytes(`${region} ${comment} coins`, 64);
      const envelope = await sealPayload(at, payload, coins);
      cases.push(
        caseOf(`${region}: ${comment}`, "opened", at, envelope, { payload, coins: hex(coins) }),
      );
    }
  }
  return cases;
}

/** Everything an envelope is bound to, changed one at a time, with the envelope left as it was. */
function boundCases(at: Situation, other: Situation, envelope: Bytes): EnvelopeCase[] {
  const cases: EnvelopeCase[] = [];
  const refuse = (comment: string, changed: Partial<Situation>) =>
    cases.push(caseOf(comment, "envelope-unopenable", { ...at, ...changed }, envelope));

  for (const [comment, seed] of [
    ["one bit of the seed", flipped(at.seed, 0)],
    ["the last bit of the seed", flipped(at.seed, 31, 7)],
    ["another region's seed", other.seed],
  ] as const)
    refuse(`opened with ${comment} changed`, { seed });
  for (const tenant of [0x01020305, 0x00020304, 0x04030201, 1, 0xffffffff])
    refuse(`replayed under tenant ${tenant}`, { tenant });
  for (const region of regions.filter((name) => name !== at.region))
    refuse(`replayed under region ${region}`, { region });
  for (const keyId of [at.keyId + 1, 0, 255]) refuse(`replayed under key id ${keyId}`, { keyId });
  for (let index = 0; index < 8; index++)
    refuse(`replayed under a campaign whose byte ${index} differs`, {
      campaign: flipped(at.campaign, index, index % 8),
    });
  refuse("replayed under another campaign", { campaign: other.campaign });
  for (let index = 0; index < 16; index += 3) {
    refuse(`replayed for a reader whose byte ${index} differs`, {
      reader: flipped(at.reader, index, index % 8),
    });
    refuse(`replayed as a submission whose byte ${index} differs`, {
      submissionId: flipped(at.submissionId, index, index % 8),
    });
  }
  refuse("replayed for another reader", { reader: other.reader });
  refuse("replayed as another submission", { submissionId: other.submissionId });
  refuse("reader and submission swapped", { reader: at.submissionId, submissionId: at.reader });

  for (const [comment, changed] of [
    ["another notice", { notice: 4 }],
    ["a purpose less", { purposes: ["results"] }],
    ["a purpose more", { purposes: ["results", "personalisation", "research"] }],
    ["no purpose", { purposes: [] }],
    ["its purposes in another order", { purposes: ["personalisation", "results"] }],
    ["another time", { givenAt: "2026-11-20T20:15:01Z" }],
    ["the same time written otherwise", { givenAt: "2026-11-20T20:15:00.000Z" }],
    ["another language", { language: "en" }],
    ["a member more", { more: true }],
    ["its notice as a text", { notice: "3" }],
  ] as const)
    refuse(`replayed under a consent with ${comment}`, { consent: { ...at.consent, ...changed } });
  refuse("replayed under an empty consent", { consent: {} });

  for (const [index, name] of [
    [0, "version"],
    [1, "key id"],
    [2, "region"],
    [3, "flags"],
    [7, "tenant"],
    [15, "campaign"],
    [31, "reader"],
    [33, "notice"],
    [37, "expiry"],
    [38, "signature's first byte"],
    [101, "signature's last byte"],
  ] as const)
    refuse(`replayed under an invitation whose ${name} differs`, {
      invitation: flipped(at.invitation, index),
    });
  refuse("replayed under another reader's invitation", { invitation: other.invitation });
  refuse("replayed under an invitation cut short", { invitation: at.invitation.slice(0, 101) });
  refuse("replayed under an invitation and a zero", { invitation: concat(at.invitation, u8(0)) });
  refuse("replayed under no invitation", { invitation: new Uint8Array() });
  return cases;
}

/** Framing: suites that are not ours, and lengths that cannot be. */
function framingCases(at: Situation, envelope: Bytes): EnvelopeCase[] {
  const suites: readonly (readonly [string, number, number, number])[] = [
    ["the KEM DHKEM(X25519)", 0x0020, 1, 2],
    ["the KEM DHKEM(P-256)", 0x0010, 1, 2],
    ["the KEM ML-KEM-768", 0x0041, 1, 2],
    ["the KEM MLKEM1024-P384", 0x0051, 1, 2],
    ["a KEM one above ours", 0x647b, 1, 2],
    ["a KEM whose bytes are swapped", 0x7a64, 1, 2],
    ["the KDF HKDF-SHA384", 0x647a, 2, 2],
    ["the KDF HKDF-SHA512", 0x647a, 3, 2],
    ["the KDF SHAKE256", 0x647a, 0x11, 2],
    ["no KDF", 0x647a, 0, 2],
    ["the AEAD AES-128-GCM", 0x647a, 1, 1],
    ["the AEAD ChaCha20Poly1305", 0x647a, 1, 3],
    ["export only", 0x647a, 1, 0xffff],
    ["KDF and AEAD swapped", 0x647a, 2, 1],
    ["a suite of zeros", 0, 0, 0],
  ];
  const lengths = [0, 1, 6, 7, 8, 1126, 1127, 1128, 1142, 1143, 1144, 1398, 1400, 1654, 2168];
  const padded = (length: number) =>
    replaced(new Uint8Array(length), 0, envelope.subarray(0, length));
  return [
    ...suites.map(([comment, kem, kdf, aead]) =>
      caseOf(
        `names ${comment}`,
        "suite-unknown",
        at,
        replaced(envelope, 1, concat(u16(kem), u16(kdf), u16(aead))),
      ),
    ),
    ...[...lengths, 4119, 5238, 5240, 9335].map((length) =>
      caseOf(
        `cut or filled with zeros to ${length} bytes`,
        "envelope-malformed",
        at,
        padded(length),
      ),
    ),
    caseOf("a byte too many before it", "suite-unknown", at, concat(u8(at.keyId), envelope)),
    caseOf("filled with zeros to the next size", "envelope-unopenable", at, padded(1655)),
  ];
}

/** Points of small order, or spelt beyond the field, as RFC 7748 §6.1 and §7 warn of. */
const oddPoints: readonly (readonly [string, string])[] = [
  ["zero", "00".repeat(32)],
  ["one", `01${"00".repeat(31)}`],
  ["a point of order 8", "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"],
  ["another point of order 8", "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"],
  ["p - 1", `ec${"ff".repeat(30)}7f`],
  ["p", `ed${"ff".repeat(30)}7f`],
  ["p + 1", `ee${"ff".repeat(30)}7f`],
  ["all ones", "ff".repeat(32)],
];

/** Ciphertexts that somebody meddled with. */
async function meddledCases(at: Situation, envelope: Bytes): Promise<EnvelopeCase[]> {
  const again = await sealPayload(at, shortPayload, fixedBytes("again coins", 64));
  const [encStart, ctXStart, ctStart, tagStart] = [7, 1095, 1127, 1383];
  const refuse = (comment: string, changed: Bytes) =>
    caseOf(comment, "envelope-unopenable", at, changed);
  const flips: readonly (readonly [string, number, number])[] = [
    ["the key id", 0, 0],
    ["the key id", 0, 7],
    ["the first byte of enc", encStart, 0],
    ["enc's u", encStart + 500, 3],
    ["the last byte of enc's u", encStart + 959, 7],
    ["the first byte of enc's v", encStart + 960, 0],
    ["the last byte of enc's v", ctXStart - 1, 7],
    ["the X25519 share's first byte", ctXStart, 0],
    ["the X25519 share's middle", ctXStart + 16, 4],
    ["the X25519 share's last byte", ctStart - 1, 6],
    ["the X25519 share's top bit, which X25519 itself ignores", ctStart - 1, 7],
    ["the ciphertext's length field, high", ctStart, 0],
    ["the ciphertext's length field, low", ctStart + 1, 0],
    ["the ciphertext's first byte of payload", ctStart + 2, 5],
    ["the ciphertext's padding", ctStart + 200, 1],
    ["the ciphertext's last byte", tagStart - 1, 7],
    ["the tag's first byte", tagStart, 0],
    ["the tag's middle", tagStart + 8, 3],
    ["the tag's last byte", envelope.length - 1, 7],
  ];
  return [
    ...flips.map(([what, index, bit]) =>
      refuse(`bit ${bit} of ${what} flipped`, flipped(envelope, index, bit)),
    ),
    refuse("enc of another envelope", replaced(envelope, encStart, again.slice(encStart, ctStart))),
    refuse(
      "ML-KEM's part of another envelope's enc",
      replaced(envelope, encStart, again.slice(encStart, ctXStart)),
    ),
    refuse(
      "X25519's part of another envelope's enc",
      replaced(envelope, ctXStart, again.slice(ctXStart, ctStart)),
    ),
    refuse("ct of another envelope", replaced(envelope, ctStart, again.slice(ctStart))),
    refuse("the tag of another envelope", replaced(envelope, tagStart, again.slice(tagStart))),
    refuse("a tag of zeros", replaced(envelope, tagStart, new Uint8Array(16))),
    refuse("enc of zeros", replaced(envelope, encStart, new Uint8Array(1120))),
    refuse("ct of zeros", replaced(envelope, ctStart, new Uint8Array(272))),
    refuse(
      "enc's two parts swapped",
      replaced(
        envelope,
        encStart,
        concat(envelope.slice(ctXStart, ctStart), envelope.slice(encStart, ctXStart)),
      ),
    ),
    ...oddPoints.map(([comment, point]) =>
      refuse(
        `the X25519 share is ${comment}`,
        replaced(envelope, ctXStart, Buffer.from(point, "hex")),
      ),
    ),
  ];
}

/** What a sealer that holds the public key, but not to the specification, could send. */
async function wrongSealerCases(at: Situation): Promise<EnvelopeCase[]> {
  const hdr = envelopeHeader(at.keyId);
  const info = answerInfo(hdr);
  const consentBytes = canonicalBytes(at.consent);
  const aad = await answerAad({ ...at, consentBytes, invitationBytes: at.invitation });
  const plaintext = padPlaintext(utf8(shortPayload));
  const cases: EnvelopeCase[] = [];

  async function refuse(comment: string, made: { info?: Bytes; aad?: Bytes; plaintext?: Bytes }) {
    const coins = fixedBytes(`${comment} coins`, 64);
    const used = { info, aad, plaintext, ...made };
    const { enc, ct } = await sealBase(at.publicKey, used.info, used.aad, used.plaintext, coins);
    cases.push(caseOf(comment, "envelope-unopenable", at, concat(hdr, enc, ct)));
  }

  await refuse("sealed with no info", { info: new Uint8Array() });
  await refuse("sealed with an info of version 2", { info: replaced(info, 30, utf8("2")) });
  await refuse("sealed with an info without its zero byte", {
    info: concat(info.slice(0, 31), hdr),
  });
  await refuse("sealed with an info without hdr", { info: info.slice(0, 32) });
  await refuse("sealed with the info of choices", {
    info: concat(utf8("application/vnd.maily.choices v1"), u8(0), hdr),
  });

  const other = { ...at, consentBytes, invitationBytes: at.invitation };
  await refuse("sealed with no aad", { aad: new Uint8Array() });
  await refuse("sealed with an aad of version 2", { aad: replaced(aad, 0, u8(2)) });
  await refuse("sealed with an aad cut short", { aad: aad.slice(0, 110) });
  await refuse("sealed with an aad and a zero", { aad: concat(aad, u8(0)) });
  await refuse("sealed with a little-endian tenant", {
    aad: replaced(aad, 1, u32(at.tenant).reverse()),
  });
  await refuse("sealed with region and key id swapped in the aad", {
    aad: replaced(aad, 13, Uint8Array.of(at.keyId, aad[13] ?? 0)),
  });
  await refuse("sealed with consent's and invitation's digests swapped", {
    aad: await answerAad({ ...other, consentBytes: at.invitation, invitationBytes: consentBytes }),
  });
  await refuse("sealed with a consent that is not in RFC 8785's form", {
    aad: await answerAad({ ...other, consentBytes: utf8(JSON.stringify(at.consent)) }),
  });
  await refuse("sealed with the invitation's text instead of its bytes", {
    aad: await answerAad({ ...other, invitationBytes: utf8(hex(at.invitation)) }),
  });
  await refuse("sealed with the invitation's body alone", {
    aad: await answerAad({ ...other, invitationBytes: at.invitation.slice(0, 38) }),
  });

  const at256 = (change: (bytes: Bytes) => Bytes) => ({ plaintext: change(plaintext) });
  const length = utf8(shortPayload).length;
  await refuse(
    "padded with a one at the very end",
    at256((bytes) => flipped(bytes, 255)),
  );
  await refuse(
    "padded with a one behind the payload",
    at256((bytes) => flipped(bytes, 2 + length)),
  );
  await refuse(
    "padded with spaces",
    at256((bytes) => bytes.fill(0x20, 2 + length)),
  );
  await refuse(
    "a length one too short",
    at256((bytes) => replaced(bytes, 0, u16(length - 1))),
  );
  await refuse(
    "a length just beyond the plaintext",
    at256((bytes) => replaced(bytes, 0, u16(255))),
  );
  await refuse(
    "the longest length",
    at256((bytes) => replaced(bytes, 0, u16(0xffff))),
  );
  await refuse(
    "a little-endian length",
    at256((bytes) => replaced(bytes, 0, u16(length).reverse())),
  );
  for (const size of [512, 1024, 2048, 4096])
    await refuse(`padded to ${size} bytes where 256 are enough`, {
      plaintext: replaced(new Uint8Array(size), 0, plaintext),
    });
  for (const [comment, bytes] of [
    ["a byte that UTF-8 has not", [0x22, 0xff, 0x22]],
    ["an overlong sequence", [0x22, 0xc0, 0xaf, 0x22]],
    ["a surrogate", [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ["a sequence cut short", [0x22, 0xe2, 0x82]],
    ["a code point beyond Unicode", [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22]],
  ] as const)
    await refuse(`a payload with ${comment}`, { plaintext: padPlaintext(Uint8Array.from(bytes)) });

  cases.push(await secondMessageCase(at, hdr, aad, plaintext));
  return cases;
}

/** RFC 9180 §5.2: the nonce of the second message of a context, where single-shot has only a first. */
async function secondMessageCase(
  at: Situation,
  hdr: Bytes,
  aad: Bytes,
  plaintext: Bytes,
): Promise<EnvelopeCase> {
  const comment = "sealed as the second message of a context";
  const { enc, sharedSecret } = await encap(at.publicKey, fixedBytes(comment, 64));
  const expand = await keySchedule(answerInfo(hdr))(sharedSecret);
  const nonce = flipped(await expand("base_nonce", 12), 11);
  const ct = await webcryptoAead.seal(await expand("key", 32), nonce, aad, plaintext);
  return caseOf(comment, "envelope-unopenable", at, concat(hdr, enc, ct));
}

export async function envelopeCases(): Promise<EnvelopeCase[]> {
  const at = await situation("bad", "eu", 9);
  const other = await situation("other", "us", 2);
  const envelope = await sealPayload(at, shortPayload, fixedBytes("bad coins", 64));
  return [
    ...(await goodCases()),
    ...boundCases(at, other, envelope),
    ...framingCases(at, envelope),
    ...(await meddledCases(at, envelope)),
    ...(await wrongSealerCases(at)),
  ];
}
