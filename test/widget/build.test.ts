// The pages as they are built: reproducible, small, and without what must not be in them.
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
const htmlFiles = ["index.html", "preferences.html", "unsubscribe.html", "docs.html"] as const;

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
  expect(originals).toEqual(expect.arrayContaining([...htmlFiles]));
  expect(originals.filter((name) => /^assets\/[\w-]+\.(js|css)$/.test(name))).toHaveLength(
    originals.length - htmlFiles.length,
  );
  for (const name of originals) {
    const compressed = files.get(`${name}.br`);
    expect(compressed && brotliDecompressSync(compressed).equals(files.get(name)!), name).toBe(
      true,
    );
  }
});

test("the root key is pinned where each page seals, and nowhere else", () => {
  const pinned = scripts().filter((code) => code.includes(rootKey));
  expect(pinned).toHaveLength(2);
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

for (const name of htmlFiles)
  test(`${name} asks no other origin for anything, and has no inline script or style`, () => {
    const html = files.get(name)?.toString() ?? "";
    const addresses = [...html.matchAll(/(?:src|href|action)="([^"]*)"/g)].map(
      ([, address]) => address,
    );
    expect(addresses.length).toBeGreaterThan(2);
    for (const address of addresses)
      expect(address).toMatch(/^(\/assets\/[\w-]+\.(js|css)|data:,|#[\w-]+|\/openapi\.json)$/);
    expect(html).not.toMatch(/<style|style=|<script[^>]*>[^<]/);
  });

const formsOf = (name: string) =>
  files
    .get(name)
    ?.toString()
    .match(/<form[^]*<\/form>/g) ?? [];

test("without JavaScript only the page at /u/ has a form, and its box is empty", () => {
  expect(formsOf("index.html")).toEqual([]);
  expect(formsOf("preferences.html")).toEqual([]);
  expect(formsOf("docs.html")).toEqual([]);
  const [form = ""] = formsOf("unsubscribe.html");
  expect(form).toMatch(/^<form method="post" class="one-click">/);
  expect(form.match(/<input/g)).toHaveLength(1);
  expect(form).toMatch(
    /<input type="checkbox" name="List-Unsubscribe" value="One-Click" required \/>/,
  );
});

test("everything needed to answer is within its budget, and each language within its own", async () => {
  const { toAnswer, languages } = await pageSizes(folders[0]!);
  expect(toAnswer).toBeLessThanOrEqual(20_000);
  expect(languages).toHaveLength(6);
  for (const bytes of languages) expect(bytes).toBeLessThanOrEqual(2304);
});

test("the preference page is small at once, and what seals or opens is fetched on use", async () => {
  const { preferences } = await pageSizes(folders[0]!);
  expect(preferences.atOnce).toBeGreaterThan(5_000);
  expect(preferences.atOnce).toBeLessThanOrEqual(14_000);
  expect(preferences.toSave).toBeGreaterThan(5_000);
  expect(preferences.atOnce + preferences.toSave).toBeLessThanOrEqual(24_000);
});
