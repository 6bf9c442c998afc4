// AES-256-GCM: our constant-time WebAssembly, or WebCrypto where a host page's policy forbids WebAssembly.
import type { Bytes } from "../bytes.ts";
import { aesGcmHex } from "../wasm/aes-gcm.generated.ts";
import { instantiate } from "../wasm/instantiate.ts";
import { Nt } from "./suite.ts";

export interface Aead {
  /** Which implementation this is; the `wasm-unsafe-eval` of a page's policy decides. */
  readonly name: "wasm" | "webcrypto";
  /** Ciphertext and tag. */
  seal(key: Bytes, nonce: Bytes, aad: Bytes, pt: Bytes): Bytes | Promise<Bytes>;
  /** The plaintext; undefined, and nothing of the plaintext, where the tag does not hold. */
  open(
    key: Bytes,
    nonce: Bytes,
    aad: Bytes,
    ct: Bytes,
  ): Bytes | undefined | Promise<Bytes | undefined>;
}

/** The addresses that sdk/wasm/assembly/aes-gcm.ts reads and writes. */
const address = { key: 1152, nonce: 1184, data: 2048 } as const;
const pageBytes = 65536;

interface AesGcmExports {
  readonly memory: WebAssembly.Memory;
  seal(aadBytes: number, textBytes: number): void;
  open(aadBytes: number, textBytes: number): number;
}

function wasmAead(wasm: AesGcmExports): Aead {
  let memory = new Uint8Array(wasm.memory.buffer);

  /** Works on `text`, of which `textBytes` are not the tag; zeroes all memory used: keys, key stream and text. */
  function run<T>(
    [key, nonce, aad, text]: readonly [Bytes, Bytes, Bytes, Bytes],
    work: (textAddress: number) => T,
  ): T {
    const textAddress = (address.data + aad.length + 15) & -16;
    const usedBytes = textAddress + text.length + Nt;
    if (usedBytes > memory.length) {
      wasm.memory.grow(Math.ceil((usedBytes - memory.length) / pageBytes));
      memory = new Uint8Array(wasm.memory.buffer);
    }
    try {
      memory.set(key, address.key);
      memory.set(nonce, address.nonce);
      memory.set(aad, address.data);
      memory.set(text, textAddress);
      return work(textAddress);
    } finally {
      memory.fill(0, 0, usedBytes);
    }
  }

  return {
    name: "wasm",
    seal: (key, nonce, aad, pt) =>
      run([key, nonce, aad, pt], (textAddress) => {
        wasm.seal(aad.length, pt.length);
        return memory.slice(textAddress, textAddress + pt.length + Nt);
      }),
    open: (key, nonce, aad, ct) =>
      ct.length < Nt
        ? undefined
        : run([key, nonce, aad, ct], (textAddress) => {
            const textBytes = ct.length - Nt;
            if (wasm.open(aad.length, textBytes) === 0) return undefined;
            return memory.slice(textAddress, textAddress + textBytes);
          }),
  };
}

export const webcryptoAead: Aead = {
  name: "webcrypto",
  async seal(key, iv, additionalData, pt) {
    const aesKey = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
    return new Uint8Array(
      await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, aesKey, pt),
    );
  },
  async open(key, iv, additionalData, ct) {
    const aesKey = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);
    return crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, aesKey, ct).then(
      (pt) => new Uint8Array(pt),
      () => undefined,
    );
  },
};

let aead: Promise<Aead> | undefined;

/** The AEAD of this runtime, compiled once. */
export const aesGcm = (): Promise<Aead> =>
  (aead ??= instantiate(aesGcmHex).then(
    // The module's exports are those of the committed source; its checksum is tested.
    (exports) => wasmAead(exports as unknown as AesGcmExports),
    () => webcryptoAead,
  ));
