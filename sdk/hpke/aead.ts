// AES-256-GCM: our constant-time WebAssembly with vectors; the same without, fetched only then, where the engine has none;
// WebCrypto where a host page's policy forbids WebAssembly.
import type { Bytes } from "../bytes.ts";
import { aesGcmSimdHex } from "../wasm/aes-gcm-simd.generated.ts";
import { instantiate, isValid } from "../wasm/instantiate.ts";
import { Nt } from "./suite.ts";

type Sealing = (key: Bytes, nonce: Bytes, aad: Bytes, pt: Bytes) => Bytes | Promise<Bytes>;
type Opening = (
  key: Bytes,
  nonce: Bytes,
  aad: Bytes,
  ct: Bytes,
) => Bytes | undefined | Promise<Bytes | undefined>;

export interface Aead {
  /** Which implementation this is; the engine and the `wasm-unsafe-eval` of a page's policy decide. */
  readonly name: "wasm-simd" | "wasm" | "webcrypto";
  /** Ciphertext and tag. */
  readonly seal: Sealing;
  /** The plaintext; undefined, and nothing of the plaintext, where the tag does not hold. */
  readonly open: Opening;
}

/** The addresses that sdk/wasm/assembly/aes-gcm-simd.ts and aes-gcm.ts read and write. */
const address = { key: 1152, nonce: 1184, data: 4096 } as const;
const pageBytes = 65536;

interface AesGcmExports {
  readonly memory: WebAssembly.Memory;
  seal(aadBytes: number, textBytes: number): void;
  open(aadBytes: number, textBytes: number): number;
}

/** Works on `text`, of which `textBytes` are not the tag; zeroes all memory used: keys, key stream and text. */
type Run = <T>(
  inputs: readonly [key: Bytes, nonce: Bytes, aad: Bytes, text: Bytes],
  work: (wasm: AesGcmExports, textAddress: number, memory: Uint8Array<ArrayBuffer>) => T,
) => T;

function runner(wasm: AesGcmExports): Run {
  let memory = new Uint8Array(wasm.memory.buffer);
  return ([key, nonce, aad, text], work) => {
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
      return work(wasm, textAddress, memory);
    } finally {
      memory.fill(0, 0, usedBytes);
    }
  };
}

const sealBy =
  (run: Run): Sealing =>
  (key, nonce, aad, pt) =>
    run([key, nonce, aad, pt], (wasm, textAddress, memory) => {
      wasm.seal(aad.length, pt.length);
      return memory.slice(textAddress, textAddress + pt.length + Nt);
    });

const openBy =
  (run: Run): Opening =>
  (key, nonce, aad, ct) =>
    ct.length < Nt
      ? undefined
      : run([key, nonce, aad, ct], (wasm, textAddress, memory) => {
          const textBytes = ct.length - Nt;
          if (wasm.open(aad.length, textBytes) === 0) return undefined;
          return memory.slice(textAddress, textAddress + textBytes);
        });

async function sealByWebcrypto(
  key: Bytes,
  iv: Bytes,
  additionalData: Bytes,
  pt: Bytes,
): Promise<Bytes> {
  const aesKey = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
  return new Uint8Array(
    await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, aesKey, pt),
  );
}

export const webcryptoAead: Aead = {
  name: "webcrypto",
  seal: sealByWebcrypto,
  async open(key, iv, additionalData, ct) {
    const aesKey = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);
    return crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, aesKey, ct).then(
      (pt) => new Uint8Array(pt),
      () => undefined,
    );
  },
};

/** Undefined where the engine does not know the module's instructions. */
async function runOf(hex: string): Promise<Run | undefined> {
  const exports = await instantiate(hex);
  // The module's exports are those of the committed source; its checksum is tested.
  return exports && runner(exports as unknown as AesGcmExports);
}

const scalarHex = async () => (await import("../wasm/aes-gcm.generated.ts")).aesGcmHex;

let compiled: Promise<Run | undefined> | undefined;

/** Compiled once; undefined where WebAssembly is forbidden, or where what an old engine needs cannot be fetched. */
const wasmRun = (): Promise<Run | undefined> =>
  (compiled ??= runOf(aesGcmSimdHex)
    .then(async (run) => run ?? runOf(await scalarHex()))
    .catch(() => undefined));

/** How this runtime seals. Apart from `aesGcm`, so that a page that only seals does not carry what opens. */
export async function aesGcmSeal(): Promise<Sealing> {
  const run = await wasmRun();
  return run ? sealBy(run) : sealByWebcrypto;
}

const aeadOf = (name: Aead["name"], run: Run): Aead => ({
  name,
  seal: sealBy(run),
  open: openBy(run),
});

/** The AEAD of this runtime. */
export async function aesGcm(): Promise<Aead> {
  const run = await wasmRun();
  return run ? aeadOf(isValid(aesGcmSimdHex) ? "wasm-simd" : "wasm", run) : webcryptoAead;
}

/** What an engine without vectors runs, for tests and benchmarks. */
export async function scalarAead(): Promise<Aead> {
  const run = await runOf(await scalarHex());
  if (!run) throw new Error("this engine does not know plain WebAssembly");
  return aeadOf("wasm", run);
}
