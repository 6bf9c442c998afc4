// Everybody who seals and opens the same answer in the same frame: ours, noble's X-Wing and HKDF with WebCrypto's AES, and
// hpke-js. Runs in Node and, bundled, in Chromium.
import { Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";
import { gcm } from "@noble/ciphers/aes.js";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { ml_kem768_x25519 as nobleXWing } from "@noble/post-quantum/hybrid.js";
import { answerAad, answerInfo, envelopeHeader } from "../../sdk/answer-binding.ts";
import { concat, utf8, type Bytes } from "../../sdk/bytes.ts";
import { canonicalBytes } from "../../sdk/canonical.ts";
import { aesGcm, scalarAead, webcryptoAead } from "../../sdk/hpke/aead.ts";
import { labeledIkm, labeledInfo, scheduleContext } from "../../sdk/hpke/key-schedule.ts";
import { suiteId } from "../../sdk/hpke/suite.ts";
import { encap } from "../../sdk/hpke/xwing.ts";
import { padPlaintext } from "../../sdk/padding.ts";
import { sealPayload, type SealTo } from "../../sdk/seal.ts";
import type { Task } from "./side-by-side.ts";

/** An answer whose payload has 500 bytes. */
export const payload = JSON.stringify({ answers: { why: "x".repeat(464) }, language: "de" });

const own = (bytes: Uint8Array): Bytes => Uint8Array.from(bytes);
const none = new Uint8Array(0);
const random = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));

export const situation = (publicKey: Bytes): SealTo => ({
  publicKey,
  keyId: 1,
  region: "eu",
  tenant: 1,
  campaign: random(8),
  reader: random(16),
  submissionId: random(16),
  consent: {
    notice: 3,
    purposes: ["results", "personalisation"],
    givenAt: "2026-11-20T20:15:00Z",
    language: "de",
  },
  invitation: random(102),
});

const labeledExtract = (salt: Uint8Array, label: string, ikm: Bytes) =>
  extract(sha256, labeledIkm(suiteId, label, ikm), salt);

/** RFC 9180 §5.1 with noble's HKDF. */
export function nobleSchedule(sharedSecret: Uint8Array, info: Bytes) {
  const context = scheduleContext(
    own(labeledExtract(none, "psk_id_hash", none)),
    own(labeledExtract(none, "info_hash", info)),
  );
  const secret = labeledExtract(sharedSecret, "secret", none);
  const labeledExpand = (label: string, length: number) =>
    own(expand(sha256, secret, labeledInfo(suiteId, label, context, length), length));
  return { key: labeledExpand("key", 32), nonce: labeledExpand("base_nonce", 12) };
}

type SealBase = (
  pkR: Bytes,
  info: Bytes,
  aad: Bytes,
  pt: Bytes,
) => Promise<{ enc: Bytes; ct: Bytes }>;

const byNoble: SealBase = async (pkR, info, aad, pt) => {
  const { cipherText, sharedSecret } = nobleXWing.encapsulate(pkR);
  const { key, nonce } = nobleSchedule(sharedSecret, info);
  return { enc: own(cipherText), ct: await webcryptoAead.seal(key, nonce, aad, pt) };
};

export const hpkeJsSuite = new CipherSuite({
  kem: new XWing(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});

async function byHpkeJs(publicKey: Bytes): Promise<SealBase> {
  const recipientPublicKey = await hpkeJsSuite.kem.deserializePublicKey(publicKey);
  return async (_pkR, info, aad, pt) => {
    const sender = await hpkeJsSuite.createSenderContext({ recipientPublicKey, info });
    return { ct: new Uint8Array(await sender.seal(pt, aad)), enc: new Uint8Array(sender.enc) };
  };
}

/** What `sealPayload` does, with another's SealBase. */
async function frame(to: SealTo, sealBase: SealBase): Promise<Bytes> {
  const hdr = envelopeHeader(to.keyId);
  const consentBytes = canonicalBytes(to.consent);
  const aad = await answerAad({ ...to, consentBytes, invitationBytes: to.invitation });
  const { enc, ct } = await sealBase(
    to.publicKey,
    answerInfo(hdr),
    aad,
    padPlaintext(utf8(payload)),
  );
  return concat(hdr, enc, ct);
}

/** Two public keys, so that each of our two ways stays ready: where the platform has X-Wing, `native` uses it. */
export async function sealTasks(native: Bytes, portable: Bytes): Promise<Task[]> {
  const to = situation(portable);
  const hpkeJs = await byHpkeJs(portable);
  const prototype = Object.getPrototypeOf(crypto.subtle) as object;
  const encapsulateBits = Object.getOwnPropertyDescriptor(prototype, "encapsulateBits");
  await encap(native);
  // Without this method our own way is taken, as in a browser that has no X-Wing.
  if (encapsulateBits) Reflect.deleteProperty(prototype, "encapsulateBits");
  await encap(portable);
  if (encapsulateBits) Object.defineProperty(prototype, "encapsulateBits", encapsulateBits);
  const toNative = situation(native);
  return [
    { name: "noble X-Wing + HKDF, WebCrypto AES", run: () => frame(to, byNoble) },
    { name: "hpke-js", run: () => frame(to, hpkeJs) },
    { name: "ours", run: () => sealPayload(to, payload) },
    ...(encapsulateBits && "window" in globalThis
      ? [{ name: "ours, the browser's own X-Wing", run: () => sealPayload(toNative, payload) }]
      : []),
  ];
}

/** AES-256-GCM with a key used once, as HPKE uses it, over an aad of 111 bytes. */
export async function aesTasks(textBytes: number): Promise<Task[]> {
  const [key, nonce, aad] = [random(32), random(12), random(111)];
  const text = new Uint8Array(textBytes);
  const ours = await aesGcm();
  const scalar = await scalarAead();
  return [
    { name: "noble", run: () => gcm(key, nonce, aad).encrypt(text) },
    { name: "WebCrypto", run: () => webcryptoAead.seal(key, nonce, aad, text) },
    { name: `ours (${ours.name})`, run: () => ours.seal(key, nonce, aad, text) },
    ...(ours.name === scalar.name
      ? []
      : [{ name: "ours (wasm)", run: () => scalar.seal(key, nonce, aad, text) }]),
  ];
}
