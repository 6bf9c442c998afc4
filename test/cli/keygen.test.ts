import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { examine, type Finding } from "../../cli/doctor.ts";
import {
  completeKeys,
  deploymentFile,
  epochDays,
  generateKeys,
  operatorFile,
  regionFile,
  tenantFile,
  writeKeys,
} from "../../cli/keygen.ts";
import { fromBase64url } from "../../sdk/bytes.ts";
import { verifyEd25519 } from "../../sdk/ed25519.ts";
import { Problem } from "../../sdk/problem.ts";
import { regions } from "../../sdk/region.ts";
import {
  Deployment,
  EdgeSecrets,
  OperatorSecrets,
  RegionSecrets,
  TenantSecrets,
} from "../../sdk/schema/deployment.ts";
import { signedBytes } from "../../sdk/signed.ts";

const now = Date.parse("2026-11-21T10:00:00Z");
const bytes = (text: string) => fromBase64url(text) ?? new Uint8Array();

const read = async (file: string): Promise<unknown> => JSON.parse(await readFile(file, "utf8"));

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "maily-keys-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const failing = (findings: readonly Finding[]): string[] =>
  findings.filter(({ holds }) => !holds).map(({ what }) => what);
const examineKeys = async (keys: string, at: number): Promise<string[]> =>
  failing(await examine({ keys, data: folder, ports: [], edge: undefined }, at)).filter(
    (what) => what !== "the page is built",
  );

test("every file has its schema, secrets are their owner's alone, and region key ids are unique", async () => {
  const keys = join(folder, "keys");
  await writeKeys(keys, await generateKeys(7, now));
  const deployment = Deployment.parse(await read(deploymentFile(keys)));
  EdgeSecrets.parse(await read(join(keys, "edge.json")));
  TenantSecrets.parse(await read(tenantFile(keys, 7)));
  OperatorSecrets.parse(await read(operatorFile(keys)));
  for (const region of regions) RegionSecrets.parse(await read(regionFile(keys, region)));
  const secret = [
    join(keys, "edge.json"),
    tenantFile(keys, 7),
    operatorFile(keys),
    ...regions.map((region) => regionFile(keys, region)),
  ];
  for (const file of secret) expect((await stat(file)).mode & 0o077).toBe(0);
  const ids = deployment.directory.keys.map(({ keyId }) => keyId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { signature, ...config } of deployment.directory.keys)
    expect(
      await verifyEd25519(
        bytes(deployment.directory.root),
        bytes(signature),
        signedBytes("key-config", config),
      ),
    ).toBe(true);
  // The root's seed is in the operator's file and in no other.
  const root = OperatorSecrets.parse(await read(operatorFile(keys))).rootSeed;
  for (const file of secret)
    expect((await readFile(file, "utf8")).includes(root)).toBe(file === operatorFile(keys));
});

test("a folder that holds a deployment is never overwritten", async () => {
  const keys = join(folder, "keys");
  await writeKeys(keys, await generateKeys(1, now));
  const before = await readFile(deploymentFile(keys), "utf8");
  await expect(writeKeys(keys, await generateKeys(1, now))).rejects.toMatchObject({
    code: "configuration-invalid",
  });
  expect(await readFile(deploymentFile(keys), "utf8")).toBe(before);
});

test("files of an earlier version get what they lack, once, and keep all else", async () => {
  const keys = join(folder, "keys");
  await writeKeys(keys, await generateKeys(1, now));
  expect(await completeKeys(keys)).toEqual([]);
  const file = regionFile(keys, "us");
  const { wrapKey: _wrapKey, ...earlier } = RegionSecrets.parse(await read(file));
  await writeFile(file, JSON.stringify(earlier));
  expect(await completeKeys(keys)).toEqual([file]);
  expect(RegionSecrets.parse(await read(file))).toMatchObject(earlier);
  expect((await stat(file)).mode & 0o077).toBe(0);
  const once = await readFile(file, "utf8");
  expect(await completeKeys(keys)).toEqual([]);
  expect(await readFile(file, "utf8")).toBe(once);
  expect(await examineKeys(keys, now + 1000)).toEqual([]);
});

test("the doctor finds nothing wrong with fresh keys, and each thing that is", async () => {
  const keys = join(folder, "keys");
  const fresh = await generateKeys(1, now);
  await writeKeys(keys, fresh);
  expect(await examineKeys(keys, now + 1000)).toEqual([]);
  expect(await examineKeys(keys, now + 3 * epochDays * 86_400_000)).toContain(
    "eu has an active key",
  );
  expect(await examineKeys(keys, now + (2 * epochDays - 5) * 86_400_000)).toEqual([
    "eu's keys last 5 more days",
    "us's keys last 5 more days",
    "apac's keys last 5 more days",
  ]);
  await chmod(regionFile(keys, "us"), 0o644);
  expect(await examineKeys(keys, now + 1000)).toEqual(["only you can read region-us.json"]);
  await chmod(regionFile(keys, "us"), 0o600);
  const other = await generateKeys(1, now);
  await writeFile(regionFile(keys, "eu"), JSON.stringify(other.regions.eu));
  expect(await examineKeys(keys, now + 1000)).toEqual([
    "eu's private keys belong to deployment.json",
    "the edge and eu share a forward key",
  ]);
  await writeFile(regionFile(keys, "eu"), "{}");
  expect(await examineKeys(keys, now + 1000)).toEqual([`keys in ${keys}`]);
  const [first, ...rest] = fresh.deployment.directory.keys;
  const altered = {
    ...fresh.deployment,
    directory: {
      ...fresh.deployment.directory,
      keys: [{ ...first, notAfter: "2099-01-01T00:00:00.000Z" }, ...rest],
    },
  };
  await writeFile(regionFile(keys, "eu"), JSON.stringify(fresh.regions.eu));
  await writeFile(deploymentFile(keys), JSON.stringify(altered));
  expect(await examineKeys(keys, now + 1000)).toContain(
    "every region key is signed by the root key",
  );
});

test("a file of another shape is named with its place, and never quoted", async () => {
  const { readJson } = await import("../../cli/read-json.ts");
  const file = join(folder, "tenant.json");
  await writeFile(file, JSON.stringify({ tenant: "seven", readerKey: "hush-hush" }));
  const error: unknown = await readJson(file, TenantSecrets).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Problem);
  expect(JSON.stringify(error)).toContain("tenant:");
  expect(JSON.stringify(error)).not.toContain("hush-hush");
});

test("the doctor names a region's file that is not there or lacks a seed, and looks at the others all the same", async () => {
  const keys = join(folder, "keys");
  await writeKeys(keys, await generateKeys(1, now));
  await rm(regionFile(keys, "eu"));
  const us = RegionSecrets.parse(await read(regionFile(keys, "us")));
  await writeFile(regionFile(keys, "us"), JSON.stringify({ ...us, keys: us.keys.slice(0, 1) }));
  await chmod(regionFile(keys, "apac"), 0o644);
  expect(await examineKeys(keys, now)).toEqual([
    `region-eu.json is in ${keys}`,
    "us has the seed of every published key",
    "only you can read region-apac.json",
  ]);
});
