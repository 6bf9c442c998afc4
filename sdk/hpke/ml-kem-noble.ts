import { sha3_256 } from "@noble/hashes/sha3.js";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import type { MlKem } from "./ml-kem.ts";

/** For where WebAssembly is forbidden, and what our own is tested against. */
export const nobleMlKem: MlKem = {
  encapsulate(publicKey, coins) {
    const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey, coins);
    return { ciphertext: Uint8Array.from(cipherText), sharedSecret: Uint8Array.from(sharedSecret) };
  },
  sha3: (bytes) => Uint8Array.from(sha3_256(bytes)),
};
