import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import {
  type Arbitrary,
  array,
  assert,
  asyncProperty,
  constantFrom,
  integer,
  record,
} from "fast-check";
import { expect, test } from "vitest";
import { countCampaign, type CampaignCounts } from "../../../server/warehouse/counts.ts";
import { Warehouse } from "../../../server/warehouse/duckdb.ts";
import type { SubmissionRow, WithdrawalRow } from "../../../server/warehouse/rows.ts";
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

/** What happens to one reader, in time and on the stream. */
const happening = record({
  reader: integer({ min: 0, max: 2 }),
  id: integer({ min: 0, max: 6 }),
  admittedAt: integer({ min: 1, max: 6 }),
  givenBefore: integer({ min: 0, max: 3 }),
  what: constantFrom("answer", "answer", "answer", "test", "withdrawal"),
});
type Happening = typeof happening extends Arbitrary<infer Value> ? Value : never;

function rowOf(event: Happening, offset: number): SubmissionRow | WithdrawalRow {
  const base = submissionRow(BigInt(offset));
  const reader = `reader ${event.reader}`;
  const { admittedAt } = event;
  const submissionId = `${event.what} ${event.id}`;
  if (event.what === "withdrawal") {
    const { source, tenant, campaign, receiptId } = base;
    return {
      kind: "withdrawal",
      source,
      tenant,
      campaign,
      receiptId,
      reader,
      submissionId,
      admittedAt,
    };
  }
  return {
    ...base,
    reader,
    submissionId,
    // The same id is the same answer here; another answer under it is a dead letter, tested elsewhere.
    envelopeSha256: Uint8Array.of(event.id),
    test: event.what === "test",
    admittedAt,
    givenAt: admittedAt - event.givenBefore,
    outcome: `outcome ${event.id}`,
  };
}

/** The rule, written plainly: first of each id, no tests, consent after the last withdrawal, latest of each reader. */
function expected(rows: readonly (SubmissionRow | WithdrawalRow)[]) {
  const first = new Map<string, SubmissionRow>();
  const withdrawnAt = new Map<string, number>();
  for (const row of rows)
    if (row.kind === "withdrawal")
      withdrawnAt.set(row.reader, Math.max(withdrawnAt.get(row.reader) ?? 0, row.admittedAt));
    else if (!first.has(`${row.reader} ${row.submissionId}`))
      first.set(`${row.reader} ${row.submissionId}`, row);
  const counted = Array.from(first.values()).filter(
    (row) => !row.test && row.givenAt > (withdrawnAt.get(row.reader) ?? -Infinity),
  );
  const latest = new Map<string, SubmissionRow>();
  for (const row of counted) {
    const other = latest.get(row.reader);
    if (other === undefined || row.admittedAt >= other.admittedAt) latest.set(row.reader, row);
  }
  const outcomes = new Map<string, number>();
  for (const { outcome = "" } of latest.values())
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  return { readers: latest.size, submissions: counted.length, outcomes };
}

test(
  "counts by the rule, however answers, tests and withdrawals follow each other and are batched",
  { timeout: 120_000 },
  async () => {
    const warehouse = await Warehouse.open(join(folder, "rule.duckdb"));
    await assert(
      asyncProperty(
        array(happening, { minLength: 1, maxLength: 14 }),
        array(integer({ min: 1, max: 5 }), { minLength: 14, maxLength: 14 }),
        async (events, sizes) => {
          const campaign = crypto.randomUUID();
          const rows = events.map((event, offset) => ({ ...rowOf(event, offset), campaign }));
          let start = 0;
          for (const size of sizes) {
            const some = rows.slice(start, start + size);
            if (some.length > 0)
              await warehouse.write({ rows: some, nextOffsets: new Map(), replay: false });
            start += size;
          }
          const counts = await warehouse.read((connection) =>
            countCampaign(connection, { tenant: 1, campaign }, []),
          );
          const { readers, submissions, outcomes } = expected(rows.slice(0, start));
          expect({ readers: counts.readers, submissions: counts.submissions }).toEqual({
            readers,
            submissions,
          });
          expect(counts.outcomes).toEqual(outcomes);
        },
      ),
      { numRuns: 60 },
    );
    await warehouse.close();
  },
);
