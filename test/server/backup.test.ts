// A copy of the warehouse, and what becomes of it when it is a region's warehouse again.
import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, test } from "vitest";
import { Problem } from "../../sdk/problem.ts";
import { backUp } from "../../server/backup/backup.ts";
import { restore, type Restore } from "../../server/backup/restore.ts";
import { countCampaign } from "../../server/warehouse/counts.ts";
import { Warehouse } from "../../server/warehouse/duckdb.ts";
import { tallyFaults } from "../../server/warehouse/retally.ts";
import type { RequestRow, Row, SubmissionRow, WithdrawalRow } from "../../server/warehouse/rows.ts";
import { temporaryFolder, TestRegion } from "./region.ts";
import { answerOf } from "./sealed.ts";
import { submissionRow } from "./warehouse/row.ts";

const of = { tenant: 1, campaign: "AAAAAAAAAAA" };
const answersOf = async (warehouse: Warehouse): Promise<number> =>
  (await warehouse.read((connection) => countCampaign(connection, of, []))).readers;

const answer = (number: number): SubmissionRow => ({
  ...submissionRow(BigInt(number), [
    { question: "roast", position: 0, option: "dark" },
    { question: "why", position: 0, text: `the very own words of reader ${number} here` },
  ]),
  admittedAt: 1000 + number,
  givenAt: 1000 + number,
});

const offsetsTo = (offset: number): Map<number, bigint> => new Map([[0, BigInt(offset)]]);
const write = (warehouse: Warehouse, rows: readonly Row[], offset: number): Promise<unknown> =>
  warehouse.write({ rows, nextOffsets: offsetsTo(offset), replay: false });

function request(reader: number, offset: number): RequestRow {
  const { source, tenant, campaign, test: isTest } = submissionRow(BigInt(offset));
  const named = { tenant, campaign, reader: `reader ${reader}`, submissionId: `erase ${offset}` };
  return {
    kind: "request",
    source,
    ...named,
    request: "erase",
    via: "page",
    test: isTest,
    admittedAt: 90_000,
  };
}

function withdrawal(reader: number, offset: number): WithdrawalRow {
  const { source, tenant, campaign, test: isTest } = submissionRow(BigInt(offset));
  const named = { tenant, campaign, reader: `reader ${reader}`, submissionId: `back ${offset}` };
  return {
    kind: "withdrawal",
    source,
    ...named,
    receiptId: "receipt",
    test: isTest,
    admittedAt: 90_000,
  };
}

async function keep(warehouse: Warehouse, file: string): Promise<void> {
  const { body, sha256, bytes } = await backUp(warehouse, "eu");
  const copy = Buffer.from(await new Response(body).arrayBuffer());
  expect(copy).toHaveLength(bytes);
  const digest = createHash("sha256").update(copy).digest("hex");
  expect(Buffer.from(sha256).toString("hex")).toBe(digest);
  await writeFile(file, copy);
  await writeFile(`${file}.sha256`, `${digest}  eu.duckdb\n`);
}

/** A warehouse of ten answers with a copy of it, and what came after: five answers, an erasure, a withdrawal. */
async function prepared(): Promise<{ folder: string; asked: Restore }> {
  const folder = temporaryFolder();
  const dataDir = join(folder, "data");
  await mkdir(dataDir);
  const warehouse = await Warehouse.open(join(dataDir, "warehouse.duckdb"));
  await write(
    warehouse,
    Array.from({ length: 10 }, (_, index) => answer(index)),
    10,
  );
  const backup = join(folder, "eu.duckdb");
  await keep(warehouse, backup);
  await write(warehouse, [10, 11, 12, 13, 14].map(answer), 15);
  await write(warehouse, [request(3, 15), withdrawal(4, 16)], 17);
  expect(await answersOf(warehouse)).toBe(13);
  await warehouse.close();
  const asked = {
    backup,
    region: "eu",
    dataDir,
    lists: [],
    unlisted: false,
    newStream: false,
  } as const;
  return { folder, asked };
}

const refused = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "restored",
    (error: unknown) => (error instanceof Problem ? JSON.stringify(error.toJSON()) : String(error)),
  );

test("a restored copy has the answers of then, and nobody who was erased or withdrew since", async () => {
  const { asked } = await prepared();
  const restored = await restore(asked);
  expect(restored).toMatchObject({ applied: 2, readers: 8 });
  const warehouse = await Warehouse.open(join(asked.dataDir, "warehouse.duckdb"));
  expect(await answersOf(warehouse)).toBe(8);
  // Ingest goes on where the copy was.
  expect(await warehouse.nextOffsets()).toEqual(offsetsTo(10));
  expect(await warehouse.read(tallyFaults)).toBe(0);
  // The stream brings again what it has since, the erased reader's answer among it.
  await write(warehouse, [3, 10, 11, 12, 13, 14].map(answer), 15);
  await write(warehouse, [request(3, 15), withdrawal(4, 16)], 17);
  expect(await answersOf(warehouse)).toBe(13);
  const words = await warehouse.read((connection) =>
    connection.runAndReadAll(`SELECT count(*) FROM answers WHERE "text" LIKE '%of reader 3 here%'`),
  );
  expect(words.getRowsJS()).toEqual([[0n]]);
  await warehouse.close();
  // What was in use is still there, for the operator to delete.
  expect(restored.replaced).toBeDefined();
  const replaced = await Warehouse.open(restored.replaced ?? "");
  expect(await answersOf(replaced)).toBe(13);
  await replaced.close();
});

const words = (number: number): SubmissionRow => ({
  ...answer(number),
  // Random, so that no compression hides it.
  answers: [{ question: "why", position: 0, text: `secret-${number}-${crypto.randomUUID()}` }],
});

test("a copy holds no words that were erased before it was taken", async () => {
  const folder = temporaryFolder();
  const warehouse = await Warehouse.open(join(folder, "warehouse.duckdb"));
  await write(
    warehouse,
    Array.from({ length: 200 }, (_, index) => words(index)),
    200,
  );
  await keep(warehouse, join(folder, "before.duckdb"));
  await write(warehouse, [request(7, 200)], 201);
  await keep(warehouse, join(folder, "after.duckdb"));
  await warehouse.close();
  const has = async (file: string, text: string): Promise<boolean> =>
    (await readFile(join(folder, file))).includes(text);
  expect(await has("before.duckdb", "secret-7-")).toBe(true);
  expect(await has("after.duckdb", "secret-8-")).toBe(true);
  expect(await has("after.duckdb", "secret-7-")).toBe(false);
});

test("with the folder lost, lists kept elsewhere say who must not come back", async () => {
  const { folder, asked } = await prepared();
  const warehouse = await Warehouse.open(join(asked.dataDir, "warehouse.duckdb"));
  const list = join(folder, "taken-back.jsonl");
  await writeFile(list, [...warehouse.takenBack.lines()].flat().join("\n"));
  await warehouse.close();
  const elsewhere = { ...asked, dataDir: join(folder, "new") };
  expect(await refused(restore(elsewhere))).toContain("--taken-back");
  expect(await restore({ ...elsewhere, lists: [list], newStream: true })).toMatchObject({
    readers: 8,
    replaced: undefined,
  });
  const again = await Warehouse.open(join(elsewhere.dataDir, "warehouse.duckdb"));
  expect(await again.nextOffsets()).toEqual(new Map());
  // Restored once more, from this folder, they are still known.
  await again.close();
  expect(await restore(elsewhere)).toMatchObject({ readers: 8 });
  expect(
    await restore({ ...elsewhere, dataDir: join(folder, "newer"), unlisted: true }),
  ).toMatchObject({
    readers: 10,
  });
});

test("refuses what is damaged, of another region, newer, or no copy, and changes nothing", async () => {
  const { folder, asked } = await prepared();
  const before = (await readdir(asked.dataDir)).toSorted();
  const altered = async (
    name: string,
    change: (bytes: Buffer) => Buffer,
    digest = true,
  ): Promise<Restore> => {
    const backup = join(folder, name);
    const bytes = change(await readFile(asked.backup));
    await writeFile(backup, bytes);
    const hash = createHash("sha256").update(bytes).digest("hex");
    if (digest) await writeFile(`${backup}.sha256`, hash);
    else await cp(`${asked.backup}.sha256`, `${backup}.sha256`);
    return { ...asked, backup };
  };
  const flipped = await altered(
    "flipped",
    (bytes) => {
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      return bytes;
    },
    false,
  );
  expect(await refused(restore(flipped))).toContain("damaged");
  const cut = await altered("cut", (bytes) => bytes.subarray(0, bytes.length / 2));
  expect(await refused(restore(cut))).toContain("no copy");
  const noise = await altered("noise", () => Buffer.from("this is no database"));
  expect(await refused(restore(noise))).toContain("no copy");
  expect(await refused(restore({ ...asked, region: "us" }))).toContain("of region eu");
  expect(await refused(restore({ ...asked, backup: join(folder, "none") }))).toContain(
    "is missing",
  );
  const newer = await altered("newer.duckdb", (bytes) => bytes);
  const instance = await DuckDBInstance.create(newer.backup);
  const connection = await instance.connect();
  await connection.run("INSERT INTO maily_schema VALUES (99)");
  connection.closeSync();
  instance.closeSync();
  const hash = createHash("sha256")
    .update(await readFile(newer.backup))
    .digest("hex");
  await writeFile(`${newer.backup}.sha256`, hash);
  expect(await refused(restore(newer))).toContain("run a newer Maily");
  const list = join(folder, "broken.jsonl");
  await writeFile(list, '{"kind":"request"}\n');
  expect(await refused(restore({ ...asked, lists: [list] }))).toContain("broken.jsonl:1");
  expect((await readdir(asked.dataDir)).toSorted()).toEqual(before);
});

test("a running server gives copies to its operator alone, and its folder cannot be restored under it", async () => {
  const region = await TestRegion.start();
  const campaign = await region.published();
  await region.take(
    ...(await Promise.all([1, 2, 3].map(() => answerOf(region.keys, campaign, {})))),
  );
  await region.ingested();
  expect((await region.get("/v1/backup", region.keys.tenant.token)).status).toBe(401);
  expect((await region.get("/v1/taken-back", region.keys.tenant.token)).status).toBe(401);
  // Not even for its operator a whole copy that nobody takes.
  const head = await region.operator("/v1/backup", "HEAD");
  expect([head.status, head.headers.get("allow")]).toEqual([405, "GET"]);
  const response = await region.operator("/v1/backup");
  expect(response.status).toBe(200);
  const bytes = Buffer.from(await response.arrayBuffer());
  const digest = createHash("sha256").update(bytes).digest();
  expect(response.headers.get("content-digest")).toBe(`sha-256=:${digest.toString("base64")}:`);
  const backup = join(region.folder, "eu.duckdb");
  await writeFile(backup, bytes);
  await writeFile(`${backup}.sha256`, digest.toString("hex"));
  const dataDir = join(region.folder, "data");
  const asked = {
    backup,
    region: "eu",
    dataDir,
    lists: [],
    unlisted: false,
    newStream: false,
  } as const;
  expect(await refused(restore(asked))).toContain("another process has it open");
  expect((await region.results(campaign)).answers).toBe(3);
  await region.stop();
  await restore(asked);
  await region.start();
  expect((await region.results(campaign)).answers).toBe(3);
  const later = await answerOf(region.keys, campaign, {});
  await region.take(later);
  await region.ingested();
  expect((await region.results(campaign)).answers).toBe(4);
});
