// A campaign's answers as files: what a spreadsheet and a program find in them, and who may have them.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance, type JS } from "@duckdb/node-api";
import { beforeAll, expect, test } from "vitest";
import { csvRows } from "../../cli/csv.ts";
import type { AnswerValue } from "../../sdk/schema/answer.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { Definition } from "../../sdk/schema/widget.ts";
import { outgoingFile } from "../../server/backup/outgoing-file.ts";
import { csvCell } from "../../server/export/csv.ts";
import { exportCsv, exportParquet } from "../../server/export/export.ts";
import { Warehouse } from "../../server/warehouse/duckdb.ts";
import { submissionRow } from "./warehouse/row.ts";
import { codeOf, temporaryFolder, TestRegion } from "./region.ts";
import { answerOf, randomId, withdrawalOf } from "./sealed.ts";

const eu = await TestRegion.start();
const folder = temporaryFolder();

const options = ["a", "b", "c"].map((id) => ({ id, text: `Option ${id}, ${id}` }));
const definition = Definition.parse({
  maily: 1,
  title: "For export",
  languages: ["en"],
  hidden: [{ id: "source" }],
  calculated: [{ id: "sum", add: [{ question: "many", times: 2 }] }],
  questions: [
    { id: "tea", kind: "single-choice", text: "Tea?", options, other: { text: "Mine" } },
    { id: "extras", kind: "multiple-choice", text: "Extras?", options },
    { id: "order", kind: "ranking", text: "Order?", options },
    {
      id: "grid",
      kind: "matrix",
      text: "Grid?",
      rows: [
        { id: "taste", text: "Taste" },
        { id: "smell", text: "Smell" },
      ],
      columns: [
        { id: "bad", text: "Bad" },
        { id: "good", text: "Good" },
      ],
    },
    { id: "many", kind: "number", text: "How many?" },
    { id: "split", kind: "constant-sum", text: "Split?", options, total: 10 },
    { id: "why", kind: "long-text", text: "Why?" },
    { id: "since", kind: "date", text: "Since?" },
  ],
  outcomes: [],
});

const first: Record<string, AnswerValue> = {
  tea: "other:mine alone",
  extras: ["c", "a"],
  order: ["b", "c", "a"],
  grid: ["taste:good", "smell:bad"],
  many: -12.5,
  split: ["a:7", "c:3", "b:0"],
  why: '=HYPERLINK("http://evil.example";"x")\nsecond line',
  since: "2026-05-04",
  source: "poster 7",
};

const minute = 60_000;
const now = Date.now() - 60 * minute;
let campaign: Campaign;
/** A pseudonym that no spreadsheet takes for a formula: as it is in every cell. */
const plainReader = (): string => `A${randomId(16).slice(1)}`;
const [one, two, withdrawn] = [plainReader(), plainReader(), plainReader()];

beforeAll(async () => {
  campaign = await eu.published({ definition });
  const answered = (reader: string, answers: Record<string, AnswerValue>, at: number) =>
    answerOf(eu.keys, campaign, { reader, answers, admittedAt: now + at * minute });
  await eu.take(
    await answered(one, first, 0),
    await answered(two, { tea: "a" }, 1),
    await answered(withdrawn, { tea: "b", why: "take me out" }, 2),
  );
  await eu.take(
    await withdrawalOf(eu.keys, campaign, { reader: withdrawn, admittedAt: now + 3 * minute }),
  );
  await eu.ingested();
  expect(await eu.deadLetters()).toEqual([]);
});

const exported = (query: string, token = eu.keys.tenant.token): Promise<Response> =>
  eu.get(`/v1/campaigns/${campaign.id}/export${query}`, token);

async function* inOnePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function rowsOf(response: Response): Promise<Record<string, string>[]> {
  expect(response.status).toBe(200);
  const bytes = new Uint8Array(await response.arrayBuffer());
  expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
  const rows: (readonly string[])[] = [];
  for await (const batch of csvRows(inOnePiece(bytes.subarray(3))))
    for (const row of batch) {
      if (!("cells" in row)) throw new Error(row.message);
      rows.push(row.cells);
    }
  const [header = [], ...rest] = rows;
  return rest.map((cells) => {
    expect(cells).toHaveLength(header.length);
    return Object.fromEntries(cells.map((cell, index) => [header[index], cell]));
  });
}

test("a spreadsheet has a row an answer and a column a question, in words", async () => {
  const rows = await rowsOf(await exported(""));
  expect(rows).toHaveLength(2);
  expect(rows[0]).toMatchObject({
    reader: one,
    answered_at: new Date(now).toISOString(),
    revision: "1",
    language: "en",
    purposes: "results",
    "Tea?": "Mine",
    "Tea?: in their own words": "mine alone",
    "Extras?": "Option c, c; Option a, a",
    "Order?": "Option b, b; Option c, c; Option a, a",
    "Grid?: Taste": "Good",
    "Grid?: Smell": "Bad",
    "How many?": "-12.5",
    "Split?: Option a, a": "7",
    "Split?: Option b, b": "0",
    "Split?: Option c, c": "3",
    "Since?": "2026-05-04",
    source: "poster 7",
    sum: "-25",
    unchecked: "source; tea; why",
    redacted: "",
  });
  // A spreadsheet would run it.
  expect(rows[0]?.["Why?"]).toMatch(/^'=HYPERLINK\(/);
  expect(rows[0]?.["Why?"]).toContain("\nsecond line");
  expect(rows[1]).toMatchObject({
    reader: two,
    "Tea?": "Option a, a",
    "How many?": "",
    unchecked: "",
  });
});

test("for programs there are ids, and a row a value", async () => {
  const [row] = await rowsOf(await exported("?names=ids"));
  expect(row).toMatchObject({
    tea: "other",
    tea_other: "mine alone",
    extras: "c; a",
    grid_taste: "good",
  });
  const values = await rowsOf(await exported("?rows=values"));
  expect(values.filter(({ question }) => question === "extras")).toEqual([
    expect.objectContaining({ reader: one, position: "0", option: "c" }),
    expect.objectContaining({ reader: one, position: "1", option: "a" }),
  ]);
  expect(values.find(({ question }) => question === "why")).toMatchObject({ checked: "false" });
});

test("Parquet has the same rows with types of their own", async () => {
  const response = await exported("?format=parquet");
  expect(response.status).toBe(200);
  const file = join(folder, "answers.parquet");
  await writeFile(file, Buffer.from(await response.arrayBuffer()));
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  const read = async (query: string): Promise<JS[][]> =>
    (await connection.runAndReadAll(`${query} FROM '${file}'`)).getRowsJS();
  expect(
    await read(
      `SELECT reader, tea, extras, "order", grid_taste, many, split_a, since::VARCHAR, unchecked`,
    ),
  ).toEqual([
    [
      one,
      "other",
      ["c", "a"],
      ["b", "c", "a"],
      "good",
      -12.5,
      7,
      "2026-05-04",
      ["source", "tea", "why"],
    ],
    [two, "a", null, null, null, null, null, null, null],
  ]);
  expect(
    await read("SELECT typeof(many), typeof(since), typeof(extras), typeof(answered_at)"),
  ).toEqual(expect.arrayContaining([["DOUBLE", "DATE", "VARCHAR[]", "TIMESTAMP"]]));
});

test("questions of earlier revisions stay, whoever withdrew does not", async () => {
  const { hidden: _, ...rest } = definition;
  const [tea, ...questions] = definition.questions;
  const added = {
    id: "more",
    kind: "short-text",
    text: "More?",
    required: false,
    charactersMax: 9,
  };
  const later = Definition.parse({ ...rest, questions: [tea, ...questions, added] });
  const published = await eu.publish({ ...campaign, revision: 2, definition: later });
  expect(published.status).toBe(200);
  const text = await (await exported("?names=ids")).text();
  expect(text.split("\r\n")[0]).toContain("since,more,source,sum");
  expect(text).toContain("poster 7");
  expect(text).not.toContain("take me out");
  expect(text).not.toContain(withdrawn);
});

test("is the tenant's alone, and says what it does not know", async () => {
  expect((await exported("", "a-token-that-nobody-has-given")).status).toBe(401);
  const other = await eu.get(`/v1/campaigns/${randomId(8)}/export`, eu.keys.tenant.token);
  expect(await codeOf(other)).toBe("campaign-unknown");
  for (const query of ["?format=xlsx", "?rows=all", "?sql=SELECT"])
    expect(await codeOf(await exported(query))).toBe("malformed-request");
});

test("every answer is in one slice, however many answered at the same moment", async () => {
  const warehouse = await Warehouse.open(join(folder, "slices.duckdb"));
  const rows = Array.from({ length: 23 }, (_, index) => ({
    ...submissionRow(BigInt(index), [{ question: "many", position: 0, number: index }]),
    campaign: campaign.id,
    tenant: campaign.tenant,
    admittedAt: 1_000 + (index < 9 ? 1 : index),
  }));
  await warehouse.write({ rows, nextOffsets: new Map(), replay: false });
  for (const sliceReaders of [1, 2, 5, 23, 100]) {
    const asked = { revisions: [campaign], long: false, texts: false, sliceReaders };
    const csv = await new Response(await exportCsv(warehouse, asked)).text();
    const numbers = csv
      .split("\r\n")
      .slice(1, -1)
      .map((line) => Number(line.split(",")[13]));
    expect(numbers.toSorted((left, right) => left - right)).toEqual(rows.map((_, index) => index));
    expect(numbers.slice(9)).toEqual(rows.slice(9).map((_, index) => index + 9));
    const long = await new Response(await exportCsv(warehouse, { ...asked, long: true })).text();
    expect(long.split("\r\n")).toHaveLength(25);
    const file = join(folder, `${sliceReaders}.parquet`);
    const { body } = await exportParquet(warehouse, asked);
    await writeFile(file, Buffer.from(await new Response(body).arrayBuffer()));
    const connection = await (await DuckDBInstance.create(":memory:")).connect();
    const found = await connection.runAndReadAll(
      `SELECT count(*), sum(many), count(DISTINCT reader) FROM '${file}'`,
    );
    expect(found.getRowsJS()).toEqual([[23n, 253, 23n]]);
  }
  await warehouse.close();
});

test("an export that nobody reads to its end makes room for the next", async () => {
  for (let time = 0; time < 6; time++) {
    const response = await exported("");
    expect(response.status).toBe(200);
    await response.body?.cancel();
  }
  await expect.poll(async () => (await exported("?format=parquet")).status).toBe(200);
});

test("one whose reader takes nothing for too long makes room too", async () => {
  const warehouse = await Warehouse.open(join(folder, "stalled.duckdb"));
  const asked = { revisions: [campaign], long: false, texts: false, stallMs: 50 };
  const stalled = [await exportCsv(warehouse, asked), await exportCsv(warehouse, asked)];
  const another = async (): Promise<number> => {
    const { bytes, body } = await exportParquet(warehouse, asked);
    await body.cancel();
    return bytes;
  };
  await expect.poll(another, { timeout: 20_000 }).toBeGreaterThan(0);
  // Who comes back then does not take what there is for the whole.
  for (const body of stalled) await expect(new Response(body).text()).rejects.toBeDefined();
  await warehouse.close();
});

test("a file that is taken too slowly is let go of, and never ends as if it were whole", async () => {
  const path = join(folder, "slow.bin");
  await writeFile(path, new Uint8Array(1_000_000));
  const { body } = await outgoingFile(path, 50);
  const reader = body.getReader();
  expect((await reader.read()).done).toBe(false);
  await new Promise((resolve) => setTimeout(resolve, 200));
  await expect(reader.read()).rejects.toMatchObject({ code: "request-timeout" });
});

test("HEAD keeps nothing open", async () => {
  for (let time = 0; time < 4; time++) {
    const head = await fetch(`${eu.origin}/v1/campaigns/${campaign.id}/export`, {
      method: "HEAD",
      headers: { authorization: `Bearer ${eu.keys.tenant.token}` },
    });
    expect([head.status, head.headers.get("allow")]).toEqual([405, "GET"]);
  }
  await expect
    .poll(async () => (await exported("?format=parquet")).status, { timeout: 20_000 })
    .toBe(200);
});

test("a question that is called like a column of every export has one of its own", async () => {
  const called = ["reader", "submission", "unchecked", "language"];
  const questions = called.map((id) => ({
    id,
    kind: "short-text",
    text: `${id}?`,
    required: false,
  }));
  const named = await eu.published({
    definition: Definition.parse({
      maily: 1,
      title: "Names",
      languages: ["en"],
      questions,
      outcomes: [],
    }),
  });
  const reader = plainReader();
  const answers = Object.fromEntries(called.map((id) => [id, `my ${id}`]));
  await eu.take(await answerOf(eu.keys, named, { reader, answers }));
  await eu.ingested();
  const get = (query: string) =>
    eu.get(`/v1/campaigns/${named.id}/export${query}`, eu.keys.tenant.token);
  expect(await rowsOf(await get("?names=ids"))).toEqual([
    expect.objectContaining({
      reader,
      reader_: "my reader",
      language: "en",
      language_: "my language",
      submission: "my submission",
      unchecked: "language; reader; submission; unchecked",
      unchecked_: "my unchecked",
    }),
  ]);
  expect((await get("?format=parquet")).status).toBe(200);
});

for (const [text, cell] of [
  ["=1+1", "'=1+1"],
  ["+49", "'+49"],
  ["-1", "'-1"],
  ["@SUM(A1)", "'@SUM(A1)"],
  ["\t=1", "'\t=1"],
  [" =1", "' =1"],
  ["＝1", "'＝1"],
  // A pseudonym of those that begin so.
  ["-LQUo0vh5be6RrHNtExl4w", "'-LQUo0vh5be6RrHNtExl4w"],
  ["a=b", "a=b"],
  ['say "so", he', '"say ""so"", he"'],
  ["two\nlines", '"two\nlines"'],
] as const)
  test(`a spreadsheet takes ${JSON.stringify(text)} for a text`, () => {
    expect(csvCell(text)).toBe(cell);
  });

test("numbers stay numbers", () => {
  expect(csvCell(-5)).toBe("-5");
  expect(csvCell(12n)).toBe("12");
});
