// How much of a built page readers download, in bytes of Brotli.
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { pageLanguages } from "./languages.ts";

export interface PageSizes {
  /** JavaScript with the WebAssembly in it: everything needed to answer. */
  readonly toAnswer: number;
  /** In how many files that comes: a second would be fetched only once the first is read. */
  readonly scripts: number;
  /** What is shown after sending, and refusals: fetched while the reader answers. */
  readonly after: number;
  /** What a campaign with further kinds of questions takes besides. */
  readonly further: number;
  readonly stylesheet: number;
  /** Each file of words of a language besides English: the page's, the further kinds', a frame's, the preference page's. */
  readonly languages: readonly number[];
  /** Of the preference page: what is fetched with it, and what more to seal choices. */
  readonly preferences: { readonly atOnce: number; readonly toSave: number };
}

const sizeOf = async (assets: string, name: string): Promise<number> =>
  (await stat(join(assets, `${name}.br`))).size;

/** What packed-words.ts writes. */
const wordsFile = new RegExp(`^(${pageLanguages.join("|")})-[0-9a-f]{8}\\.js$`);

/** The scripts that a page or a script names, and those they need in turn. */
async function scriptsOf(assets: string, text: string, found = new Set<string>()) {
  for (const [, name = ""] of text.matchAll(/(?:from\s*"\.\/|"\/assets\/)([\w-]+\.js)"/g)) {
    if (found.has(name)) continue;
    found.add(name);
    await scriptsOf(assets, await readFile(join(assets, name), "utf8"), found);
  }
  return found;
}

async function preferencesSizes(folder: string): Promise<PageSizes["preferences"]> {
  const assets = join(folder, "assets");
  const atOnce = await scriptsOf(assets, await readFile(join(folder, "preferences.html"), "utf8"));
  const sizes = { atOnce: 0, toSave: 0 };
  for (const name of atOnce) sizes.atOnce += await sizeOf(assets, name);
  for (const name of await readdir(assets)) {
    if (!name.endsWith(".js")) continue;
    const code = await readFile(join(assets, name), "utf8");
    if (!/export\s*\{[^}]*\bas sealedChoices\b[^}]*\}/.test(code)) continue;
    const more = await scriptsOf(assets, code);
    for (const each of more.add(name))
      if (!atOnce.has(each)) sizes.toSave += await sizeOf(assets, each);
  }
  return sizes;
}

/** Reads a folder that the build wrote. */
export async function pageSizes(folder: string): Promise<PageSizes> {
  const assets = join(folder, "assets");
  const html = await readFile(join(folder, "index.html"), "utf8");
  const atOnce = await scriptsOf(assets, html);
  const sizes = {
    toAnswer: 0,
    scripts: atOnce.size,
    after: 0,
    further: 0,
    stylesheet: 0,
    languages: [] as number[],
  };
  for (const name of await readdir(assets)) {
    if (name.endsWith(".br")) continue;
    const code = await readFile(join(assets, name), "utf8");
    const size = await sizeOf(assets, name);
    if (name.endsWith(".css")) sizes.stylesheet += html.includes(name) ? size : 0;
    else if (atOnce.has(name)) sizes.toAnswer += size;
    else if (/export\s*\{[^}]*\bas Later\b[^}]*\}/.test(code)) sizes.after += size;
    else if (/export\s*\{[^}]*\bas hiddenIn\b[^}]*\}/.test(code)) {
      // What it shares with other views is fetched with it.
      for (const each of (await scriptsOf(assets, code)).add(name))
        if (!atOnce.has(each)) sizes.further += await sizeOf(assets, each);
    } else if (wordsFile.test(name)) sizes.languages.push(size);
  }
  return { ...sizes, preferences: await preferencesSizes(folder) };
}
