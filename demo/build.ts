// Builds the page and the worker where their sources, or the root key that the page pins, have changed.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { buildDocs } from "./build-docs.ts";
import { buildServiceWorker } from "./build-service-worker.ts";
import { buildWorker } from "./edge-build.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = [
  "sdk",
  "widget",
  "edge",
  "demo/edge-build.ts",
  "demo/build.ts",
  "demo/build-docs.ts",
  "demo/build-service-worker.ts",
  "demo/docs-operation.ts",
  "demo/docs-page.ts",
  "demo/docs-schema.ts",
  "demo/html.ts",
  "demo/pages/docs.css",
  "vite.config.ts",
  "package-lock.json",
];
const built = /(^|\/)(dist|node_modules)(\/|$)|\.tsbuildinfo$|\.md$/;

export interface Built {
  readonly pageFolder: string;
  readonly workerFile: string;
}

async function filesOf(source: string): Promise<string[]> {
  const entries = await readdir(join(root, source), { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOTDIR") return undefined;
      throw error;
    },
  );
  if (entries === undefined) return [join(root, source)];
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !built.test(file.slice(root.length)))
    .sort();
}

/** One digest of everything the build reads. */
export async function digestOf(rootKey: string): Promise<string> {
  const digest = createHash("sha256").update(`${rootKey} ${withoutServiceWorker()}`);
  for (const source of sources)
    for (const file of await filesOf(source))
      digest.update(`\0${file.slice(root.length)}\0`).update(await readFile(file));
  return digest.digest("hex");
}

/** An operator's way back (docs/operating.md): devices that have a service worker are told to drop it. */
const withoutServiceWorker = (): boolean => process.env["MAILY_SERVICE_WORKER"] === "off";

/** Builds both pages and the description of the interface, pinned to a root key (base64url), into `folder`. The same sources and key give the same bytes. */
export async function buildPage(folder: string, rootKey: string): Promise<void> {
  process.env["MAILY_ROOT_KEY"] = rootKey;
  // The first empties the folder.
  for (const mode of ["production", "preferences", "embed"])
    await build({
      root,
      mode,
      configFile: join(root, "vite.config.ts"),
      logLevel: "warn",
      build: { outDir: folder, emptyOutDir: mode === "production" },
    });
  await buildDocs(folder);
  await buildServiceWorker(folder, withoutServiceWorker());
}

/** What is built in `folder`, made anew only where it is stale. */
export async function buildIfStale(
  folder: string,
  rootKey: string,
  progress: (line: string) => void,
): Promise<Built> {
  const pageFolder = join(folder, "page");
  const workerFile = join(folder, "worker.js");
  const stamp = join(folder, "digest");
  const digest = await digestOf(rootKey);
  const kept = existsSync(workerFile) ? await readFile(stamp, "utf8").catch(() => "") : "";
  if (kept === digest) return { pageFolder, workerFile };
  progress("building the page and the worker");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await Promise.all([buildPage(pageFolder, rootKey), buildWorker(workerFile)]);
  // Last: its presence says that both are whole.
  await writeFile(stamp, digest);
  return { pageFolder, workerFile };
}

if (import.meta.main) {
  const rootKey = process.env["MAILY_ROOT_KEY"];
  if (rootKey === undefined || rootKey === "") {
    console.error("Set MAILY_ROOT_KEY to `directory.root` of deployment.json: the page pins it.");
    process.exit(2);
  }
  await buildIfStale(join(root, "dist"), rootKey, (line) => console.log(line));
}
