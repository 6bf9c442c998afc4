// X25519 (RFC 7748) and Ed25519 verification (RFC 8032) for browsers whose WebCrypto lacks them: noble's, fetched only there.
import { ed25519, x25519 as curve } from "@noble/curves/ed25519.js";
import type { Bytes } from "./bytes.ts";

/** Throws where the result is zero (RFC 7748 §6.1). */
export const x25519 = (privateKey: Bytes, publicKey: Bytes): Bytes =>
  Uint8Array.from(curve.getSharedSecret(privateKey, publicKey));

/** RFC 8032 §5.1.7, with the strict rules of WebCrypto's platforms; false for a public key that is no point. */
export function verify(publicKey: Bytes, signature: Bytes, message: Bytes): boolean {
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: false });
  } catch {
    return false; // noble throws for what is no encoding of a point.
  }
}
