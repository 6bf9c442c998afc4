// Snowflake's emulator and the embedded warehouse side by side: the setup's tables and views, the backfill, and that the
// portable views say the same in both.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { utf8 } from "../../../sdk/bytes.ts";
import { backfill } from "../../../server/snowflake/backfill.ts";
import {
  eraseStatements,
  retainStatements,
  setupStatements,
} from "../../../server/snowflake/setup.ts";
import { openSql, type SqlRow, type SqlSession } from "../../../server/snowflake/sql.ts";
import { Warehouse } from "../../../server/warehouse/duckdb.ts";
import type { AnswerRow, Row, SubmissionRow } from "../../../server/warehouse/rows.ts";
import { views } from "../../../server/warehouse/schema/views.ts";
import { startEmulator, type Emulator } from "./emulator.ts";
import { emulated, names, settingsAt } from "./setting-up.ts";

const folder = mkdtempSync(join(tmpdir(), "maily-snowflake-"));
const file = join(folder, "warehouse.duckdb");
const tenant = 7;
const campaign = "AAAAAAAAAAA";
const start = Date.UTC(2026, 10, 20);
let emulator: Emulator;
let sql: SqlSession;

const options = ["soup", "salad", "stew"];
const readerName = (index: number): string => {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32BE(index);
  return bytes.toString("base64url");
};
const source = (offset: number): SubmissionRow["source"] => ({
  topic: "answers.sealed.eu",
  partition: 0,
  offset: BigInt(offset),
  key: "k",
  headers: {},
  value: utf8(`record ${offset}`),
  appendedAt: start,
});

function submission(offset: number, reader: number, answers: readonly AnswerRow[]): SubmissionRow {
  const admittedAt = start + offset * 60_000 + 123;
  return {
    kind: "submission",
    source: source(offset),
    tenant,
    campaign,
    reader: readerName(reader),
    submissionId: readerName(1_000_000 + offset),
    envelopeSha256: utf8(String(offset)),
    receiptId: "r".repeat(43),
    revision: 1,
    test: offset % 50 === 49,
    channel: "web",
    language: "en",
    notice: 1,
    purposes: offset % 3 === 0 ? ["results", "research"] : ["results"],
    givenAt: admittedAt - 1_000,
    admittedAt,
    outcome: offset % 4 === 0 ? "fan" : undefined,
    refusesEvents: false,
    answers,
  };
}

const answersAt = (offset: number): AnswerRow[] => [
  { question: "dish", position: 0, option: options[offset % 3] ?? "soup" },
  { question: "score", position: 0, number: offset / 8 },
  { question: "day", position: 0, date: "2026-01-02" },
  { question: "why", position: 0, text: 'O\'Brien said "no" \\ ü', redacted: [], cleared: false },
];

const of = (reader: number) => ({ tenant, campaign, reader: readerName(reader) });

/** Answers, changed minds, withdrawals, preferences, an erasure. */
function history(readers: number): Row[] {
  const rows: Row[] = [];
  for (let reader = 0; reader < readers; reader++)
    rows.push(submission(rows.length, reader, answersAt(reader)));
  for (let reader = 0; reader < readers; reader += 5)
    rows.push(submission(rows.length, reader, answersAt(reader + 1)));
  for (let reader = 3; reader < readers; reader += 11) {
    const offset = rows.length;
    rows.push({
      kind: "withdrawal",
      source: source(offset),
      test: false,
      ...of(reader),
      submissionId: readerName(2_000_000 + offset),
      receiptId: "r".repeat(43),
      admittedAt: start + offset * 60_000,
    });
  }
  for (let reader = 4; reader < readers; reader += 13) {
    const offset = rows.length;
    const consented = reader % 2 === 0;
    rows.push({
      kind: "preferences",
      source: source(offset),
      ...of(reader),
      submissionId: readerName(3_000_000 + offset),
      envelopeSha256: utf8("e"),
      receiptId: "p".repeat(43),
      revision: 1,
      test: false,
      language: "en",
      notice: 1,
      purposes: consented ? ["results", "research"] : [],
      consented,
      refusesEvents: false,
      givenAt: start + offset * 60_000,
      admittedAt: start + offset * 60_000,
      topics: ["news"],
      frequency: undefined,
    });
  }
  return rows;
}

const portable = views.filter((view) => view.portable);
const text = (columns: readonly string[], cast: (column: string) => string): string =>
  columns.map((column) => `${cast(column)} AS ${column}`).join(", ");

const castHere = (column: string): string =>
  column.endsWith("_at") ? `strftime(${column}, '%Y-%m-%d %H:%M:%S.%g')` : `"${column}"::VARCHAR`;
const castThere = (column: string): string =>
  column.endsWith("_at")
    ? `TO_CHAR("${column.toUpperCase()}", 'YYYY-MM-DD HH24:MI:SS.FF3')`
    : `"${column.toUpperCase()}"::VARCHAR`;

/** Both engines' rows as text, sorted, so that neither's types nor order matter. */
async function embedded(name: string, columns: readonly string[]): Promise<string[]> {
  const instance = await DuckDBInstance.create(file, { access_mode: "READ_ONLY" });
  const connection = await instance.connect();
  const found = await connection.runAndReadAll(`SELECT ${text(columns, castHere)} FROM ${name}`);
  connection.closeSync();
  instance.closeSync();
  return found
    .getRowsJS()
    .map((cells) => JSON.stringify(cells))
    .toSorted();
}
async function inSnowflake(name: string, columns: readonly string[]): Promise<string[]> {
  const rows = await sql.run(`SELECT ${text(columns, castThere)} FROM ${name.toUpperCase()}`);
  return rows
    .map((row) => JSON.stringify(columns.map((column) => row[column.toUpperCase()] ?? null)))
    .toSorted();
}

async function write(rows: readonly Row[]): Promise<void> {
  const warehouse = await Warehouse.open(file);
  for (let from = 0; from < rows.length; from += 5_000)
    await warehouse.write({
      rows: rows.slice(from, from + 5_000),
      nextOffsets: new Map([[0, BigInt(from + 1)]]),
      replay: false,
    });
  await warehouse.change(async (connection) => {
    await connection.run(
      `INSERT INTO campaigns VALUES (${tenant}, '${campaign}', 1, 'Lunch', TIMESTAMP '2026-01-01', TIMESTAMP '2030-01-01', 30);
       INSERT INTO campaign_options VALUES (${tenant}, '${campaign}', 1, 'dish', 0, 'single-choice', 'What?', 0, 'soup', 'Soup'),
         (${tenant}, '${campaign}', 1, 'why', 1, 'long-text', 'Why?', 0, NULL, NULL)`,
    );
  });
  await warehouse.close();
}

/** The first few that only one of two has; a failure need not print thousands. */
function difference(here: readonly string[], there: readonly string[]): string[] {
  const [left, right] = [new Set(here), new Set(there)];
  return [
    ...here.filter((row) => !right.has(row)).slice(0, 3),
    ...there.filter((row) => !left.has(row)).slice(0, 3),
  ];
}

async function expectSame(): Promise<void> {
  for (const { name, columns } of portable) {
    const here = await embedded(name, columns);
    const there = await inSnowflake(name, columns);
    expect({ name, rows: there.length, only: difference(here, there) }).toEqual({
      name,
      rows: here.length,
      only: [],
    });
  }
}

const count = async (query: string): Promise<number> => {
  const [row]: readonly SqlRow[] = await sql.run(query);
  return Number(Object.values(row ?? {})[0]);
};

beforeAll(async () => {
  emulator = await startEmulator();
  sql = await openSql(settingsAt(emulator.origin), { inSchema: false });
  for (const statement of setupStatements(names, { edition: "standard", cortex: false }).filter(
    emulated,
  ))
    await sql.run(statement.sql);
  await write(history(400));
});
afterAll(async () => {
  await sql.close();
  await emulator.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("the setup runs again on what it made", async () => {
  for (const statement of setupStatements(names, { edition: "standard", cortex: false }).filter(
    emulated,
  ))
    await sql.run(statement.sql);
});

test("a backfill brings everything, and the portable views say what the embedded warehouse says", async () => {
  const filled = await backfill({ region: "eu", file, sql });
  expect(filled.find(({ kind }) => kind === "answer")?.inserted).toBeGreaterThan(400);
  expect((await embedded("current_answers", ["reader"])).length).toBeGreaterThan(1_000);
  expect((await embedded("current_purposes", ["reader"])).length).toBeGreaterThan(400);
  await expectSame();
});

/** Here nobody answers again after a withdrawal. */
const gone = "SELECT key FROM readers WHERE withdrawn_at IS NOT NULL OR consented = false";

test("keys are the embedded warehouse's, without answers whose readers took consent back", async () => {
  const keys = (await sql.run('SELECT "KEY" FROM SUBMISSIONS ORDER BY 1')).map((row) =>
    JSON.stringify([row["KEY"]]),
  );
  const [here, there] = [
    await embedded(`(SELECT key FROM submissions WHERE NOT test AND reader_key NOT IN (${gone}))`, [
      "key",
    ]),
    keys,
  ];
  expect(there).toHaveLength(here.length);
  expect(difference(here, there)).toEqual([]);
  // Nor are they in the landing table, and what hides such of them as the stream brought before is there.
  const left = await embedded(`(${gone})`, ["key"]);
  expect(left.length).toBeGreaterThan(30);
  expect(
    await count(`SELECT COUNT(*) FROM RECORDS WHERE KIND = 'answer' AND READER IN (
      SELECT READER FROM RECORDS WHERE KIND = 'withdrawal')`),
  ).toBe(0);
  expect(
    await count(`SELECT COUNT(DISTINCT READER) FROM RECORDS WHERE KIND = 'state' AND READER IN (
      SELECT READER FROM RECORDS WHERE KIND = 'withdrawal')`),
  ).toBe(await count("SELECT COUNT(DISTINCT READER) FROM RECORDS WHERE KIND = 'withdrawal'"));
});

test("a backfill again adds nothing, and neither does a record that the stream brings twice", async () => {
  const before = await count("SELECT COUNT(*) FROM RECORDS");
  for (const { inserted } of await backfill({ region: "eu", file, sql })) expect(inserted).toBe(0);
  await sql.run("DELETE FROM BACKFILLS");
  for (const { inserted } of await backfill({ region: "eu", file, sql })) expect(inserted).toBe(0);
  expect(await count("SELECT COUNT(*) FROM RECORDS")).toBe(before);
  await sql.run("INSERT INTO RECORDS SELECT * FROM RECORDS WHERE KIND IN ('answer', 'state')");
  await expectSame();
});

test("a corrected answer takes the place of the one before it", async () => {
  const [row] = await sql.run(
    "SELECT ID, RECORD FROM RECORDS WHERE KIND = 'answer' ORDER BY ID LIMIT 1",
  );
  const record = row?.["RECORD"] as Record<string, unknown>;
  const corrected = {
    ...record,
    id: `${String(record["id"])}:1`,
    correction: 1,
    values: [
      { question: "why", position: 0, text: "[name] said no", redacted: ["name"], cleared: true },
    ],
  };
  await sql.run(
    `INSERT INTO RECORDS (ID, KIND, TENANT, CAMPAIGN, READER, SUBMISSION_ID, CORRECTION, GIVEN_AT, ADMITTED_AT, RECORD)
     SELECT VALUE:id::VARCHAR, VALUE:kind::VARCHAR, VALUE:tenant::NUMBER(10,0), VALUE:campaign::VARCHAR, VALUE:reader::VARCHAR,
       VALUE:submissionId::VARCHAR, VALUE:correction::NUMBER(10,0), VALUE:givenAt::TIMESTAMP_NTZ(3), VALUE:admittedAt::TIMESTAMP_NTZ(3), VALUE
     FROM TABLE(FLATTEN(PARSE_JSON(?)))`,
    [JSON.stringify([corrected])],
  );
  expect(
    await sql.run(`SELECT "QUESTION", "TEXT", "CLEARED" FROM ANSWERS WHERE "TEXT" LIKE '[name]%'`),
  ).toEqual([{ QUESTION: "why", TEXT: "[name] said no", CLEARED: true }]);
  await sql.run("DELETE FROM RECORDS WHERE CORRECTION = 1");
});

test("an erasure leaves the views at once and the table with the task, whatever comes late", async () => {
  const [row] = await sql.run("SELECT READER FROM CURRENT_READERS ORDER BY READER LIMIT 1");
  const reader = String(row?.["READER"]);
  const request = {
    kind: "request",
    id: `request:${reader}`,
    region: "eu",
    tenant,
    campaign,
    reader,
    submissionId: "s",
    request: "erase",
    via: "page",
    admittedAt: new Date(start + 400 * 86_400_000).toISOString(),
  };
  await sql.run(
    `INSERT INTO RECORDS (ID, KIND, TENANT, CAMPAIGN, READER, SUBMISSION_ID, ADMITTED_AT, RECORD)
     SELECT VALUE:id::VARCHAR, VALUE:kind::VARCHAR, VALUE:tenant::NUMBER(10,0), VALUE:campaign::VARCHAR, VALUE:reader::VARCHAR,
       VALUE:submissionId::VARCHAR, VALUE:admittedAt::TIMESTAMP_NTZ(3), VALUE FROM TABLE(FLATTEN(PARSE_JSON(?)))`,
    [JSON.stringify([request])],
  );
  const kept = `SELECT COUNT(*) FROM RECORDS WHERE KIND = 'answer' AND READER = '${reader}'`;
  for (const view of ["CURRENT_READERS", "CURRENT_ANSWERS", "CURRENT_PURPOSES", "SUBMISSIONS"])
    expect(await count(`SELECT COUNT(*) FROM ${view} WHERE READER = '${reader}'`), view).toBe(0);
  // Until the task has run it is on the disk: the control.
  expect(await count(kept)).toBeGreaterThan(0);
  const before = await count("SELECT COUNT(*) FROM RECORDS");
  const erased = await count(kept);
  for (const statement of eraseStatements) await sql.run(statement);
  expect(await count(kept)).toBe(0);
  expect(await count("SELECT COUNT(*) FROM RECORDS")).toBe(before - erased);
});

test("retention takes what is older than the notice allows, and nothing else", async () => {
  const before = await count("SELECT COUNT(*) FROM RECORDS");
  for (const statement of retainStatements) await sql.run(statement);
  expect(await count("SELECT COUNT(*) FROM RECORDS")).toBe(before);
  await sql.run(
    "UPDATE RECORDS SET ADMITTED_AT = DATEADD(DAY, -31, SYSDATE()) WHERE KIND = 'withdrawal'",
  );
  const withdrawals = await count("SELECT COUNT(*) FROM RECORDS WHERE KIND = 'withdrawal'");
  expect(withdrawals).toBeGreaterThan(0);
  for (const statement of retainStatements) await sql.run(statement);
  expect(await count("SELECT COUNT(*) FROM RECORDS")).toBe(before - withdrawals);
});

test("what Snowflake refuses is named: an object that is missing, or that the role may not use", async () => {
  await expect(sql.run("SELECT * FROM NOT_THERE")).rejects.toMatchObject({
    code: "snowflake-refused",
    members: { said: expect.stringContaining("NOT_THERE") as string },
  });
});

test(
  "200,000 answers, with the backfill stopped on its way: none lost, none doubled",
  { timeout: 1_200_000 },
  async () => {
    const [all, batch, other] = [200_000, 10_000, 8];
    const large = join(folder, "large.duckdb");
    const warehouse = await Warehouse.open(large);
    for (let from = 0; from < all; from += batch) {
      const rows = Array.from({ length: batch }, (_, index) => ({
        ...submission(from + index, from + index, [
          { question: "dish", position: 0, option: options[index % 3] ?? "soup" },
        ]),
        tenant: other,
        test: false,
      }));
      await warehouse.write({
        rows,
        nextOffsets: new Map([[0, BigInt(from + batch)]]),
        replay: false,
      });
    }
    await warehouse.close();
    const kinds = ["answer", "state"] as const;
    const stopped = backfill({
      region: "eu",
      file: large,
      sql,
      kinds,
      onProgress: ({ kind, rows }) => {
        if (kind === "answer" && rows >= 60_000) throw new Error("stopped on its way");
      },
    });
    await expect(stopped).rejects.toThrow("stopped on its way");
    const before = await count(`SELECT COUNT(*) FROM RECORDS WHERE TENANT = ${other}`);
    expect(before).toBe(60_000);
    const filled = await backfill({ region: "eu", file: large, sql, kinds });
    expect(filled.map(({ kind, inserted }) => [kind, inserted])).toEqual([
      ["answer", all - before],
      ["state", all],
    ]);
    expect(
      await count(`SELECT COUNT(*) FROM RECORDS WHERE TENANT = ${other} AND KIND = 'answer'`),
    ).toBe(all);
    expect(
      await count(
        `SELECT COUNT(DISTINCT ID) FROM RECORDS WHERE TENANT = ${other} AND KIND = 'answer'`,
      ),
    ).toBe(all);
    expect(await count(`SELECT COUNT(*) FROM CURRENT_ANSWERS WHERE TENANT = ${other}`)).toBe(all);
  },
);
