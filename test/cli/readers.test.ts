import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { csvLine, csvRows, rowCharactersMax, type CsvFault, type CsvRow } from "../../cli/csv.ts";
import { PseudonymSet } from "../../cli/pseudonym-set.ts";
import { columnsOf, readersOf, type Reader, type RowFault } from "../../cli/readers.ts";
import { pseudonymsOf } from "../../sdk/node/invitations.ts";

/** The text in pieces of so many bytes: no border may make a difference. */
function piecesOf(text: string, bytesEach = 1_000_000): Readable {
  const bytes = Buffer.from(text);
  const pieces: Buffer[] = [];
  for (let from = 0; from < bytes.length; from += bytesEach)
    pieces.push(bytes.subarray(from, from + bytesEach));
  return Readable.from(pieces);
}

async function rowsOf(text: string, bytesEach?: number): Promise<(CsvRow | CsvFault)[]> {
  const rows: (CsvRow | CsvFault)[] = [];
  for await (const batch of csvRows(piecesOf(text, bytesEach))) rows.push(...batch);
  return rows;
}

const cellsOf = async (text: string, bytesEach?: number): Promise<unknown[]> =>
  (await rowsOf(text, bytesEach)).map((row) => ("cells" in row ? row.cells : row.message));

describe("rows of a CSV", () => {
  test("whatever is written is read again, in pieces of any size", async () => {
    const cell = fc
      .string({ unit: fc.constantFrom("a", "ä", "😀", '"', ",", "\n", "\r\n", " ", ";") })
      .map((text) => text.trim());
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 40 }),
        async (rows, bytesEach) => {
          // Line breaks within a cell become those of the file; rows of nothing are none.
          const expected = rows
            .map((cells) => cells.map((text) => text.replaceAll("\r\n", "\n")))
            .filter((cells) => cells.join(",").trim() !== "");
          expect(await cellsOf(rows.map(csvLine).join(""), bytesEach)).toEqual(expected);
        },
      ),
    );
  });

  for (const bytesEach of [1, 7, 1_000_000])
    test(`a stray quotation mark takes no other row with it, in pieces of ${bytesEach} bytes`, async () => {
      const text =
        '\u{FEFF}id,region\r\n"a",eu\nx"y,us\n"b"z,eu\n\n "c ""q""" , eu \n"open,us\nd,eu\ne,';
      expect(await rowsOf(text, bytesEach)).toEqual([
        { line: 1, cells: ["id", "region"] },
        { line: 2, cells: ["a", "eu"] },
        { line: 3, cells: ['x"y', "us"] },
        { line: 4, message: expect.stringContaining("quotation mark") },
        { line: 6, cells: ['c "q"', "eu"] },
        { line: 7, message: "a quotation mark is opened and never closed" },
        { line: 8, cells: ["d", "eu"] },
        { line: 9, cells: ["e", ""] },
      ]);
    });

  test("a row over the limit is told and skipped, however long, and so is a cell that is open for too many lines", async () => {
    const long = "x".repeat(5 * rowCharactersMax);
    expect((await rowsOf(`a\n${long},eu\nb\n`, 1_000)).map((row) => row.line)).toEqual([1, 2, 3]);
    const lines = Array.from({ length: rowCharactersMax }, (_, index) => `r${index},eu`);
    const rows = await rowsOf(`"open,us\n${lines.join("\n")}\n`, 4_096);
    expect(rows).toHaveLength(lines.length + 1);
    expect(rows.filter((row) => "message" in row).map(({ line }) => line)).toEqual([1]);
  });

  test("bytes that are not UTF-8 are one cell's, and end nothing", async () => {
    const source = Readable.from([Buffer.from("a,b\n"), Buffer.from([0x66, 0xfc, 0x72, 0x2c, 10])]);
    const rows: unknown[] = [];
    for await (const batch of csvRows(source)) rows.push(...batch);
    expect(rows[1]).toEqual({ line: 2, cells: ["f\u{FFFD}r", ""] });
  });
});

const rules = {
  regions: ["eu", "apac"],
  pseudonymOf: pseudonymsOf(new Uint8Array(32), new Uint8Array(8)),
  needsAddress: true,
  fields: [],
} as const;

async function all(
  text: string,
  more: Partial<Parameters<typeof readersOf>[1]> = {},
): Promise<(Reader | RowFault)[]> {
  const rows: (Reader | RowFault)[] = [];
  for await (const row of readersOf(piecesOf(text), { ...rules, ...more })) rows.push(row);
  return rows;
}

describe("readers", () => {
  test("a good row is a reader with every column, and the language where it says one", async () => {
    const [ann, bo] = await all(
      "name,id,region,email,language\nAnn,1,eu,ann@example.org,pt-BR\nBo,2,apac,bo@example.org\n",
    );
    expect(ann).toMatchObject({
      row: 2,
      id: "1",
      region: "eu",
      email: "ann@example.org",
      language: "pt-BR",
      fields: { name: "Ann" },
      cells: ["Ann", "1", "eu", "ann@example.org", "pt-BR"],
    });
    expect(bo).toMatchObject({ row: 3, language: undefined });
  });

  const bad: [string, string, string][] = [
    ["no id", ",eu,a@example.org,", "the column `id` is empty"],
    ["an id that is too long", `${"x".repeat(321)},eu,a@example.org,`, "the id has 321 characters"],
    ["no region", "1,,a@example.org,", 'the region "" is not eu, us or apac'],
    ["a region that is none", "1,mars,a@example.org,", 'the region "mars" is not'],
    ["a region in capitals", "1,EU,a@example.org,", 'the region "EU" is not'],
    ["a region of nobody's prototype", "1,toString,a@example.org,", "is not eu, us or apac"],
    ["a region that the campaign does not run in", "1,us,a@example.org,", "runs in eu, apac"],
    ["no address", "1,eu,,de", "the column `email` is empty"],
    ["an address without its host", "1,eu,ann,de", '"ann" is no mail address'],
    ["two addresses", '1,eu,"a@example.org, b@example.org",de', "is no mail address"],
    ["an address with a name", "1,eu,Ann <a@example.org>,de", "is no mail address"],
    ["an address that begins a header", '1,eu,"a@example.org\nBcc: b@x.org",de', "no mail address"],
    ["an address of dots", "1,eu,a..b@example.org,de", "is no mail address"],
    ["an address that is too long", `1,eu,a@${"x".repeat(250)}.org,`, "is no mail address"],
    ["a language that is none", "1,eu,a@example.org,german", 'the language "german" is no tag'],
    ["a language spelt otherwise", "1,eu,a@example.org,de_AT", 'the language "de_AT" is no tag'],
    ["a field that is too long", `1,eu,a@example.org,de,${"x".repeat(2001)}`, "`note` has 2001"],
    [
      "a field of another encoding",
      "1,eu,a@example.org,de,f\u{FFFD}r",
      "`note` is not text in UTF-8",
    ],
    ["a cell too many", "1,eu,a@example.org,de,Ann, the first", "6 cells and the first line 5"],
  ];
  for (const [what, row, message] of bad)
    test(`${what} is named by its row, and the rest goes on`, async () => {
      const rows = await all(
        `id,region,email,language,note\n0,eu,z@example.org,,\n${row}\n2,eu,y@example.org,,\n`,
      );
      expect(rows.map((one) => ("message" in one ? one.row : one.id))).toEqual(["0", 3, "2"]);
      expect(rows[1]).toMatchObject({ message: expect.stringContaining(message) });
    });

  test("an id comes once, in whatever case; the row where it came first is named", async () => {
    const rows = await all(
      "id,region,email\nAnn,eu,a@example.org\nbo,mars,b@example.org\nbo,eu,b@example.org\nANN,eu,c@example.org\n",
    );
    expect(rows.map((one) => ("message" in one ? one.message : one.id))).toEqual([
      "Ann",
      'the region "mars" is not eu, us or apac; there is no default',
      "bo",
      "this id came before, in row 2; each reader is invited once",
    ]);
  });

  const refused: [string, string, Partial<typeof rules>, string][] = [
    ["no column for ids", "name,region\nx,eu\n", {}, "no column `id`"],
    ["semicolons for commas", "id;region;email\n1;eu;a@b\n", {}, "Separate its cells by commas."],
    ["no addresses where mails are made", "id,region\n1,eu\n", {}, "no column `email`"],
    ["two columns of a name", "id,region,email,id\n", {}, "two columns `id`"],
    ["no first line", "", {}, "no column `id`"],
  ];
  for (const [what, text, more, detail] of refused)
    test(`a file with ${what} is refused as a whole`, async () => {
      await expect(all(text, more)).rejects.toMatchObject({
        code: "configuration-invalid",
        members: { detail: expect.stringContaining(detail) },
      });
    });

  test("a column that the mail uses must be there", async () => {
    await expect(
      all("id,region,email\n1,eu,a@example.org\n", { fields: ["first_name"] }),
    ).rejects.toMatchObject({
      members: { detail: expect.stringContaining("no column `first_name`, which the mail uses") },
    });
  });

  test("the columns of a file are its first line; a file that is empty or away is said so", async () => {
    const folder = await mkdtemp(join(tmpdir(), "maily-readers-"));
    const file = join(folder, "readers.csv");
    await writeFile(file, '\u{FEFF}id, region ,"first\nname"\n1,eu,x\n');
    expect(await columnsOf(file)).toEqual(["id", "region", "first\nname"]);
    await writeFile(file, "");
    await expect(columnsOf(file)).rejects.toMatchObject({ code: "configuration-invalid" });
    await expect(columnsOf(join(folder, "none.csv"))).rejects.toMatchObject({
      members: { detail: expect.stringContaining("cannot be read (ENOENT)") },
    });
    await rm(folder, { recursive: true });
  });
});

test("a set of pseudonyms finds each one again with its row, through every growth", () => {
  const set = new PseudonymSet();
  const pseudonymOf = pseudonymsOf(new Uint8Array(32).fill(1), new Uint8Array(8));
  for (let row = 1; row <= 20_000; row++)
    expect(set.add(pseudonymOf(`reader-${row}`), row)).toBeUndefined();
  for (let row = 1; row <= 20_000; row++)
    expect(set.add(pseudonymOf(`reader-${row}`), row + 20_000)).toBe(row);
  expect(set.size).toBe(20_000);
});

test("pseudonyms that share their first words are told apart", () => {
  const set = new PseudonymSet();
  for (let last = 0; last < 256; last++) {
    const pseudonym = new Uint8Array(16);
    pseudonym[15] = last;
    expect(set.add(pseudonym, last + 1)).toBeUndefined();
    expect(set.add(pseudonym.slice(), 999)).toBe(last + 1);
  }
});
