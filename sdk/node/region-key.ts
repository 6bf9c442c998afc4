import {
  createHash,
  createPrivateKey,
  createPublicKey,
  randomBytes,
  type KeyObject,
} from "node:crypto";
import { concat, type Bytes } from "../bytes.ts";
import { Nsk } from "../hpke/suite.ts";

/** RFC 9935 §6: a PKCS#8 private key around the 64-byte seed of ML-KEM-768 that follows. */
const mlKemPkcs8Prefix = Buffer.from("3054020100300b060960864801650304040204428040", "hex");
/** RFC 8410 §7: a PKCS#8 private key around the 32 bytes of X25519 that follow. */
const x25519Pkcs8Prefix = Buffer.from("302e020100300506032b656e04220420", "hex");

/** A region's private key, 32 bytes: an X-Wing seed. */
export const generateSeed = (): Bytes => Uint8Array.from(randomBytes(Nsk));

export interface RegionPrivateKey {
  readonly mlKem: KeyObject;
  readonly x25519: KeyObject;
}

const privateKey = (prefix: Buffer, secret: Buffer): KeyObject => {
  const der = Buffer.concat([prefix, secret]);
  try {
    return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  } finally {
    der.fill(0);
  }
};

/** draft-connolly-cfrg-xwing-kem §5.2 expandDecapsulationKey, into the keys of OpenSSL. */
export function regionPrivateKey(seed: Bytes): RegionPrivateKey {
  if (seed.length !== Nsk) throw new TypeError(`a region's seed has ${Nsk} bytes`);
  const expanded = createHash("shake256", { outputLength: 96 }).update(seed).digest();
  try {
    return {
      mlKem: privateKey(mlKemPkcs8Prefix, expanded.subarray(0, 64)),
      x25519: privateKey(x25519Pkcs8Prefix, expanded.subarray(64)),
    };
  } finally {
    expanded.fill(0);
  }
}

/** The raw public key: what follows the header in SubjectPublicKeyInfo. */
export const rawPublicKey = (key: KeyObject, bytes: number): Buffer =>
  createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-bytes);

/** The public key of a seed, 1,216 bytes: ML-KEM-768's, then X25519's. */
export function regionPublicKey(seed: Bytes): Bytes {
  const { mlKem, x25519 } = regionPrivateKey(seed);
  return concat(rawPublicKey(mlKem, 1184), rawPublicKey(x25519, 32));
}
