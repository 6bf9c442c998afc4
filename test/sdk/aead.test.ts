import { createCipheriv, randomBytes, randomInt } from "node:crypto";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { aesGcm, webcryptoAead } from "../../sdk/hpke/aead.ts";

const bytes = (length: number) => Uint8Array.from(randomBytes(length));
const roundsMax = 10_000;

test("WebAssembly seals and opens 10,000 random texts as OpenSSL does, and refuses each with one bit flipped", async () => {
  const aead = await aesGcm();
  for (let round = 0; round < roundsMax; round++) {
    const [key, nonce, aad] = [bytes(32), bytes(12), bytes(randomInt(140))];
    const pt = bytes(randomInt(600));
    const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(aad);
    const wanted = Buffer.concat([cipher.update(pt), cipher.final(), cipher.getAuthTag()]);
    const ct = await aead.seal(key, nonce, aad, pt);
    expect(wanted.equals(ct)).toBe(true);
    const opened = await aead.open(key, nonce, aad, ct);
    expect(opened && Buffer.from(pt).equals(opened)).toBe(true);
    const at = randomInt(ct.length);
    ct[at] = (ct[at] ?? 0) ^ (1 << randomInt(8));
    expect(await aead.open(key, nonce, aad, ct)).toBe(undefined);
  }
}, 60_000);

test("texts beyond the first page of memory grow it", async () => {
  const aead = await aesGcm();
  const [key, nonce, aad, pt] = [bytes(32), bytes(12), bytes(111), bytes(200_001)];
  const ct = await aead.seal(key, nonce, aad, pt);
  expect(Buffer.from(ct).equals(await webcryptoAead.seal(key, nonce, aad, pt))).toBe(true);
  expect(Buffer.from(pt).equals((await aead.open(key, nonce, aad, ct)) ?? new Uint8Array())).toBe(
    true,
  );
});

test("Node has WebAssembly, so that is what is used", async () => {
  expect((await aesGcm()).name).toBe("wasm");
});

test("neither sealing nor opening nor refusing leaves a byte in memory", async () => {
  // Listens in on the compilation, for nothing else gives the module's memory away.
  const instantiate = WebAssembly.instantiate;
  let memory: WebAssembly.Memory | undefined;
  WebAssembly.instantiate = (async (source: BufferSource) => {
    const made = await instantiate(source);
    memory = made.instance.exports["memory"] as WebAssembly.Memory; // The module exports its memory by this name.
    return made;
  }) as typeof instantiate;
  try {
    const fresh = await freshAead();
    const [key, nonce, aad, pt] = [bytes(32), bytes(12), bytes(111), bytes(512)];
    const isZero = () => new Uint8Array(memory?.buffer ?? [1]).every((byte) => byte === 0);
    const ct = await fresh.seal(key, nonce, aad, pt);
    expect(isZero()).toBe(true);
    expect(await fresh.open(key, nonce, aad, ct)).toBeDefined();
    expect(isZero()).toBe(true);
    ct[0] = (ct[0] ?? 0) ^ 1;
    expect(await fresh.open(key, nonce, aad, ct)).toBe(undefined);
    expect(isZero()).toBe(true);
  } finally {
    WebAssembly.instantiate = instantiate;
  }
});

/** The AEAD of a second copy of its file, compiled anew. */
async function freshAead() {
  const again = "../../sdk/hpke/aead.ts?fresh";
  const { aesGcm: fresh } = (await import(again)) as { aesGcm: typeof aesGcm }; // The same file under another name.
  return fresh();
}

test("a refused text is not decrypted in memory: what lies there is the ciphertext", async () => {
  const module = await readFile(new URL("../../sdk/wasm/aes-gcm.wasm", import.meta.url));
  const { instance } = await WebAssembly.instantiate(module);
  const { memory, open } = instance.exports as unknown as {
    memory: WebAssembly.Memory;
    open: (aadBytes: number, textBytes: number) => number;
  }; // The exports of sdk/wasm/assembly/aes-gcm.ts.
  const all = new Uint8Array(memory.buffer);
  const [key, nonce, ct] = [bytes(32), bytes(12), bytes(64)];
  all.set(key, 1152);
  all.set(nonce, 1184);
  all.set(ct, 2048);
  all.set(bytes(16), 2048 + 64);
  expect(open(0, 64)).toBe(0);
  expect(Buffer.from(all.slice(2048, 2048 + 64)).equals(ct)).toBe(true);
});

test("the module is plain WebAssembly of the first version: it imports nothing and exports three names", async () => {
  const module = await WebAssembly.compile(
    await readFile(new URL("../../sdk/wasm/aes-gcm.wasm", import.meta.url)),
  );
  expect(WebAssembly.Module.imports(module)).toEqual([]);
  expect(WebAssembly.Module.exports(module).map(({ name }) => name)).toEqual([
    "seal",
    "open",
    "memory",
  ]);
});
