// The page as it is built: reproducible, small, and without what must not be in it.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildPage } from "../../demo/build.ts";
import { pageSizes } from "../../widget/page-sizes.ts";

// As random as a real one: it is part of what is measured.
const rootKey = "QfFHIInAG0llWfPCtiBGkAR-gT8eNACPnOw4YVy66HA";
const folders: string[] = [];

async function built(): Promise<Map<string, Buffer>> {
  const folder = await mkdtemp(join(tmpdir(), "maily-page-"));
  folders.push(folder);
  await buildPage(folder, rootKey);
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const contents = files
    .filter((file) => file.isFile())
    .map(async (file) => {
      const path = join(file.parentPath, file.name);
      return [path.slice(folder.length + 1), await readFile(path)] as const;
    });
  return new Map((await Promise.all(contents)).sort(([left], [right]) => (left < right ? -1 : 1)));
}

let files: Map<string, Buffer>;
beforeAll(async () => {
  files = await built();
});
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

const scripts = () =>
  [...files].filter(([name]) => name.endsWith(".js")).map(([, bytes]) => bytes.toString());

test("the same sources and root key give the same bytes", async () => {
  const again = await built();
  expect([...again.keys()]).toEqual([...files.keys()]);
  for (const [name, bytes] of files) expect(again.get(name)?.equals(bytes), name).toBe(true);
});

test("every file has its Brotli twin, and both say the same", () => {
  const originals = [...files.keys()].filter((name) => !name.endsWith(".br"));
  expect(originals).toContain("index.html");
  expect(originals.filter((name) => /^assets\/[\w-]+\.(js|css)$/.test(name))).toHaveLength(
    originals.length - 1,
  );
  for (const name of originals) {
    const compressed = files.get(`${name}.br`);
    expect(compressed && brotliDecompressSync(compressed).equals(files.get(name)!), name).toBe(
      true,
    );
  }
});

test("the root key is pinned in the bundle", () => {
  expect(scripts().filter((code) => code.includes(rootKey))).toHaveLength(1);
});

test("a build without a root key is refused in words that help", async () => {
  await expect(buildPage(join(tmpdir(), "never"), "")).rejects.toThrow(/MAILY_ROOT_KEY/);
});

test("schemas, and Vite's helpers, stay out of the page", () => {
  // The texts of zod's error class and of its formats, and what Vite leaves where a marker was not replaced.
  for (const word of ["ZodError", "invalid_type", "too_small", "__VITE", "modulepreload"])
    expect(
      scripts().filter((code) => code.includes(word)),
      word,
    ).toEqual([]);
});

test("the page asks no other origin for anything, and has no inline script or style", () => {
  const html = files.get("index.html")?.toString() ?? "";
  const addresses = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address);
  expect(addresses.length).toBeGreaterThan(2);
  for (const address of addresses) expect(address).toMatch(/^(\/assets\/[\w-]+\.(js|css)|data:,)$/);
  expect(html).not.toMatch(/<style|style=|<script[^>]*>[^<]/);
});

test("everything needed to answer is within its budget, and each language within its own", async () => {
  const { toAnswer, languages } = await pageSizes(folders[0]!);
  expect(toAnswer).toBeLessThanOrEqual(20_000);
  expect(languages).toHaveLength(6);
  for (const bytes of languages) expect(bytes).toBeLessThanOrEqual(2048);
});
