// ML-KEM-768 encapsulation (FIPS 203) and SHA3-256: our constant-time WebAssembly, which is a quarter of noble's size and
// time; noble's, fetched only then, where a host page's policy forbids WebAssembly.
import { equalBytes, type Bytes } from "../bytes.ts";
import { instantiate } from "../wasm/instantiate.ts";
import { mlKemHex } from "../wasm/ml-kem.generated.ts";

export interface MlKem {
  /** To a key of 1,184 bytes with 32 random bytes. Throws TypeError for bytes that are no key (§7.2). */
  encapsulate(publicKey: Bytes, coins: Bytes): { ciphertext: Bytes; sharedSecret: Bytes };
  /** SHA3-256 (FIPS 202) of at most 1,184 bytes. */
  sha3(bytes: Bytes): Bytes;
}

/** The addresses that sdk/wasm/assembly/ml-kem.ts and keccak.ts read and write. From `key` on, all is public. */
const address = {
  state: 64,
  secret: 384,
  coins: 448,
  input: 480,
  ciphertext: 4576,
  key: 5664,
} as const;
const secretBytes = 32;
const ciphertextBytes = 1088;

interface MlKemExports {
  readonly memory: WebAssembly.Memory;
  prepare(): number;
  encapsulate(): void;
  sha3(bytes: number): void;
}

function wasmMlKem(wasm: MlKemExports): MlKem {
  const memory = new Uint8Array(wasm.memory.buffer);
  const taken = (from: number, bytes: number) => memory.slice(from, from + bytes);
  let prepared: Bytes | undefined;
  /** What depends on the key alone is two thirds of the work, and made once. */
  const prepare = (publicKey: Bytes) => {
    if (prepared && equalBytes(prepared, publicKey)) return;
    prepared = undefined;
    memory.set(publicKey, address.key);
    if (wasm.prepare() === 0) throw new TypeError("not an ML-KEM-768 key");
    prepared = publicKey.slice();
  };
  return {
    encapsulate(publicKey, coins) {
      prepare(publicKey);
      try {
        memory.set(coins, address.coins);
        wasm.encapsulate();
        return {
          ciphertext: taken(address.ciphertext, ciphertextBytes),
          sharedSecret: taken(address.secret, secretBytes),
        };
      } finally {
        memory.fill(0, 0, address.key);
      }
    },
    sha3(bytes) {
      try {
        memory.set(bytes, address.input);
        wasm.sha3(bytes.length);
        return taken(address.state, 32);
      } finally {
        memory.fill(0, 0, address.key);
      }
    },
  };
}

async function load(): Promise<MlKem> {
  const exports = await instantiate(mlKemHex).catch(() => undefined);
  if (!exports) return (await import("./ml-kem-noble.ts")).nobleMlKem;
  // The module's exports are those of the committed source; its checksum is tested.
  return wasmMlKem(exports as unknown as MlKemExports);
}

let mlKem: Promise<MlKem> | undefined;

/** This runtime's, compiled or fetched once; what could not be fetched is tried again. */
export async function mlKem768(): Promise<MlKem> {
  try {
    return await (mlKem ??= load());
  } catch (error) {
    mlKem = undefined;
    throw error;
  }
}
