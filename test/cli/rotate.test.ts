// New keys beside the old ones: nothing that was sealed, signed or forwarded is left without a key.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { examine } from "../../cli/doctor.ts";
import {
  completeKeys,
  dayMilliseconds,
  epochDays,
  generateKeys,
  regionFile,
  writeKeys,
} from "../../cli/keygen.ts";
import { readFolder, writeFolder, type Folder } from "../../cli/rotate/folder.ts";
import { requireOpenable, seedKeptMilliseconds } from "../../cli/rotate/openable.ts";
import { retire } from "../../cli/rotate/retire.ts";
import {
  rotateForward,
  rotateOperator,
  rotateReceipt,
  rotateRegion,
  rotateRoot,
  rotateVisit,
  type Rotation,
} from "../../cli/rotate/rotate.ts";
import { Problem } from "../../sdk/problem.ts";
import { regions } from "../../sdk/region.ts";
import { createKeyring } from "../../server/keyring.ts";

const run = promisify(execFile);
const now = Date.parse("2026-11-21T10:00:00Z");

let folder = "";
let before: Folder;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "maily-rotate-"));
  await writeKeys(join(folder, "keys"), await generateKeys(1, now));
  before = await readFolder(join(folder, "keys"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const faultsOf = async (from: Folder, to: Folder, at = now): Promise<unknown> => {
  const refused: unknown = await requireOpenable(from, to, at).catch((error: unknown) => error);
  return refused instanceof Problem ? refused.members["errors"] : refused;
};

const examination = (keys: string) => ({ keys, data: folder, ports: [], edge: undefined });

const seedsOf = ({ regions: held }: Folder): string[] =>
  regions.flatMap((region) => held[region]?.keys.map(({ seed }) => seed) ?? []);

test("a region's next epoch overlaps the last one, has an id that nobody had, and its server can open it", async () => {
  const { folder: after, steps } = await rotateRegion(before, "us", { now });
  const key = after.deployment.directory.keys.at(-1);
  expect(key).toMatchObject({ region: "us", keyId: 7 });
  const last = before.deployment.directory.keys.findLast(({ region }) => region === "us")!;
  expect(Date.parse(key?.notBefore ?? "")).toBe(Date.parse(last.notAfter) - 7 * dayMilliseconds);
  const keyring = createKeyring(after.regions.us!, after.deployment);
  expect(keyring.states(now)).toContainEqual({ keyId: 7, state: "pending" });
  expect(steps[0]).toContain("restart the us server");
  expect(await faultsOf(before, after)).toBeUndefined();
});

test("one that is late begins in an hour: its server must have it first", async () => {
  const late = now + 3 * epochDays * dayMilliseconds;
  const { folder: after } = await rotateRegion(before, "eu", { now: late });
  expect(Date.parse(after.deployment.directory.keys.at(-1)?.notBefore ?? "")).toBe(
    late + 3_600_000,
  );
});

test("an epoch begins after now, and never leaves its region without a key", async () => {
  const last = before.deployment.directory.keys.findLast(({ region }) => region === "eu")!;
  const ends = Date.parse(last.notAfter);
  for (const starts of [now - dayMilliseconds, now, ends + 1])
    await expect(rotateRegion(before, "eu", { starts, now })).rejects.toMatchObject({
      code: "configuration-invalid",
      members: { detail: expect.stringContaining(last.notAfter) as string },
    });
  for (const starts of [now + 1, ends])
    expect(
      (await rotateRegion(before, "eu", { starts, now })).folder.deployment.directory.keys.at(-1),
    ).toMatchObject({ notBefore: new Date(starts).toISOString() });
});

test("a forward key is not retired while a deployed edge signs with it, nor without edge.json", async () => {
  const { folder: after } = rotateForward(before, "eu");
  const deployed = [{ forwardKeyIds: { eu: "eu-1", us: "us-1", apac: "apac-1" } }];
  expect(retire({ ...after, deployed }, { forward: true, now }).folder.regions).toEqual(
    after.regions,
  );
  const { edge: _elsewhere, ...without } = after;
  expect(() => retire(without, { forward: true, now })).toThrow(Problem);
  expect(retire(without, { forward: false, now }).folder).toEqual(without);
});

test("a forward key is the server's before it is the edge's, and retired once it is nobody's", async () => {
  const { folder: after } = rotateForward(before, "eu");
  expect(after.regions.eu?.forwardKeys.map(({ keyId }) => keyId)).toEqual(["eu-1", "eu-2"]);
  expect(after.edge?.forwardKeys.eu?.keyId).toBe("eu-2");
  expect(retire(after, { forward: false, now }).folder).toEqual(after);
  const retired = retire(after, { forward: true, now }).folder;
  expect(retired.regions.eu?.forwardKeys.map(({ keyId }) => keyId)).toEqual(["eu-2"]);
  expect(retired.regions.us).toEqual(before.regions.us);
  const early = { ...after, regions: before.regions };
  expect(await faultsOf(before, early)).toEqual(["eu's server would not know forward key eu-2"]);
});

test("an operator's old key ends a week later, a receipt key never leaves the list", async () => {
  const { folder: after } = await rotateOperator(before, 1, now);
  expect(after.deployment.operatorKeys).toMatchObject([
    { keyId: "tenant-1-1", notAfter: new Date(now + 7 * dayMilliseconds).toISOString() },
    { keyId: "tenant-1-2", notBefore: new Date(now).toISOString() },
  ]);
  const { folder: signed } = await rotateReceipt(before);
  expect(signed.deployment.directory.receiptKeys.map(({ keyId }) => keyId)).toEqual([1, 2]);
  expect(signed.edge?.receiptKey.keyId).toBe(2);
  const less = { ...signed, deployment: before.deployment };
  expect(await faultsOf(before, less)).toEqual(["receipt key 2 is not published"]);
});

test("an old visit key ends when the last of what it signed is over, and never leaves the list", async () => {
  const { folder: after, steps } = await rotateVisit(before, now);
  expect(after.deployment.directory.visitKeys).toMatchObject([
    { keyId: 1, notAfter: new Date(now + 31 * dayMilliseconds).toISOString() },
    { keyId: 2 },
  ]);
  expect(after.deployment.directory.visitKeys[1]).not.toHaveProperty("notAfter");
  expect(after.edge?.visitKey?.keyId).toBe(2);
  expect(steps[0]).toContain("restart every region's server");
  expect(await faultsOf(before, after)).toBeUndefined();
  // Another time, the end that was said stays said.
  const { folder: later } = await rotateVisit(after, now + dayMilliseconds);
  expect(later.deployment.directory.visitKeys[0]).toEqual(after.deployment.directory.visitKeys[0]);
  const unlisted = { ...after, deployment: before.deployment };
  expect(await faultsOf(before, unlisted)).toEqual(["visit key 2 is not published"]);
  const { directory } = after.deployment;
  const less = {
    ...after,
    deployment: {
      ...after.deployment,
      directory: { ...directory, visitKeys: directory.visitKeys.slice(1) },
    },
  };
  expect(await faultsOf(before, less)).toEqual([
    "visitors whose invitations key 1 signed could not take anything back",
  ]);
});

test("a folder of an earlier version gets its first visit key, by the command or when it is completed", async () => {
  const keys = join(folder, "keys");
  const { visitKey: _key, ...edge } = before.edge!;
  const { visitKeys: _keys, ...directory } = before.deployment.directory;
  await writeFile(join(keys, "edge.json"), JSON.stringify(edge));
  await writeFile(
    join(keys, "deployment.json"),
    JSON.stringify({ ...before.deployment, directory }),
  );
  const old = await readFolder(keys);
  expect(old.deployment.directory.visitKeys).toEqual([]);
  const { folder: rotated } = await rotateVisit(old, now);
  expect(await faultsOf(old, rotated)).toBeUndefined();
  const lacking = await examine(examination(keys), now);
  expect(lacking.filter(({ remedy }) => remedy?.includes("maily rotate visit"))).toHaveLength(1);
  expect(await completeKeys(keys)).toHaveLength(2);
  expect(await completeKeys(keys)).toEqual([]);
  const whole = await readFolder(keys);
  expect(await faultsOf(old, whole)).toBeUndefined();
  const found = await examine(examination(keys), now);
  expect(found.filter(({ what }) => what.includes("visit key"))).toMatchObject([{ holds: true }]);
  expect((await stat(join(keys, "edge.json"))).mode & 0o077).toBe(0);
});

test("a seed is destroyed two weeks after its key's end, never before; its public half stays", async () => {
  const end = now + epochDays * dayMilliseconds;
  const at = (time: number) => retire(before, { forward: false, now: time }).folder;
  expect(at(end + 7 * dayMilliseconds)).toEqual(before);
  expect(at(end + seedKeptMilliseconds - 1)).toEqual(before);
  const after = at(end + seedKeptMilliseconds);
  for (const region of regions) expect(after.regions[region]?.keys).toHaveLength(1);
  expect(after.deployment).toEqual(before.deployment);
  expect(await faultsOf(before, after, end + 8 * dayMilliseconds)).toHaveLength(3);
  expect(await faultsOf(before, after, end + seedKeptMilliseconds)).toBeUndefined();
  // All epochs over: a server without a key would not start.
  for (const region of regions)
    expect(at(end + 99 * epochDays * dayMilliseconds).regions[region]?.keys).toHaveLength(1);
});

test("whatever is rotated, in any order and at any time, nothing becomes unopenable and no id comes twice", async () => {
  const turn = fc.record({
    kind: fc.constantFrom("region", "forward", "operator", "receipt", "visit", "root", "retire"),
    region: fc.constantFrom(...regions),
    forward: fc.boolean(),
    days: fc.integer({ min: 0, max: 60 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(turn, { maxLength: 8 }), async (turns) => {
      let held = before;
      let at = now;
      const publicKeys = new Map<number, string>();
      for (const { kind, region, forward, days } of turns) {
        at += days * dayMilliseconds;
        const rotation: Rotation = await {
          region: () => rotateRegion(held, region, { now: at }),
          forward: () => rotateForward(held, region),
          operator: () => rotateOperator(held, 1, at),
          receipt: () => rotateReceipt(held),
          visit: () => rotateVisit(held, at),
          root: () => rotateRoot(held),
          retire: () => retire(held, { forward, now: at }),
        }[kind]();
        expect(await faultsOf(held, rotation.folder, at)).toBeUndefined();
        held = rotation.folder;
        for (const { keyId, publicKey } of held.deployment.directory.keys) {
          expect(publicKeys.get(keyId) ?? publicKey).toBe(publicKey);
          publicKeys.set(keyId, publicKey);
        }
        for (const each of regions) createKeyring(held.regions[each]!, held.deployment);
      }
    }),
    { numRuns: 15, endOnFailure: true },
  );
});

test("what is lost is named, and nothing is written", async () => {
  const lost = {
    ...before,
    regions: {
      ...before.regions,
      eu: { ...before.regions.eu!, keys: before.regions.eu!.keys.slice(1) },
    },
  };
  expect(await faultsOf(before, lost)).toEqual(["the seed of region key 1 would be lost"]);
  const crowded = { ...before, edge: before.edge! };
  let held: Folder = crowded;
  for (let index = 0; index < 8; index++) held = rotateForward(held, "eu").folder;
  expect(JSON.stringify(await faultsOf(before, held))).toContain(
    "region-eu.json, forwardKeys: Too big: expected array to have <=8 items; run `maily rotate retire --forward` first",
  );
  let listed: Folder = before;
  for (let index = 0; index < 16; index++) listed = (await rotateReceipt(listed)).folder;
  expect(JSON.stringify(await faultsOf(before, listed))).toMatch(
    /deployment\.json, directory\.receiptKeys: .*stays listed/,
  );
});

test("the command writes whole files for their holders alone, and leaves nothing beside them", async () => {
  const keys = join(folder, "keys");
  const { stdout } = await run(process.execPath, [
    "cli/main.ts",
    "rotate",
    "region",
    "--region",
    "eu",
    "--keys",
    keys,
  ]);
  expect(stdout).toContain(regionFile(keys, "eu"));
  expect((await stat(regionFile(keys, "eu"))).mode & 0o077).toBe(0);
  const after = await readFolder(keys);
  for (const seed of seedsOf(after)) expect(stdout).not.toContain(seed);
  expect(seedsOf(after)).toEqual(expect.arrayContaining(seedsOf(before)));
  expect(await stat(`${regionFile(keys, "eu")}.new`).catch(() => "none")).toBe("none");
  const findings = await examine({ keys, data: folder, ports: [], edge: undefined }, Date.now());
  expect(findings.filter(({ holds, what }) => !holds && what !== "the page is built")).toEqual([]);
});

test("another deployment's root key signs no epoch of this one, and a new root key signs all", async () => {
  const { operator } = await generateKeys(1, now);
  const mixed = { ...before, operator };
  const { folder: after } = await rotateRegion(mixed, "eu", { now });
  expect(await faultsOf(mixed, after)).toEqual([
    expect.stringMatching(/^region key 7 is not signed by the root key that deployment.json names/),
  ]);
  expect(await faultsOf(mixed, (await rotateRoot(mixed)).folder)).toBeUndefined();
});

test("wrong usage ends with 2, and what is wrong with a file names it", async () => {
  const keys = join(folder, "keys");
  const rotated = (...args: string[]) =>
    run(process.execPath, ["cli/main.ts", "rotate", ...args, "--keys", keys]);
  await expect(rotated("region", "--region", "mars")).rejects.toMatchObject({ code: 2 });
  await expect(rotated("forward")).rejects.toMatchObject({ code: 2 });
  await writeFile(join(keys, "region-us.json"), "{}");
  await expect(rotated("receipt")).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining("region-us.json does not have the expected shape") as string,
  });
});

test("without the root key no epoch is made", async () => {
  const keys = join(folder, "keys");
  await rm(join(keys, "operator.json"));
  const text = await readFile(join(keys, "deployment.json"), "utf8");
  const failed = run(process.execPath, [
    "cli/main.ts",
    "rotate",
    "region",
    "--region",
    "eu",
    "--keys",
    keys,
  ]);
  await expect(failed).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining("operator.json") as string,
  });
  expect(await readFile(join(keys, "deployment.json"), "utf8")).toBe(text);
});

test("a folder is written private halves first", async () => {
  const keys = join(folder, "keys");
  const { folder: after } = await rotateRegion(before, "eu", { now });
  const written = await writeFolder(keys, before, after);
  expect(written.map((file) => file.slice(keys.length + 1))).toEqual([
    "region-eu.json",
    "deployment.json",
  ]);
  await writeFile(join(keys, "region-us.json"), "{}");
  await expect(readFolder(keys)).rejects.toMatchObject({ code: "configuration-invalid" });
});
