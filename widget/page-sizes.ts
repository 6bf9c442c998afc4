// How much of a built page readers download, in bytes of Brotli.
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

export interface PageSizes {
  /** JavaScript with the WebAssembly in it: everything needed to answer. */
  readonly toAnswer: number;
  /** What is shown after sending, and refusals: fetched while the reader answers. */
  readonly after: number;
  readonly stylesheet: number;
  /** Each language besides English. */
  readonly languages: readonly number[];
}

/** Reads a folder that the build wrote. */
export async function pageSizes(folder: string): Promise<PageSizes> {
  const assets = join(folder, "assets");
  const html = await readFile(join(folder, "index.html"), "utf8");
  const sizes = { toAnswer: 0, after: 0, stylesheet: 0, languages: [] as number[] };
  for (const name of await readdir(assets)) {
    if (name.endsWith(".br")) continue;
    const code = await readFile(join(assets, name), "utf8");
    const { size } = await stat(join(assets, `${name}.br`));
    if (name.endsWith(".css")) sizes.stylesheet += size;
    else if (html.includes(name)) sizes.toAnswer += size;
    else if (/export\s*\{[^}]*\bas Later\b[^}]*\}/.test(code)) sizes.after += size;
    else if (/export\s*\{[^}]*\bas asking\b[^}]*\}/.test(code)) sizes.languages.push(size);
  }
  return sizes;
}
