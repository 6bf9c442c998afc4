// What is read back of a warehouse to fill another one: all of it once, however it is cut into pages, and nothing uncleared.
import { join } from "node:path";
import { expect, test } from "vitest";
import type { OpenedAnswer, ReaderState } from "../../../sdk/schema/opened.ts";
import { Warehouse } from "../../../server/warehouse/duckdb.ts";
import type {
  PreferencesRow,
  Row,
  SubmissionRow,
  WithdrawalRow,
} from "../../../server/warehouse/rows.ts";
import {
  openStored,
  storedRecords,
  type StoredKind,
} from "../../../server/warehouse/stored-records.ts";
import { temporaryFolder } from "../region.ts";
import { submissionRow } from "./row.ts";

const file = join(temporaryFolder(), "warehouse.duckdb");
const count = 11;

async function filled(): Promise<void> {
  const warehouse = await Warehouse.open(file);
  const rows: Row[] = Array.from({ length: count }, (_, index) =>
    submissionRow(BigInt(index), [
      { question: "mail", position: 0, text: "ann@example.org", contact: "email" },
    ]),
  );
  const { source, tenant, campaign, reader, test: isTest } = submissionRow(0n);
  const withdrawal = { submissionId: "withdrawal", receiptId: "receipt", admittedAt: 5 };
  rows.push({ kind: "withdrawal", source, tenant, campaign, reader, test: isTest, ...withdrawal });
  await warehouse.write({ rows, nextOffsets: new Map(), replay: false });
  await warehouse.close();
}

async function read(
  kind: StoredKind,
  pageRows: number,
  skipped = 0,
  from = file,
): Promise<object[]> {
  const instance = await openStored(from);
  const records: object[] = [];
  let rows = skipped;
  for await (const page of storedRecords(instance, { region: "eu", kind, skipped, pageRows })) {
    records.push(...page.records);
    rows += page.read;
  }
  instance.closeSync();
  if (kind === "answer" && from === file && skipped < count) expect(rows).toBe(count);
  return records;
}

test("every row is in one page, from wherever it goes on", async () => {
  await filled();
  for (const kind of ["answer", "state", "withdrawal"] as const) {
    const whole = await read(kind, 5_000);
    // Of who withdrew there is no answer.
    expect(whole).toHaveLength({ answer: count - 1, state: count, withdrawal: 1 }[kind]);
    for (const pageRows of [1, 3, count]) expect(await read(kind, pageRows)).toEqual(whole);
    // From wherever: what is left out counts as a row that was read.
    const tail = await read(kind, 2, 4);
    expect(tail).toEqual(whole.slice(whole.length - tail.length));
  }
  expect(JSON.stringify(await read("answer", 4))).not.toContain("ann@");
  const withoutAnswer = (await read("state", 4)).filter(
    (state) => (state as ReaderState).current === null, // As the records are written; rows here have short ids.
  );
  expect(withoutAnswer).toMatchObject([{ reader: "reader 0", purposes: [] }]);
});

const submissions = (records: readonly object[]): string[] =>
  records.map((record) => (record as OpenedAnswer).submissionId); // As the records are written.

test("no copy is made of an answer whose reader took consent back, before or after another", async () => {
  const other = join(temporaryFolder(), "warehouse.duckdb");
  const warehouse = await Warehouse.open(other);
  const minute = 60_000;
  const answer = (who: string, number: number): SubmissionRow => ({
    ...submissionRow(BigInt(number)),
    reader: who,
    givenAt: number * minute,
    admittedAt: number * minute,
  });
  const { source, tenant, campaign } = submissionRow(0n);
  const prefers = (who: string, number: number, consented: boolean): PreferencesRow => ({
    ...answer(who, number),
    kind: "preferences",
    purposes: consented ? ["results"] : [],
    consented,
    topics: [],
    frequency: undefined,
  });
  const withdraws = (who: string, number: number): WithdrawalRow => ({
    kind: "withdrawal",
    source: { ...source, offset: BigInt(number) },
    tenant,
    campaign,
    reader: who,
    test: false,
    submissionId: `withdrawal ${number}`,
    receiptId: "receipt",
    admittedAt: number * minute,
  });
  const rows: Row[] = [
    answer("stays", 1),
    answer("returns", 2),
    answer("refuses", 3),
    answer("agrees", 4),
    // Too fast to count, and yet agreed to.
    { ...answer("hasty", 5), admittedAt: 5 * minute },
    { ...answer("hasty", 6), givenAt: 5 * minute, admittedAt: 5 * minute + 1 },
    withdraws("returns", 7),
    answer("returns", 8),
    prefers("refuses", 9, false),
    prefers("agrees", 10, false),
    answer("agrees", 11),
    answer("leaves twice", 12),
    withdraws("leaves twice", 13),
    answer("leaves twice", 14),
    prefers("leaves twice", 15, false),
  ];
  await warehouse.write({ rows, nextOffsets: new Map(), replay: false });
  await warehouse.close();
  expect(new Set(submissions(await read("answer", 3, 0, other)))).toEqual(
    new Set([1, 4, 5, 6, 8, 11].map((number) => `submission ${number}`)),
  );
  const states = (await read("state", 3, 0, other)) as ReaderState[];
  expect(states.find(({ reader }) => reader === "refuses")).toMatchObject({ current: null });
  expect(await read("withdrawal", 3, 0, other)).toHaveLength(2);
});
