import { createCipheriv, randomBytes, randomInt } from "node:crypto";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { aesGcm, scalarAead, webcryptoAead } from "../../sdk/hpke/aead.ts";

const bytes = (length: number) => Uint8Array.from(randomBytes(length));
const roundsMax = 10_000;
const modules = ["aes-gcm-simd", "aes-gcm"] as const;
/** Both of ours: with vectors, which Node has, and without. */
const contenders = [await aesGcm(), await scalarAead()];

for (const aead of contenders)
  test(`${aead.name} seals and opens 10,000 random texts as OpenSSL does, and refuses each with one bit flipped`, async () => {
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

for (const aead of contenders)
  test(`${aead.name}: texts beyond the first page of memory grow it, and the counter's higher bytes turn`, async () => {
    const [key, nonce, aad, pt] = [bytes(32), bytes(12), bytes(111), bytes(1_048_591)];
    const ct = await aead.seal(key, nonce, aad, pt);
    expect(Buffer.from(ct).equals(await webcryptoAead.seal(key, nonce, aad, pt))).toBe(true);
    expect(Buffer.from(pt).equals((await aead.open(key, nonce, aad, ct)) ?? new Uint8Array())).toBe(
      true,
    );
  });

test("each length of text and of what is added, across two batches of blocks, is as WebCrypto's by both", async () => {
  const [key, nonce] = [bytes(32), bytes(12)];
  for (let length = 0; length <= 260; length++) {
    const [aad, pt] = [bytes(length % 37), bytes(length)];
    const wanted = await webcryptoAead.seal(key, nonce, aad, pt);
    for (const { seal } of contenders)
      expect(Buffer.from(wanted).equals(await seal(key, nonce, aad, pt))).toBe(true);
  }
});

test("Node has WebAssembly's vectors, so that is what is used", () => {
  expect(contenders.map(({ name }) => name)).toEqual(["wasm-simd", "wasm"]);
});

const failing = () => Promise.reject(new WebAssembly.CompileError("as an engine says it"));
/** Of the two modules, the shorter has vectors. */
const isShort = (source: BufferSource) => source.byteLength < 4000;

test("an engine without vectors gets the module without; one without WebAssembly, WebCrypto", async () => {
  const { validate, instantiate } = WebAssembly;
  try {
    // What an engine without vectors does.
    WebAssembly.instantiate = ((source: BufferSource) =>
      isShort(source) ? failing() : instantiate(source)) as typeof instantiate;
    WebAssembly.validate = (source) => !isShort(source);
    expect((await freshAead("without-vectors")).name).toBe("wasm");
    // What a page's policy without 'wasm-unsafe-eval' does: nothing compiles, but all is valid.
    WebAssembly.instantiate = failing;
    WebAssembly.validate = validate;
    expect((await freshAead("forbidden")).name).toBe("webcrypto");
  } finally {
    Object.assign(WebAssembly, { validate, instantiate });
  }
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
    const fresh = await freshAead("listening");
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

/** The AEAD of another copy of its file, compiled anew. */
async function freshAead(copy: string) {
  const again = `../../sdk/hpke/aead.ts?${copy}`;
  const { aesGcm: fresh } = (await import(again)) as { aesGcm: typeof aesGcm }; // The same file under another name.
  return fresh();
}

const fileOf = (module: string) =>
  readFile(new URL(`../../sdk/wasm/${module}.wasm`, import.meta.url));

for (const module of modules)
  test(`${module}: a refused text is not decrypted in memory: what lies there is the ciphertext`, async () => {
    const { instance } = await WebAssembly.instantiate(await fileOf(module));
    const { memory, open } = instance.exports as unknown as {
      memory: WebAssembly.Memory;
      open: (aadBytes: number, textBytes: number) => number;
    }; // The exports of sdk/wasm/assembly/aes-gcm.ts and aes-gcm-simd.ts.
    const all = new Uint8Array(memory.buffer);
    const [key, nonce, ct] = [bytes(32), bytes(12), bytes(64)];
    all.set(key, 1152);
    all.set(nonce, 1184);
    all.set(ct, 4096);
    all.set(bytes(16), 4096 + 64);
    expect(open(0, 64)).toBe(0);
    expect(Buffer.from(all.slice(4096, 4096 + 64)).equals(ct)).toBe(true);
  });

for (const module of modules)
  test(`${module} imports nothing and exports three names`, async () => {
    const compiled = await WebAssembly.compile(await fileOf(module));
    expect(WebAssembly.Module.imports(compiled)).toEqual([]);
    expect(WebAssembly.Module.exports(compiled).map(({ name }) => name)).toEqual([
      "seal",
      "open",
      "memory",
    ]);
  });
