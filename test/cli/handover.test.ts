// `maily handover` between a real region's server and peers that speak the services' protocols strictly.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeEach, expect, test, vi } from "vitest";
import { addHandoverCommand } from "../../cli/handover/command.ts";
import { writeKeys } from "../../cli/keygen.ts";
import { Problem } from "../../sdk/problem.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { Warehouse } from "../../server/warehouse/duckdb.ts";
import { startFireworks } from "../peers/fireworks-peer.ts";
import type { PeerRequest } from "../peers/http-peer.ts";
import { startZep } from "../peers/zep-peer.ts";
import { mailDefinition } from "../server/in-mail.ts";
import { dayMs, plant, plantedOf, plantedReader } from "../server/planted.ts";
import { TestRegion } from "../server/region.ts";
import { watchingNotice } from "../server/sealed.ts";

const notice = {
  ...watchingNotice,
  purposes: [...watchingNotice.purposes, { id: "learn", text: "Train models", training: true }],
} as unknown as Campaign["notice"]; // Parsed, with its defaults, by campaignOf.

const eu = await TestRegion.start();
const warehouseFile = join(eu.folder, "data", "warehouse.duckdb");
const keysFolder = join(eu.folder, "keys");
await writeKeys(keysFolder, eu.keys);
await eu.published({ id: plantedOf.campaign, definition: mailDefinition, notice });

/** Does something to the warehouse while its server is stopped. */
async function withWarehouse(change: (warehouse: Warehouse) => Promise<unknown>): Promise<void> {
  await eu.stop();
  const warehouse = await Warehouse.open(warehouseFile);
  await change(warehouse);
  await warehouse.close();
  await eu.start();
}

await withWarehouse((warehouse) =>
  warehouse.change((writer) =>
    plant(
      writer,
      Array.from({ length: 60 }, (_, index) => ({
        chose: { roast: index % 2 === 0 ? "dark" : "light" },
        answeredAt: Date.now() - dayMs,
        purposes: ["results", "learn"],
        wrote: { why: { text: `I like number ${index} of [name]`, cleared: true } },
        did: [],
      })),
    ),
  ),
);

const key = "a-key-that-is-secret";
const graph = "5f0c9d3e-5f0e-4c39-9a51-0d8f5b7f2a10";
let zep = await startZep(key, [graph]);
let fireworks = await startFireworks(key, "roastery");
let runs = 0;
let keys = keysFolder;

beforeEach(async () => {
  await Promise.all([zep.stop(), fireworks.stop()]);
  zep = await startZep(key, [graph]);
  fireworks = await startFireworks(key, "roastery");
  keys = join(eu.folder, `keys-${++runs}`);
  await writeKeys(keys, eu.keys);
});
afterAll(() => Promise.all([zep.stop(), fireworks.stop()]));

interface Ended {
  readonly status: number;
  readonly out: string;
  readonly told: string;
}

/** The command as `maily` runs it, in this process: what it prints, and the Problem it ends with. */
async function maily(args: readonly string[], secret = key): Promise<Ended> {
  const told: string[] = [];
  const out: string[] = [];
  const heard = [
    vi.spyOn(process.stdout, "write").mockImplementation((text) => out.push(String(text)) > 0),
    vi.spyOn(process.stderr, "write").mockImplementation((text) => told.push(String(text)) > 0),
  ];
  vi.stubEnv("ZEP_API_KEY", secret);
  vi.stubEnv("FIREWORKS_API_KEY", secret);
  const program = new Command();
  addHandoverCommand(program);
  const where = ["--server", eu.origin, "--keys", keys, "--tenant", "7", "--first-wait", "20"];
  const purpose = args.includes("--purpose") ? [] : ["--purpose", "learn"];
  let status = 0;
  try {
    await program.parseAsync(["handover", ...args, ...where, ...purpose], { from: "user" });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    status = 1;
    const { title, detail, errors } = error.toJSON();
    told.push(`${title}. ${detail} ${JSON.stringify(errors)}`);
  } finally {
    for (const spy of heard) spy.mockRestore();
    vi.unstubAllEnvs();
  }
  return { status, out: out.join(""), told: told.join("") };
}

const toZep = (...more: string[]): string[] => [
  "zep",
  plantedOf.campaign,
  "--graph",
  graph,
  "--api",
  zep.origin,
  ...more,
];
const toFireworks = (...more: string[]): string[] => [
  "fireworks",
  plantedOf.campaign,
  "--account",
  "roastery",
  "--api",
  fireworks.origin,
  ...more,
];
const isAdding = ({ method, path }: PeerRequest): boolean =>
  method === "POST" && (path.endsWith("/episodes") || path === "/api/v2/graph");

test.for(["v4", "v3"])(
  "Zep %s: every fact is one episode, and a second run sends nothing",
  async (version) => {
    const ended = await maily(toZep("--api-version", version));
    expect(ended.told).toMatch(/^\d+ facts sent, 0 sent by an earlier run, 0 too long/m);
    expect(ended.status).toBe(0);
    const sent = zep.episodes.map(({ content }) => content);
    expect(sent[0]).toMatch(/^60 readers answered “Coffee” .*Region eu; from/);
    expect(sent).toContainEqual(expect.stringMatching(/, 30 \(50\.0 %\) chose “Dark”/));
    expect(new Set(sent).size).toBe(sent.length);
    const again = await maily(toZep("--api-version", version));
    expect(again.told).toContain(`0 facts sent, ${sent.length} sent by an earlier run`);
    expect(zep.episodes).toHaveLength(sent.length);
    for (const { content } of zep.episodes) expect(content).not.toMatch(/reader \d|\[name\]/);
  },
);

test.for(["v4", "v3"])(
  "Zep %s: lost answers, 429 and 5xx double nothing and keep the order",
  async (version) => {
    const busy = { status: 429, headers: { "retry-after": "0" } };
    zep.fail(isAdding, "lost", undefined, busy, "cut", { status: 503 }, undefined, "lost");
    const ended = await maily(toZep("--api-version", version));
    expect(ended.status).toBe(0);
    const facts = zep.episodes.map(({ metadata }) => metadata["fact"]);
    expect(new Set(facts).size).toBe(facts.length);
    expect(facts[0]).toBe("readers");
    const clean = await startZep(key, [graph]);
    keys = keysFolder;
    await maily([
      "zep",
      plantedOf.campaign,
      "--graph",
      graph,
      "--api",
      clean.origin,
      "--api-version",
      version,
    ]);
    expect(facts).toEqual(clean.episodes.map(({ metadata }) => metadata["fact"]));
    await clean.stop();
    const { rm } = await import("node:fs/promises");
    await rm(join(keysFolder, `handover-zep-${plantedOf.campaign}.journal`));
  },
);

test("Zep: a run that is stopped half-way goes on where it stood", async () => {
  // Refused for good at the third, as by a key that was revoked.
  zep.fail(isAdding, undefined, undefined, { status: 403 });
  const stopped = await maily(toZep());
  expect(stopped.status).toBe(1);
  expect(stopped.told).toContain("does not let this key do that");
  expect(zep.episodes).toHaveLength(2);
  const ended = await maily(toZep());
  expect(ended.told).toContain("2 sent by an earlier run");
  const facts = zep.episodes.map(({ metadata }) => metadata["fact"]);
  expect(new Set(facts).size).toBe(facts.length);
});

test("a key that is wrong is named by its variable and never printed", async () => {
  for (const args of [toZep(), toFireworks()]) {
    const ended = await maily(args, "another-key-entirely");
    expect(ended.status).toBe(1);
    expect(ended.told).toMatch(/set (ZEP|FIREWORKS)_API_KEY/);
    expect(ended.told + ended.out).not.toContain("another-key-entirely");
  }
  expect((await maily(toZep(), "")).told).toContain("Set ZEP_API_KEY");
  expect(zep.episodes).toEqual([]);
  expect(
    (await maily(["zep", plantedOf.campaign, "--graph", "other", "--api", zep.origin])).told,
  ).toContain("does not know the account, graph or data set");
});

test("a service that stays away ends the run, and the next one goes on", async () => {
  zep.fail(isAdding, ...Array.from({ length: 6 }, () => ({ status: 500 })));
  const ended = await maily(toZep());
  expect([ended.status, ended.told]).toEqual([
    1,
    expect.stringContaining("Run the same command again"),
  ]);
  expect((await maily(toZep())).status).toBe(0);
});

test("Fireworks: one data set and one job, whatever is lost on the way", async () => {
  fireworks.fail(
    ({ method }) => method === "POST",
    "lost",
    "lost",
    { status: 500 },
    undefined,
    "lost",
  );
  const ended = await maily(toFireworks("--epochs", "2", "--lora-rank", "16"));
  expect(ended.told).toMatch(/examples in maily-[0-9a-f]{24}/);
  expect(ended.status).toBe(0);
  expect([fireworks.datasets.size, fireworks.jobs.size]).toEqual([1, 1]);
  const [dataset] = fireworks.datasets.values();
  expect(dataset!.state).toBe("READY");
  const texts = dataset!.lines.map(({ messages }) => messages.at(-1)?.content);
  expect(texts.filter((text) => text?.includes("I like"))).toHaveLength(60);
  const [job] = fireworks.jobs.values();
  expect(job).toMatchObject({
    epochs: 2,
    loraRank: 16,
    baseModel: expect.stringContaining("deepseek") as string,
  });
  const posts = fireworks.requests.filter(({ method }) => method === "POST").length;
  expect((await maily(toFireworks("--epochs", "2", "--lora-rank", "16"))).status).toBe(0);
  expect(fireworks.requests.filter(({ method }) => method === "POST")).toHaveLength(posts);
});

test("a dry run writes what would be sent, for a person to read, and sends nothing", async () => {
  const out = join(eu.folder, "dry");
  expect((await maily([...toZep("--dry-run"), "--out", out], "")).status).toBe(0);
  expect((await maily([...toFireworks("--dry-run"), "--out", join(out, "model")], "")).status).toBe(
    0,
  );
  expect(await readdir(out)).toEqual([
    "README.txt",
    "facts.jsonl",
    "facts.md",
    "model",
    "request.json",
  ]);
  expect(await readdir(join(out, "model"))).toEqual([
    "README.txt",
    "dataset.jsonl",
    "request.json",
  ]);
  const readme = await readFile(join(out, "model", "README.txt"), "utf8");
  expect(readme).toContain("60 agree to it now");
  expect(readme).toContain("60 texts that readers wrote");
  expect(await readFile(join(out, "facts.md"), "utf8")).toMatch(/^# Coffee\n\n- 60 readers/);
  expect([...zep.requests, ...fireworks.requests]).toEqual([]);
  expect((await maily(toZep("--dry-run"), "")).told).toContain("--out");
  // What is written is what is sent.
  await maily(toFireworks());
  const lines = (await readFile(join(out, "model", "dataset.jsonl"), "utf8")).trimEnd().split("\n");
  const [dataset] = fireworks.datasets.values();
  expect(dataset!.lines).toEqual(lines.map((line) => JSON.parse(line) as unknown));
});

test("a purpose that does not allow it, and too few readers, hand nothing over", async () => {
  const unfit = await maily([...toFireworks(), "--purpose", "results"]);
  expect([unfit.status, unfit.told]).toEqual([1, expect.stringContaining("does not allow that")]);
  const few = await maily(toFireworks("--floor", "61"));
  expect([few.status, few.told]).toEqual([1, expect.stringContaining("takes 3 at least")]);
  expect(fireworks.requests).toEqual([]);
});

test("a text that was taken back is in nothing later, and --check says which data set to rebuild", async () => {
  await maily(toFireworks());
  const fine = await maily(toFireworks("--check"));
  expect([fine.status, fine.out]).toEqual([0, expect.stringContaining("60 texts, 0 of them")]);
  await withWarehouse((warehouse) =>
    warehouse.change((writer) =>
      writer.run(
        `UPDATE readers SET "current" = NULL, purposes = [] WHERE reader = '${plantedReader(7)}'`,
      ),
    ),
  );
  const stale = await maily(toFireworks("--check"));
  expect(stale.status).toBe(1);
  expect(stale.out).toContain("60 texts, 1 of them may be used no longer");
  expect(stale.told).toContain("rebuild it");
  await maily(toFireworks());
  expect(fireworks.datasets.size).toBe(2);
  const [, later] = fireworks.datasets.values();
  expect(JSON.stringify(later!.lines)).not.toContain("number 7 of");
});
