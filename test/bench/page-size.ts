// What a reader downloads before the first answer can be sent, file by file, in brotli; and whether the README says so.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { buildPage } from "../../demo/build.ts";
import { base64url } from "../../sdk/bytes.ts";
import { pageSizes } from "../../widget/page-sizes.ts";

const folder = fileURLToPath(new URL("../../dist/size", import.meta.url));
await buildPage(folder, base64url(new Uint8Array(32)));
const html = await readFile(join(folder, "index.html"), "utf8");
for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || /\.(br|map)$/.test(entry.name)) continue;
  const size = brotliCompressSync(await readFile(join(entry.parentPath, entry.name))).length;
  const first = html.includes(entry.name) || entry.name === "index.html";
  console.log(`${String(size).padStart(7)} B  ${entry.name}${first ? "" : "  (only when needed)"}`);
}
// With whatever its first script needs in turn.
const { toAnswer } = await pageSizes(folder);
const measured = (toAnswer / 1000).toFixed(1);
console.log(`${measured} KB of JavaScript and WebAssembly to answer (budget 20)`);

const readme = await readFile(fileURLToPath(new URL("../../README.md", import.meta.url)), "utf8");
const [, said] = /<!-- size:page -->([\d.]+) KB<!-- \/size -->/.exec(readme) ?? [];
if (said !== measured) {
  console.error(
    `README.md says ${said ?? "nothing"}; write ${measured} KB between the size:page marks`,
  );
  process.exit(1);
}
