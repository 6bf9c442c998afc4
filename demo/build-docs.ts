// Writes the description of the edge's interface beside the built page, each file also as Brotli.
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress } from "node:zlib";
import { build } from "esbuild";
import { docsPage } from "./docs-page.ts";

const compress = promisify(brotliCompress);
const stylesheet = fileURLToPath(new URL("pages/docs.css", import.meta.url));
const openApiFile = fileURLToPath(new URL("../edge/openapi.json", import.meta.url));

async function writeBoth(file: string, text: string): Promise<void> {
  await writeFile(file, text);
  await writeFile(`${file}.br`, await compress(text));
}

/** `docs.html` and its stylesheet, named by its content, into the built page's folder. */
export async function buildDocs(folder: string): Promise<void> {
  const { outputFiles } = await build({ entryPoints: [stylesheet], minify: true, write: false });
  const css = outputFiles[0]?.text ?? "";
  const name = `docs-${createHash("sha256").update(css).digest("base64url").slice(0, 12)}.css`;
  // The committed document, which a test holds against the routes.
  const document: unknown = JSON.parse(await readFile(openApiFile, "utf8"));
  await writeBoth(join(folder, "assets", name), css);
  await writeBoth(join(folder, "docs.html"), docsPage(document, `/assets/${name}`));
}
