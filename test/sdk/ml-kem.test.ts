import {
  createHash,
  createPublicKey,
  decapsulate,
  generateKeyPairSync,
  randomBytes,
} from "node:crypto";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { hex } from "../../sdk/bytes.ts";
import { mlKem768 } from "../../sdk/hpke/ml-kem.ts";
import { nobleMlKem } from "../../sdk/hpke/ml-kem-noble.ts";

const bytes = (length: number) => Uint8Array.from(randomBytes(length));

/** A key pair of OpenSSL's, and its public key's 1,184 bytes. */
function keyPair() {
  const { privateKey } = generateKeyPairSync("ml-kem-768");
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

test("the module imports nothing, and its caller zeroes all that it writes", async () => {
  const module = await WebAssembly.compile(
    await readFile(new URL("../../sdk/wasm/ml-kem.wasm", import.meta.url)),
  );
  expect(WebAssembly.Module.imports(module)).toEqual([]);
  const { exports } = await WebAssembly.instantiate(module);
  const wasm = exports as unknown as {
    memory: WebAssembly.Memory;
    encapsulate(): number;
    sha3(bytes: number): void;
  }; // The exports of sdk/wasm/assembly/ml-kem.ts.
  const memory = new Uint8Array(wasm.memory.buffer);
  memory.set(keyPair().publicKey, 480);
  memory.set(bytes(32), 448);
  expect(wasm.encapsulate()).toBe(1);
  expect(memory.subarray(0, 8384).some((byte) => byte !== 0)).toBe(true);
  // sdk/hpke/ml-kem.ts zeroes up to 8,384: nothing is written beyond.
  expect(memory.subarray(8384).every((byte) => byte === 0)).toBe(true);
});
