// Keys and what is built with them, kept between tests and between runs: the page pins its root key, so that keys of its own
// would cost every product ten seconds of building. A day old, or of other sources, it is made anew.
import { readFileSync } from "node:fs";
import { cp, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { dayMilliseconds, generateKeys, type Keys } from "../../cli/keygen.ts";
import { buildIfStale, digestOf, type Built } from "../../demo/build.ts";

const shelf = fileURLToPath(new URL("../../node_modules/.cache/maily-test/", import.meta.url));
const buildMilliseconds = 150_000;
const pollMilliseconds = 100;
const keysFile = "keys.json";

const ageOf = (file: string): Promise<number> =>
  stat(file).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => Infinity,
  );

/** Whoever made the lock is gone: killed while it built. */
function isAbandoned(lock: string): boolean {
  try {
    process.kill(Number(readFileSync(lock, "utf8") || process.pid), 0);
    return false;
  } catch {
    return true;
  }
}

/** Builds beside its place and then moves there, so that what is there is whole. */
async function make(place: string, sources: string): Promise<void> {
  const beside = `${place}.${process.pid}`;
  await mkdir(beside, { recursive: true });
  const keys = await generateKeys(1, Date.now() - 60_000);
  await writeFile(join(beside, keysFile), JSON.stringify(keys), { mode: 0o600 });
  await buildIfStale(join(beside, "build"), keys.deployment.directory.root, () => undefined);
  // What nobody has used for a day; a product has a copy of its own.
  for (const name of await readdir(shelf))
    if (!name.startsWith(sources) && (await ageOf(join(shelf, name))) > dayMilliseconds)
      await rm(join(shelf, name), { recursive: true, force: true });
  await rm(place, { recursive: true, force: true });
  await rename(beside, place);
}

/** Where the keys and the build of today's sources are; one process builds, others wait for it. */
async function keptPlace(): Promise<string> {
  const sources = (await digestOf("")).slice(0, 16);
  const place = join(shelf, sources);
  const lock = `${place}.lock`;
  await mkdir(shelf, { recursive: true });
  const deadline = Date.now() + buildMilliseconds;
  while ((await ageOf(join(place, keysFile))) > dayMilliseconds) {
    if (Date.now() > deadline) throw new Error(`nobody finished the build; remove ${lock}`);
    const held = await open(lock, "wx").catch(() => undefined);
    if (held === undefined) {
      if (isAbandoned(lock)) await rm(lock, { force: true });
      await sleep(pollMilliseconds);
      continue;
    }
    try {
      await held.writeFile(String(process.pid));
      // It may have been finished since we looked.
      if ((await ageOf(join(place, keysFile))) > dayMilliseconds) await make(place, sources);
    } finally {
      await held.close();
      await rm(lock, { force: true });
    }
  }
  return place;
}

/** Keys, and a copy of their build in `folder`, the caller's own to change. */
export async function keptBuild(folder: string): Promise<{ keys: Keys; built: Built }> {
  const place = await keptPlace();
  await cp(join(place, "build"), folder, { recursive: true });
  // Written above, and nothing else writes there.
  const keys = JSON.parse(await readFile(join(place, keysFile), "utf8")) as Keys;
  return {
    keys,
    built: { pageFolder: join(folder, "page"), workerFile: join(folder, "worker.js") },
  };
}
