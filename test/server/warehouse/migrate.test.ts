import { existsSync } from "node:fs";
import { readFile, utimes } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, test } from "vitest";
import { countCampaign } from "../../../server/warehouse/counts.ts";
import { Warehouse } from "../../../server/warehouse/duckdb.ts";
import { temporaryFolder } from "../region.ts";
import { submissionRow } from "./row.ts";

const of = { tenant: 1, campaign: "AAAAAAAAAAA" };
const countsOf = (warehouse: Warehouse) =>
  warehouse.read((connection) => countCampaign(connection, of, []));

test("a warehouse of version 1 opens with its answers, counted by today's rule", async () => {
  const path = join(temporaryFolder(), "version-1.duckdb");
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  await connection.run(await readFile(new URL("version-1.sql", import.meta.url), "utf8"));
  connection.closeSync();
  instance.closeSync();

  const warehouse = await Warehouse.open(path);
  expect(await warehouse.nextOffsets()).toEqual(new Map([[0, 5n]]));
  const counts = await countsOf(warehouse);
  expect(counts).toMatchObject({ readers: 1, submissions: 2, held: 1 });
  expect(counts.outcomes).toEqual(new Map([["outcome 4", 1]]));
  expect(counts.options.get("roast")?.get("dark")?.count).toBe(1);
  await warehouse.write({
    rows: [submissionRow(5n)],
    nextOffsets: new Map([[0, 6n]]),
    replay: false,
  });
  expect(await countsOf(warehouse)).toMatchObject({ readers: 2, submissions: 3 });
  await warehouse.close();
  // Once is enough: the next start finds it up to date.
  const again = await Warehouse.open(path);
  expect(await countsOf(again)).toMatchObject({ readers: 2, submissions: 3, held: 1 });
  await again.close();
});

test("what an update changes is kept as it was, for a week", async () => {
  const path = join(temporaryFolder(), "kept.duckdb");
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  await connection.run(await readFile(new URL("version-1.sql", import.meta.url), "utf8"));
  connection.closeSync();
  instance.closeSync();
  await (await Warehouse.open(path)).close();

  const kept = `${path}.version-1`;
  const older = await DuckDBInstance.create(kept);
  const looking = await older.connect();
  const found = await looking.runAndReadAll(
    "SELECT max(version), (SELECT count(*) FROM submissions) FROM maily_schema",
  );
  expect(found.getRowsJS()).toEqual([[1, 5n]]);
  looking.closeSync();
  older.closeSync();
  // No start but one that changes something makes such a copy, and none outlives its time.
  await (await Warehouse.open(path)).close();
  expect(existsSync(`${path}.version-4`)).toBe(false);
  expect(existsSync(kept)).toBe(true);
  const longAgo = new Date(Date.now() - 8 * 86_400_000);
  await utimes(kept, longAgo, longAgo);
  await (await Warehouse.open(path)).close();
  expect(existsSync(kept)).toBe(false);
});
