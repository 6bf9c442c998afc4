// The pages as they are built: reproducible, small, and without what must not be in them.
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { brotliDecompressSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildPage } from "../../demo/build.ts";
import { pageLanguages } from "../../widget/languages.ts";
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

/** A build takes ten seconds, or a minute and more beside others. */
const buildMilliseconds = 300_000;

let files: Map<string, Buffer>;
beforeAll(async () => {
  files = await built();
}, buildMilliseconds);
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

const scripts = () =>
  [...files].filter(([name]) => name.endsWith(".js")).map(([, bytes]) => bytes.toString());

test(
  "the same sources and root key give the same bytes",
  async () => {
    const again = await built();
    expect([...again.keys()]).toEqual([...files.keys()]);
    for (const [name, bytes] of files) expect(again.get(name)?.equals(bytes), name).toBe(true);
  },
  buildMilliseconds,
);

test("every file has its Brotli twin, and both say the same", () => {
  const originals = [...files.keys()].filter((name) => !name.endsWith(".br"));
  expect(originals).toEqual(expect.arrayContaining([...htmlFiles]));
  expect(
    originals.filter((name) =>
      /^(assets|embed)\/[\w-]+\.(js|css)$|^embed\.js$|^sw\.js$/.test(name),
    ),
  ).toHaveLength(originals.length - htmlFiles.length);
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

test("the loader is small, leaves no name behind, and lies there once more under its digest", async () => {
  const loader = files.get("embed.js")?.toString() ?? "";
  const bytes = files.get("embed.js.br")?.length ?? Infinity;
  expect(bytes).toBeLessThanOrEqual(2_000);
  expect(await readFile("README.md", "utf8")).toContain(
    `<!-- size:loader -->${(bytes / 1000).toFixed(1)} KB<!-- /size -->`,
  );
  const digest = createHash("sha256").update(loader).digest("hex").slice(0, 16);
  const [, part = ""] = /import\("\.\/embed\/([\w-]+\.js)"\)/.exec(loader) ?? [];
  expect(files.has(`embed/${part}`)).toBe(true);
  expect(files.get(`embed/${digest}.js`)?.toString()).toBe(
    loader.replace(`./embed/${part}`, `./${part}`),
  );
  // As a script that is no module, on a page that has taken every short name already.
  const names = "abcdefghijklmnopqrstuvwxyz".split("").map((name) => `const ${name} = 0;`);
  const context = createContext({});
  runInContext(names.join(""), context);
  runInContext(loader, context);
  expect(Object.keys(context)).toEqual(["maily"]);
});

test("the service worker names every file of this build's page, and no language's or other page's", async () => {
  const worker = files.get("sw.js")?.toString() ?? "";
  const named = new Set(worker.match(/\/assets\/[\w-]+\.(?:js|css)/g));
  const inHtml =
    files
      .get("index.html")
      ?.toString()
      .match(/\/assets\/[\w-]+\.(?:js|css)/g) ?? [];
  expect(inHtml.length).toBeGreaterThan(1);
  for (const path of inHtml) expect(named).toContain(path);
  for (const path of named) expect([...files.keys()]).toContain(path.slice(1));
  const views = [...files].find(([, code]) => /\bas Later\b/.test(code.toString()))?.[0];
  expect(named).toContain(`/${views}`);
  const digest = createHash("sha256").update(files.get("index.html")!).digest("base64url");
  expect(worker).toContain(digest);
  // What a file names is there too: nothing is left to fetch.
  for (const path of named)
    for (const [name] of files
      .get(path.slice(1))!
      .toString()
      .matchAll(/(?<=\.\/)[\w-]+\.js/g))
      expect([...named].join()).toContain(name);
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
  const { toAnswer, scripts: scriptFiles, further, languages } = await pageSizes(folders[0]!);
  expect(toAnswer).toBeLessThanOrEqual(20_000);
  expect(scriptFiles).toBe(1);
  expect(further).toBeGreaterThan(5_000);
  expect(further).toBeLessThanOrEqual(10_500);
  // The page's words, those of the further kinds, of a frame, of the preference page.
  expect(languages).toHaveLength((pageLanguages.length - 1) * 4);
  for (const bytes of languages) expect(bytes).toBeLessThanOrEqual(2_000);
});

test("the preference page is small at once, and what seals or opens is fetched on use", async () => {
  const { preferences } = await pageSizes(folders[0]!);
  expect(preferences.atOnce).toBeGreaterThan(5_000);
  expect(preferences.atOnce).toBeLessThanOrEqual(14_000);
  expect(preferences.toSave).toBeGreaterThan(5_000);
  expect(preferences.atOnce + preferences.toSave).toBeLessThanOrEqual(24_000);
});
