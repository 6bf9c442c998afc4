// Digests and signatures without a promise each: admission is one turn from a reader's bytes to the outbox. WebCrypto, which
// the page has, makes each of them a turn of its own, and that costs as much as what it computes. A test holds both to the
// same bytes.
// eslint-disable-next-line no-restricted-imports -- workerd has it, and this is its one door
import { createPrivateKey, createPublicKey, hash, sign, verify, type KeyObject } from "node:crypto";
import { concat, type Bytes } from "../sdk/bytes.ts";
import { pkcs8Prefix } from "../sdk/ed25519.ts";

export type SignatureKey = KeyObject;

/** RFC 8410 §4: SubjectPublicKeyInfo of an Ed25519 key up to its 32 bytes. */
const spkiPrefix = Uint8Array.of(0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0);

export const signingKey = (seed: Bytes): SignatureKey =>
  createPrivateKey({ key: concat(pkcs8Prefix, seed), format: "der", type: "pkcs8" });

export const verifyingKey = (publicKey: Bytes): SignatureKey =>
  createPublicKey({ key: concat(spkiPrefix, publicKey), format: "der", type: "spki" });

/** base64url of the SHA-256. */
export const sha256Text = (bytes: Uint8Array): string => hash("sha256", bytes, "base64url");

/** The 64-byte Ed25519 signature (RFC 8032). */
export const signatureOf = (key: SignatureKey, message: Uint8Array): Bytes =>
  sign(null, message, key);

export const holds = (key: SignatureKey, message: Uint8Array, signature: Uint8Array): boolean =>
  verify(null, message, key, signature);
