import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, test } from "vitest";
import { countCampaign, type CampaignCounts } from "../../../server/warehouse/counts.ts";
import { Warehouse } from "../../../server/warehouse/duckdb.ts";
import { hasOwnDisks, onSmallDisk } from "../process.ts";
import { temporaryFolder, until } from "../region.ts";
import { submissionRow } from "./row.ts";

const folder = temporaryFolder();
const filler = fileURLToPath(new URL("filler.ts", import.meta.url));
const of = { tenant: 1, campaign: "AAAAAAAAAAA" };

const countsOf = (warehouse: Warehouse): Promise<CampaignCounts> =>
  warehouse.read((connection) => countCampaign(connection, of, []));

function startFiller(wrapper: readonly string[], ...options: string[]) {
  const [command = "", ...rest] = wrapper.concat(process.execPath, filler, ...options);
  const child = spawn(command, rest, { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  const exited = once(child, "exit");
  return { child, lines, exited };
}

const storedIn = (lines: readonly string[]): number =>
  Math.max(0, ...lines.map((line) => Number(/^stored (\d+)$/.exec(line)?.[1] ?? 0)));

test(
  "rows and offset stay together through kill -9 in the middle of loading, again and again",
  { timeout: 120_000 },
  async () => {
    const path = join(folder, "killed.duckdb");
    let stored = 0;
    for (let round = 0; round < 6; round++) {
      const { child, lines, exited } = startFiller([], path, "40", "20");
      const enough = stored + 40 * (3 + round * 5);
      await until(() => storedIn(lines) >= enough);
      child.kill("SIGKILL");
      await exited;
      stored = storedIn(lines);
    }
    const warehouse = await Warehouse.open(path);
    const next = Number((await warehouse.nextOffsets()).get(0));
    // What was said to be stored is; at most the batch in hand was stored without a word.
    expect(next).toBeGreaterThanOrEqual(stored);
    expect(next).toBeLessThanOrEqual(stored + 40);
    const counts = await countsOf(warehouse);
    expect(counts).toMatchObject({ readers: next, submissions: next });
    expect(counts.answered.get("why")).toBe(next);
    expect(counts.options.get("roast")?.get("dark")?.count).toBe(next);
    await warehouse.close();
  },
);

test.skipIf(!hasOwnDisks)(
  "waits on a full disk, can be read meanwhile, and goes on when there is room",
  { timeout: 120_000 },
  async () => {
    const disk = join(folder, "disk");
    // Large enough that the log is folded into the file while the disk is full: DuckDB then gives up the whole instance.
    const wrapper = onSmallDisk(disk, 90, 42_000_000);
    const { lines, exited } = startFiller(
      wrapper,
      join(disk, "full.duckdb"),
      "500",
      "2000",
      join(disk, "ballast"),
    );
    const [code] = (await exited) as [number];
    expect(code).toBe(0);
    const refused = lines.indexOf("refused");
    expect(refused).toBeGreaterThan(0);
    const kept = Number(/^kept (\d+)$/.exec(lines[refused + 1] ?? "")?.[1]);
    const before = storedIn(lines.slice(0, refused));
    expect([before, before + 500]).toContain(kept);
    expect(storedIn(lines)).toBeGreaterThanOrEqual(before + 5000);
  },
);

test("refuses a file that a newer version wrote, and one that is no warehouse", async () => {
  const path = join(folder, "newer.duckdb");
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  await connection.run(
    "CREATE TABLE maily_schema (version INTEGER); INSERT INTO maily_schema VALUES (99)",
  );
  connection.closeSync();
  instance.closeSync();
  await expect(Warehouse.open(path)).rejects.toMatchObject({
    code: "configuration-invalid",
    members: { errors: [expect.stringContaining("run a newer Maily")] },
  });
  const other = join(folder, "other.duckdb");
  copyFileSync(filler, other);
  await expect(Warehouse.open(other)).rejects.toMatchObject({ code: "configuration-invalid" });
});

test("reopens with the same rows, and brings an empty file up to date", async () => {
  const path = join(folder, "again.duckdb");
  const first = await Warehouse.open(path);
  expect(await first.nextOffsets()).toEqual(new Map());
  await first.write({ rows: [submissionRow(4n)], nextOffsets: new Map([[0, 5n]]), replay: false });
  await first.close();
  await expect(first.nextOffsets()).rejects.toMatchObject({ code: "region-unavailable" });
  const second = await Warehouse.open(path);
  expect(await second.nextOffsets()).toEqual(new Map([[0, 5n]]));
  // A batch delivered again after a later one does not set the offset back.
  await second.write({ rows: [submissionRow(3n)], nextOffsets: new Map([[0, 4n]]), replay: false });
  expect(await second.nextOffsets()).toEqual(new Map([[0, 5n]]));
  expect((await countsOf(second)).readers).toBe(2);
  await second.close();
});

test("another tenant's rows under the same campaign and reader are its own", async () => {
  const warehouse = await Warehouse.open(join(folder, "tenants.duckdb"));
  const ours = submissionRow(1n);
  const theirs = { ...ours, tenant: 2, envelopeSha256: Uint8Array.of(9) };
  const written = await warehouse.write({
    rows: [ours, theirs],
    nextOffsets: new Map(),
    replay: false,
  });
  expect(written).toMatchObject({ duplicates: 0, deadLetters: [] });
  expect((await countsOf(warehouse)).readers).toBe(1);
  await warehouse.close();
});
