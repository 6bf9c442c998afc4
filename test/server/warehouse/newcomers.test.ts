// Readers who are taken for new without a look: right, or found out and stored the other way.
import { join } from "node:path";
import { expect, test } from "vitest";
import { utf8 } from "../../../sdk/bytes.ts";
import { Problem } from "../../../sdk/problem.ts";
import { Warehouse } from "../../../server/warehouse/duckdb.ts";
import { readerKey, submissionKey } from "../../../server/warehouse/keys.ts";
import { knownReadersOf, type KnownReaders } from "../../../server/warehouse/known-readers.ts";
import { tallyFaults } from "../../../server/warehouse/retally.ts";
import type { DeadLetterRow, Row, SubmissionRow, Written } from "../../../server/warehouse/rows.ts";
import { temporaryFolder, until } from "../region.ts";
import { submissionRow } from "./row.ts";

const folder = temporaryFolder();
const minute = 60_000;

const answer = (number: number, option = "dark"): SubmissionRow => ({
  ...submissionRow(BigInt(number), [{ question: "roast", position: 0, option }]),
  givenAt: number * minute,
  admittedAt: number * minute,
});

const write = (warehouse: Warehouse, ...rows: Row[]): Promise<Written> =>
  warehouse.write({ rows, nextOffsets: new Map(), replay: false, publish: "eu" });

const isKnown = (warehouse: Warehouse, row: SubmissionRow): Promise<boolean | undefined> =>
  warehouse.change(async (writer) => knownReadersOf(writer)?.has(readerKey(row)));

const filterOf = (warehouse: Warehouse): Promise<KnownReaders | undefined> =>
  warehouse.change(async (writer) => knownReadersOf(writer));

/** Once it has read who is there: until then everybody may be known. */
async function learned(path: string): Promise<Warehouse> {
  const warehouse = await Warehouse.open(path);
  await until(async () => (await isKnown(warehouse, answer(999_999))) === false);
  return warehouse;
}

const faultsOf = (warehouse: Warehouse): Promise<number> =>
  warehouse.read((connection) => tallyFaults(connection));

test("a second answer of a reader is counted as such, in the same process and in the next", async () => {
  const path = join(folder, "second.duckdb");
  const warehouse = await learned(path);
  await write(warehouse, answer(1), answer(2));
  const again = { ...answer(3, "light"), reader: answer(1).reader };
  expect((await write(warehouse, again)).readers).toMatchObject([{ submissions: 2 }]);
  await warehouse.close();

  const next = await learned(path);
  expect(await isKnown(next, answer(1))).toBe(true);
  expect(await isKnown(next, answer(2))).toBe(true);
  const third = { ...answer(4), reader: answer(1).reader };
  expect((await write(next, third)).readers).toMatchObject([{ submissions: 3, held: false }]);
  expect((await write(next, answer(2))).duplicates).toBe(1);
  expect(await faultsOf(next)).toBe(0);
  await next.close();
});

test("a test send's id is taken, in the same process and in the next", async () => {
  const path = join(folder, "tested.duckdb");
  const warehouse = await learned(path);
  await write(warehouse, { ...answer(1), test: true }, { ...answer(2), test: true });
  expect((await write(warehouse, answer(1))).duplicates).toBe(1);
  await warehouse.close();
  const next = await learned(path);
  const other = { ...answer(2), envelopeSha256: utf8("another") };
  expect((await write(next, other)).deadLetters).toMatchObject([{ code: "submission-reused" }]);
  await next.close();
});

test("who was known after all is stored as such, with the rest of the batch", async () => {
  const warehouse = await learned(join(folder, "planted.duckdb"));
  await warehouse.change(async (writer) => {
    const known = answer(1);
    await writer.run(
      `INSERT INTO readers (key, tenant, campaign, reader, submissions, withdrawn_at)
       VALUES (?, 1, 'AAAAAAAAAAA', ?, 0, epoch_ms(${5 * minute}))`,
      [readerKey(known), known.reader],
    );
    const stored = answer(2);
    await writer.run(
      `INSERT INTO submissions SELECT ?, ?, 1, 'AAAAAAAAAAA', ?, ?, 'another'::BLOB, 'receipt', 1, true, 'web', 'en', 1, [],
         epoch_ms(0), epoch_ms(0), NULL, 0, 2`,
      [submissionKey(stored), readerKey(stored), stored.reader, stored.submissionId],
    );
  });
  for (const row of [answer(1), answer(2)]) expect(await isKnown(warehouse, row)).toBe(false);
  const written = await write(warehouse, answer(1), answer(2), answer(3));
  expect(written.stored.map(({ submissionId }) => submissionId)).toEqual([
    "submission 1",
    "submission 3",
  ]);
  // The withdrawal stands above what was agreed to before it.
  expect(written.readers.find(({ reader }) => reader === "reader 1")?.current).toBeUndefined();
  expect(written.deadLetters).toMatchObject([
    { code: "submission-reused", source: { offset: 2n } },
  ]);
  expect(await faultsOf(warehouse)).toBe(0);
  expect(warehouse.writable).toBe(true);
  await warehouse.close();
});

test("counters and numbers of a batch that was refused are not taken for stored", async () => {
  const path = join(folder, "refused.duckdb");
  const warehouse = await learned(path);
  const first = await write(warehouse, answer(1));
  // Written last: by then everything else of the batch is in the tables.
  const broken = {
    kind: "dead-letter",
    code: "internal",
    campaign: undefined,
    source: { ...answer(2).source, topic: undefined },
  } as unknown as DeadLetterRow;
  await expect(write(warehouse, answer(2, "light"), broken)).rejects.toThrow();
  const second = await write(warehouse, answer(2, "light"), answer(3, "light"));
  expect(second.stored).toHaveLength(2);
  expect(await faultsOf(warehouse)).toBe(0);
  expect(second.outgoing?.commit).toBeGreaterThan(first.outgoing?.commit ?? 0n);
  expect(second.outgoing?.waiting).toHaveLength(4);
  const last = second.outgoing?.waiting.at(-1)?.seq ?? 0n;
  await warehouse.close();
  const next = await learned(path);
  expect((await write(next, answer(4))).outgoing?.commit).toBeGreaterThan(last);
  await next.close();
});

test("thousands in one batch, and each in its place", async () => {
  const warehouse = await learned(join(folder, "thousands.duckdb"));
  const rows = Array.from({ length: 3_000 }, (_, index) => ({
    ...answer(index, `roast ${index % 7}`),
    answers: [
      { question: "roast", position: 0, option: `roast ${index % 7}` },
      { question: "why", position: 0, text: `reason ${index}`, redacted: [], cleared: false },
    ],
  }));
  expect((await write(warehouse, ...rows)).stored).toHaveLength(3_000);
  const found = await warehouse.read((connection) =>
    connection.runAndReadAll(
      `SELECT count(*), count(DISTINCT s.key), count(*) FILTER (r."current" = s.key)
       FROM answers a JOIN submissions s ON s.key = a.submission JOIN readers r ON r.key = s.reader_key
       WHERE (a.question = 'why' AND a."text" = 'reason ' || s."offset" AND a."option" IS NULL AND a.redacted = [])
          OR (a.question = 'roast' AND a."option" = 'roast ' || s."offset" % 7 AND a."text" IS NULL AND a.redacted IS NULL)`,
    ),
  );
  expect(found.getRowsJS()).toEqual([[6_000n, 3_000n, 6_000n]]);
  expect(await faultsOf(warehouse)).toBe(0);
  await warehouse.close();
});

test("of all who were added each is known, and takes room once", async () => {
  const warehouse = await learned(join(folder, "filter.duckdb"));
  const known = await filterOf(warehouse);
  const keys = Array.from({ length: 60_000 }, (_, number) => readerKey(answer(number)));
  for (const key of keys) known?.add(key);
  expect(keys.filter((key) => known?.has(key) !== true)).toEqual([]);
  const strangers = keys.map((_, index) => readerKey(answer(1_000_000 + index)));
  expect(strangers.filter((key) => known?.has(key) === true).length).toBeLessThan(10);
  const size = known?.size ?? 0;
  for (const key of keys) known?.add(key);
  expect(known?.size).toBe(size);
  await warehouse.close();
});

test("readers who come again are never taken for new", async () => {
  const warehouse = await learned(join(folder, "again.duckdb"));
  const rows = Array.from({ length: 40 }, (_, number) => answer(number));
  const first = await write(warehouse, ...rows);
  const again = rows.map(({ reader }, index) => ({ ...answer(100 + index), reader }));
  const { readers, outgoing } = await write(warehouse, ...again);
  expect(new Set(readers.map(({ submissions }) => submissions))).toEqual(new Set([2]));
  // The next number: nothing was rolled back between.
  expect(outgoing?.commit).toBe((first.outgoing?.waiting.at(-1)?.seq ?? 0n) + 2n);
  await warehouse.close();
});

test("what is rolled back uses up hardly any numbers: a copy that is restored goes on above all that were published", async () => {
  const warehouse = await learned(join(folder, "numbers.duckdb"));
  const begun = (await write(warehouse, answer(1))).outgoing?.commit ?? 0n;
  for (let refused = 0; refused < 20; refused++) {
    const change = warehouse.change(async () => {
      throw new Problem("region-unavailable");
    });
    await expect(change).rejects.toThrow();
    await write(warehouse, answer(2 + refused));
  }
  const ended = (await write(warehouse, answer(99))).outgoing?.commit ?? 0n;
  expect(ended - begun).toBeLessThan(1_000n);
  const kept = await warehouse.read(async (connection) =>
    (await connection.runAndReadAll("SELECT value FROM counters")).getRowsJS(),
  );
  expect(kept[0]?.[0]).toBeGreaterThanOrEqual(ended);
  await warehouse.close();
});

/** An answer that cannot be written so many times, as what a failed commit leaves in memory would have it. */
function failing(row: SubmissionRow, times: number): SubmissionRow {
  let left = times;
  return Object.defineProperty({ ...row }, "language", {
    enumerable: true,
    get: () => {
      if (left-- > 0) throw new Error("Constraint Error: Duplicate key");
      return row.language;
    },
  });
}

test("what was refused is tried with the file opened anew, before a row is blamed for it", async () => {
  const warehouse = await learned(join(folder, "doubted.duckdb"));
  await write(warehouse, answer(1));
  const before = await filterOf(warehouse);
  const again = { ...answer(2), reader: answer(1).reader };
  expect((await write(warehouse, failing(again, 1), answer(3))).stored).toHaveLength(2);
  expect(await filterOf(warehouse), "the same connection").not.toBe(before);
  await expect(write(warehouse, failing(answer(4), Infinity))).rejects.toThrow(/Duplicate key/);
  expect((await write(warehouse, answer(4))).stored).toHaveLength(1);
  expect(await faultsOf(warehouse)).toBe(0);
  await warehouse.close();
});
