// `maily export`, `backup` and `restore` as processes of their own, against a region's server.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeKeys } from "../../cli/keygen.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { temporaryFolder, TestRegion } from "../server/region.ts";
import { answerOf, randomId, withdrawalOf } from "../server/sealed.ts";

const run = promisify(execFile);
const main = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const folder = temporaryFolder();
const keys = join(folder, "keys");
const region = await TestRegion.start();
let campaign: Campaign;

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly said: string;
}

const maily = (...words: readonly string[]): Promise<Ended> =>
  run(process.execPath, [main, ...words], { cwd: folder }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, said: stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
      code,
      out: stdout,
      said: stderr,
    }),
  );

const asked = (...words: readonly string[]): string[] => [
  ...words,
  "--server",
  region.origin,
  "--keys",
  keys,
];

const reader = randomId(16);

beforeAll(async () => {
  await writeKeys(keys, region.keys);
  campaign = await region.published();
  await region.take(
    await answerOf(region.keys, campaign, { reader, answers: { roast: "dark", why: "=1+1" } }),
    await answerOf(region.keys, campaign, { answers: { roast: "light" } }),
  );
  await region.ingested();
});

test("exports a spreadsheet and Parquet", async () => {
  const tenant = ["--tenant", String(region.keys.tenant.tenant)];
  const csv = await maily(...asked("export", campaign.id, ...tenant, "--out", "answers.csv"));
  expect(csv).toMatchObject({ code: 0, out: "answers.csv\n" });
  const text = await readFile(join(folder, "answers.csv"), "utf8");
  expect(text.split("\r\n")).toHaveLength(4);
  expect(text).toContain("Which roast?");
  expect(text).toContain(",Dark,");
  expect(text).toContain("'=1+1");
  const long = await maily(
    ...asked("export", campaign.id, ...tenant, "--long", "--out", "long.csv"),
  );
  expect(long.code).toBe(0);
  expect(await readFile(join(folder, "long.csv"), "utf8")).toContain(",roast,0,dark,");
  const parquet = await maily(...asked("export", campaign.id, ...tenant, "--format", "parquet"));
  expect(parquet).toMatchObject({ code: 0, out: `${campaign.id}.parquet\n` });
  const bytes = await readFile(join(folder, `${campaign.id}.parquet`));
  expect(bytes.subarray(0, 4).toString()).toBe("PAR1");
  const unknown = await maily(...asked("export", randomId(8), ...tenant));
  expect(unknown).toMatchObject({ code: 1, out: "" });
});

test("backs up, and restores without whoever withdrew since", async () => {
  expect(await maily(...asked("backup", "--out", "eu.duckdb"))).toMatchObject({
    code: 0,
    out: "eu.duckdb\neu.duckdb.sha256\n",
  });
  await run("sha256sum", ["--check", "eu.duckdb.sha256"], { cwd: folder });
  // A copy replaces none.
  expect((await maily(...asked("backup", "--out", "eu.duckdb"))).code).toBe(1);
  await region.take(await withdrawalOf(region.keys, campaign, { reader }));
  await region.ingested();
  expect((await maily(...asked("backup", "--taken-back", "--out", "list.jsonl"))).code).toBe(0);
  const restored = ["restore", "eu.duckdb", "--region", "eu", "--data", "again"];
  const unlisted = await maily(...restored);
  expect(unlisted).toMatchObject({ code: 1 });
  expect(unlisted.said).toContain("--taken-back");
  const done = await maily(...restored, "--taken-back", "list.jsonl", "--new-stream");
  expect(done.said).toBe("");
  expect(done.out).toContain("1 readers count");
  expect((await readdir(join(folder, "again"))).toSorted()).toEqual([
    "warehouse.duckdb",
    "warehouse.duckdb.taken-back",
  ]);
  const elsewhere = ["restore", "eu.duckdb", "--region", "us", "--data", "us", "--unlisted"];
  expect((await maily(...elsewhere)).said).toContain("of region eu");
});

let answer: (response: ServerResponse) => void = () => undefined;
const peer = createServer((_, response) => answer(response));
beforeAll(() => new Promise<void>((resolve) => peer.listen(0, "127.0.0.1", resolve)));
afterAll(() => peer.close());

test("keeps nothing of a file that ends early, or is not what was promised", async () => {
  const { port } = peer.address() as AddressInfo;
  const backup = (): Promise<Ended> =>
    maily("backup", "--server", `http://127.0.0.1:${port}`, "--keys", keys, "--out", "bad.duckdb");
  answer = (response) => {
    response.writeHead(200, { "content-length": "1000" });
    response.write("half");
    setTimeout(() => response.destroy(), 50);
  };
  expect(await backup()).toMatchObject({ code: 1 });
  answer = (response) => {
    response.writeHead(200, { "content-digest": `sha-256=:${"A".repeat(43)}=:` });
    response.end("whole, but another");
  };
  const damaged = await backup();
  expect(damaged.code).toBe(1);
  expect(damaged.said).toContain("damaged");
  answer = (response) => {
    response.writeHead(401, { "content-type": "application/problem+json" });
    response.end(JSON.stringify({ code: "token-invalid" }));
  };
  expect((await backup()).said).toContain("token");
  expect(existsSync(join(folder, "bad.duckdb"))).toBe(false);
  expect(existsSync(join(folder, "bad.duckdb.part"))).toBe(false);
  await writeFile(join(folder, "bad.duckdb"), "mine");
  expect((await backup()).code).toBe(1);
  expect(await readFile(join(folder, "bad.duckdb"), "utf8")).toBe("mine");
});
