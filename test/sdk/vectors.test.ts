import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { compileWasm, generatedText, wasmModules } from "../../sdk/node/build-wasm.ts";
import { vectorFiles } from "../vectors/generate.ts";

const wasm = (name: string) => new URL(`../../sdk/wasm/${name}`, import.meta.url);
const files = await vectorFiles();

for (const [name, text] of files)
  test(`${name} is what its generator makes`, async () => {
    expect(await readFile(new URL(`../vectors/${name}`, import.meta.url), "utf8")).toBe(text);
  });

test("no generated vector file is missing", () => {
  expect([...files.keys()]).toEqual([
    "envelope.json",
    "invitation.json",
    "choices.json",
    "aes-gcm.json",
    "base64url.json",
    "canonical.json",
    "values.json",
  ]);
});

const modules = ["aes-gcm", "aes-gcm-simd", "ml-kem"] as const;
for (const module of modules)
  test(`the committed ${module}.wasm is what its source compiles to`, async () => {
    const compiled = await compileWasm(module);
    const sum = await readFile(wasm(`${module}.sha256`), "utf8");
    expect(sum).toBe(`${compiled.sha256}  ${module}.wasm\n`);
    expect(compiled.wasm.equals(await readFile(wasm(`${module}.wasm`)))).toBe(true);
    expect(await readFile(wasm(`${module}.generated.ts`), "utf8")).toBe(
      generatedText(module, compiled.wasm, compiled.sha256),
    );
  }, 60_000);

test("no module is missing", () => {
  expect(Object.keys(wasmModules)).toEqual(modules);
});
