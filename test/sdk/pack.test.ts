// What a site installs: packed by npm, unpacked elsewhere, run as plain JavaScript.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const run = promisify(execFile);
let folder = "";
let packed: { filename: string; unpackedSize: number; files: { path: string }[] };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maily-pack-"));
  const { stdout } = await run(
    "npm",
    ["pack", "--json", "--silent", "-w", "sdk", "--pack-destination", folder],
    { encoding: "utf8" },
  );
  const [first] = Object.values(
    JSON.parse(stdout.slice(stdout.search(/^[[{]/m))) as Record<string, typeof packed>,
  );
  if (first === undefined) throw new Error("npm packed nothing");
  packed = first;
  const home = join(folder, "node_modules/@maily/sdk");
  await mkdir(home, { recursive: true });
  await run("tar", ["-xzf", join(folder, packed.filename), "-C", home, "--strip-components=1"]);
  for (const dependency of ["@noble", "zod", "canonicalize"])
    await symlink(resolve("node_modules", dependency), join(folder, "node_modules", dependency));
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test("the package is small and has no source, test or server in it", () => {
  const paths = packed.files.map(({ path }) => path);
  expect(paths.every((path) => /^(dist\/|README\.md$|package\.json$|LICENSE$)/.test(path))).toBe(
    true,
  );
  // Half of it are the schemas' types, which TypeScript writes out in full wherever one holds another.
  expect(packed.unpackedSize).toBeLessThan(850_000);
});

test("it brings five dependencies, none of them the server's", async () => {
  const manifest = JSON.parse(
    await readFile(join(folder, "node_modules/@maily/sdk/package.json"), "utf8"),
  ) as { dependencies: object };
  expect(Object.keys(manifest.dependencies).sort()).toEqual([
    "@noble/curves",
    "@noble/hashes",
    "@noble/post-quantum",
    "canonicalize",
    "zod",
  ]);
});

test("every export is there, and what is sealed with the package opens with it", async () => {
  const script = `
    import { readFileSync } from "node:fs";
    const { exports } = JSON.parse(readFileSync("node_modules/@maily/sdk/package.json", "utf8"));
    for (const name of Object.keys(exports)) await import("@maily/sdk" + name.slice(1));
    const { seal } = await import("@maily/sdk/seal");
    const { openerOf } = await import("@maily/sdk/open");
    const { regionPublicKey } = await import("@maily/sdk/region-key");
    const seed = new Uint8Array(32).fill(5);
    const bound = { keyId: 1, region: "eu", tenant: 1, campaign: new Uint8Array(8), reader: new Uint8Array(16), submissionId: new Uint8Array(16), consent: { notice: 1 }, invitation: new Uint8Array(102) };
    const envelope = await seal({ ...bound, publicKey: regionPublicKey(seed), answers: { a: "b" }, language: "en" });
    console.log(Object.keys(exports).length, openerOf(seed)(bound, envelope));
  `;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(stdout.trim()).toBe('37 {"answers":{"a":"b"},"language":"en"}');
});
