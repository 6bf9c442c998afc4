// Writes the page's service worker beside the built page, with the names of what this build consists of.
import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress } from "node:zlib";
import { build } from "esbuild";
import type { Shell } from "../widget/web/service-worker/build.ts";

const compress = promisify(brotliCompress);
const entry = (name: string): string =>
  fileURLToPath(new URL(`../widget/web/service-worker/${name}.ts`, import.meta.url));

/** The stylesheet and every script that the page may come to need, itself or through another; languages are no scripts' names. */
async function filesOf(folder: string, html: string): Promise<string[]> {
  const assets = await readdir(join(folder, "assets"));
  const found = new Set<string>();
  const follow = async (text: string): Promise<void> => {
    for (const name of assets) {
      if (found.has(name) || name.endsWith(".br") || !text.includes(name)) continue;
      found.add(name);
      if (name.endsWith(".js")) await follow(await readFile(join(folder, "assets", name), "utf8"));
    }
  };
  await follow(html);
  return [...found].sort().map((name) => `/assets/${name}`);
}

async function shellOf(folder: string): Promise<Shell> {
  const html = await readFile(join(folder, "index.html"));
  const files = await filesOf(folder, html.toString());
  const digest = createHash("sha256").update(html);
  for (const file of files) digest.update(file).update(await readFile(join(folder, file)));
  return {
    digest: digest.digest("base64url").slice(0, 16),
    html: createHash("sha256").update(html).digest("base64url"),
    files,
  };
}

/** `sw.js` into the built page's folder. With `off`, one that takes an earlier one away and does nothing else. */
export async function buildServiceWorker(folder: string, off: boolean): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: [entry(off ? "gone" : "worker")],
    bundle: true,
    format: "iife",
    target: "es2022",
    define: { MAILY_SHELL: JSON.stringify(await shellOf(folder)) },
    minify: true,
    legalComments: "none",
    logLevel: "warning",
    write: false,
  });
  const code = outputFiles[0]?.text ?? "";
  await writeFile(join(folder, "sw.js"), code);
  await writeFile(join(folder, "sw.js.br"), await compress(code));
}
