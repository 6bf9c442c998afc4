import {
  createHash,
  createPrivateKey,
  createPublicKey,
  decapsulate,
  randomBytes,
} from "node:crypto";
import { readFile } from "node:fs/promises";
import { shake128 } from "@noble/hashes/sha3.js";
import { expect, test } from "vitest";
import { hex } from "../../sdk/bytes.ts";
import { mlKem768 } from "../../sdk/hpke/ml-kem.ts";
import { nobleMlKem } from "../../sdk/hpke/ml-kem-noble.ts";

const bytes = (length: number) => Uint8Array.from(randomBytes(length));

/** RFC 9935 §6: a PKCS#8 private key around the seed of 64 bytes that follows. */
const pkcs8Prefix = Buffer.from("3054020100300b060960864801650304040204428040", "hex");

/** OpenSSL's key pair of a seed, and its public key's 1,184 bytes. */
function keyPair(seed: Uint8Array = bytes(64)) {
  const der = Buffer.concat([pkcs8Prefix, seed]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return { privateKey, publicKey: Uint8Array.from(spki.subarray(-1184)) };
}

test("OpenSSL decapsulates what WebAssembly encapsulates, 1,000 times", async () => {
  const ours = await mlKem768();
  for (let round = 0; round < 1000; round++) {
    const { privateKey, publicKey } = keyPair();
    const { ciphertext, sharedSecret } = ours.encapsulate(publicKey, bytes(32));
    expect(decapsulate(privateKey, ciphertext).equals(sharedSecret)).toBe(true);
  }
}, 60_000);

test("noble encapsulates the same from the same coins, 500 times", async () => {
  const ours = await mlKem768();
  for (let round = 0; round < 500; round++) {
    const { publicKey } = keyPair();
    // Coins of one value too: no bit of the message is then hidden behind others.
    const coins = round < 4 ? new Uint8Array(32).fill([0, 255, 0x55, 0xaa][round] ?? 0) : bytes(32);
    expect(ours.encapsulate(publicKey, coins)).toEqual(nobleMlKem.encapsulate(publicKey, coins));
  }
}, 60_000);

test("10,000 pseudo-random cases give C2SP's accumulated vector of ML-KEM-768", async () => {
  // https://c2sp.org/CCTV/ML-KEM: one stream gives seeds, messages and ciphertexts, one digest takes all that comes of them.
  const [input, output] = [shake128.create(), shake128.create()];
  const ours = await mlKem768();
  for (let index = 0; index < 10_000; index++) {
    const { privateKey, publicKey } = keyPair(input.xof(64));
    const { ciphertext, sharedSecret } = ours.encapsulate(
      publicKey,
      Uint8Array.from(input.xof(32)),
    );
    const implicit = decapsulate(privateKey, input.xof(1088));
    output.update(publicKey).update(ciphertext).update(sharedSecret).update(implicit);
  }
  expect(hex(Uint8Array.from(output.xof(32)))).toBe(
    "8a518cc63da366322a8e7a818c7a0d63483cb3528d34a4cf42f35d5ad73f22fc",
  );
}, 120_000);

test("refuses a key with any coefficient of 3,329 or more, first, last, odd or even (FIPS 203 §7.2)", async () => {
  const ours = await mlKem768();
  const { publicKey } = keyPair();
  const coins = bytes(32);
  for (const coefficient of [0, 1, 2, 255, 256, 511, 512, 766, 767])
    for (const value of [3328, 3329, 4095]) {
      const changed = publicKey.slice();
      const at = 3 * (coefficient >> 1);
      const [first = 0, second = 0, third = 0] = changed.subarray(at, at + 3);
      changed.set(
        coefficient % 2 === 0
          ? [value & 255, (second & 0xf0) | (value >> 8), third]
          : [first, (second & 0x0f) | ((value & 15) << 4), value >> 4],
        at,
      );
      if (value === 3328) expect(ours.encapsulate(changed, coins).ciphertext).toHaveLength(1088);
      else {
        expect(() => ours.encapsulate(changed, coins)).toThrow(TypeError);
        expect(() => nobleMlKem.encapsulate(changed, coins)).toThrow(Error);
      }
    }
});

test("SHA3-256 is OpenSSL's for every length that it takes", async () => {
  const ours = await mlKem768();
  const all = bytes(1184);
  for (let length = 0; length <= all.length; length += length < 300 ? 1 : 17) {
    const part = all.slice(0, length);
    expect(hex(ours.sha3(part))).toBe(createHash("sha3-256").update(part).digest("hex"));
    expect(hex(nobleMlKem.sha3(part))).toBe(hex(ours.sha3(part)));
  }
});

test("keys sealed to in turn each keep their own results", async () => {
  const ours = await mlKem768();
  const keys = [keyPair(), keyPair()];
  for (let round = 0; round < 6; round++)
    for (const { privateKey, publicKey } of keys) {
      const { ciphertext, sharedSecret } = ours.encapsulate(publicKey, bytes(32));
      expect(decapsulate(privateKey, ciphertext).equals(sharedSecret)).toBe(true);
      // What stands between two encapsulations to one key changes nothing of what was readied for it.
      ours.sha3(bytes(1184));
    }
});

test("bytes that are no key are refused each time, and the key before and after them is sealed to", async () => {
  const ours = await mlKem768();
  const { publicKey, privateKey } = keyPair();
  const refused = new Uint8Array(1184).fill(255);
  for (let round = 0; round < 2; round++) {
    const { ciphertext, sharedSecret } = ours.encapsulate(publicKey, bytes(32));
    expect(decapsulate(privateKey, ciphertext).equals(sharedSecret)).toBe(true);
    for (let time = 0; time < 2; time++)
      expect(() => ours.encapsulate(refused, bytes(32))).toThrow(TypeError);
  }
});

test("the module imports nothing, and its caller zeroes all of a secret that it writes", async () => {
  const module = await WebAssembly.compile(
    await readFile(new URL("../../sdk/wasm/ml-kem.wasm", import.meta.url)),
  );
  expect(WebAssembly.Module.imports(module)).toEqual([]);
  const { exports } = await WebAssembly.instantiate(module);
  const wasm = exports as unknown as {
    memory: WebAssembly.Memory;
    prepare(): number;
    encapsulate(): void;
    sha3(bytes: number): void;
  }; // The exports of sdk/wasm/assembly/ml-kem.ts.
  const memory = new Uint8Array(wasm.memory.buffer);
  // sdk/hpke/ml-kem.ts zeroes up to the key, at 5,664: what lies behind is the key's alone.
  const beyond = () => Buffer.from(memory.slice(5664)).toString("base64");
  memory.set(keyPair().publicKey, 5664);
  expect(wasm.prepare()).toBe(1);
  const prepared = beyond();
  memory.set(bytes(32), 448);
  wasm.encapsulate();
  expect(memory.subarray(0, 5664).some((byte) => byte !== 0)).toBe(true);
  wasm.sha3(1184);
  expect(beyond()).toBe(prepared);
});
