// Ed25519 (RFC 8032) verified by OpenSSL on this thread, which costs less processor than handing it to another: by WebCrypto a
// signature is a promise, a job and a turn. Node only.
import { createPublicKey, verify, type KeyObject } from "node:crypto";

/** How many parsed keys are kept; beyond it the oldest is forgotten. A key takes a third of the time of a signature. */
export const parsedKeysMax = 1_024;

const parsed = new Map<string, KeyObject>();

function keyOf(publicKey: string): KeyObject {
  const known = parsed.get(publicKey);
  if (known !== undefined) return known;
  const key = createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: publicKey },
    format: "jwk",
  });
  parsed.set(publicKey, key);
  const oldest = parsed.keys().next().value;
  if (parsed.size > parsedKeysMax && oldest !== undefined) parsed.delete(oldest);
  return key;
}

/**
 * False for a wrong signature and for a public key that is no point of the curve. `publicKey` is base64url of 32 bytes, as in
 * a VerificationKey; throws for what has another length.
 */
export const holds = (publicKey: string, message: Uint8Array, signature: Uint8Array): boolean =>
  verify(null, message, keyOf(publicKey), signature);
