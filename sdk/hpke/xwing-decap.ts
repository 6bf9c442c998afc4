// X-Wing's other half, for any runtime: no page seals with it; the preference page fetches it to open a reader's own copy.
// A region's server has Node's own (sdk/node/open.ts).
import { sha3_256, shake256 } from "@noble/hashes/sha3.js";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { concat, type Bytes } from "../bytes.ts";
import { Nenc, Nsk } from "./suite.ts";
import { basePoint, scalarMultiplier } from "./x25519.ts";
import { combination, x25519Bytes } from "./xwing.ts";

const mlKemCiphertextBytes = Nenc - x25519Bytes;

/** draft-connolly-cfrg-xwing-kem §5.2: d ‖ z of ML-KEM, then the X25519 private key. */
const expandKey = (skR: Bytes): Bytes => Uint8Array.from(shake256(skR, { dkLen: 96 }));

/** The public key, 1,216 bytes, of the seed `skR`, 32 bytes. */
export async function publicKeyOf(skR: Bytes): Promise<Bytes> {
  if (skR.length !== Nsk) throw new TypeError("not an X-Wing key");
  const expanded = expandKey(skR);
  const { publicKey } = ml_kem768.keygen(expanded.subarray(0, 64));
  const multiply = await scalarMultiplier(expanded.slice(64));
  expanded.fill(0);
  return concat(Uint8Array.from(publicKey), await multiply(basePoint));
}

/** The shared secret of `enc`, 1,120 bytes, for the seed `skR`, 32 bytes. Rejects only what X25519 does (RFC 7748 §6.1). */
export async function decap(enc: Bytes, skR: Bytes): Promise<Bytes> {
  if (enc.length !== Nenc || skR.length !== Nsk) throw new TypeError("not an X-Wing key and enc");
  const expanded = expandKey(skR);
  const { secretKey } = ml_kem768.keygen(expanded.subarray(0, 64));
  const multiply = await scalarMultiplier(expanded.slice(64));
  const ctX = enc.slice(mlKemCiphertextBytes);
  const [pkX, x25519Secret] = await Promise.all([multiply(basePoint), multiply(ctX)]);
  const mlKemSecret = ml_kem768.decapsulate(enc.subarray(0, mlKemCiphertextBytes), secretKey);
  secretKey.fill(0);
  expanded.fill(0);
  return Uint8Array.from(
    sha3_256(combination(Uint8Array.from(mlKemSecret), x25519Secret, ctX, pkX)),
  );
}
