// The file of readers, row by row: each a reader who can be invited, or a fault that names its row. The rest goes on.
import { createReadStream, type ReadStream } from "node:fs";
import { Problem } from "../sdk/problem.ts";
import { isRegion, type Region } from "../sdk/region.ts";
import { Language } from "../sdk/schema/ids.ts";
import { csvRows, type CsvRow } from "./csv.ts";
import { PseudonymSet } from "./pseudonym-set.ts";

/** Limits of a row's cells; of the whole row, `rowCharactersMax` in csv.ts. */
export const readerLimits = {
  idCharacters: 320,
  /** RFC 5321 §4.5.3.1.3: a path of 256, less its brackets. */
  addressCharacters: 254,
  fieldCharacters: 2_000,
  columns: 200,
} as const;

/**
 * What is read of a file at once, in bytes. A few hundred rows are gone before V8 collects its youngest garbage; of 64 kB
 * many would be moved among the old, and a million readers take 100 MB more.
 */
const readBytes = 16_384;

/** A readers file, to be given to `readersOf`. */
export const openReaders = (file: string): ReadStream =>
  createReadStream(file, { highWaterMark: readBytes });

export interface Reader {
  /** The line of the file that the reader's row begins in. */
  readonly row: number;
  /** The tenant's own id of the reader, such as a mail address or a customer number; it never leaves the renderer. */
  readonly id: string;
  /** 16 bytes: the reader's name within the campaign. */
  readonly pseudonym: Uint8Array<ArrayBuffer>;
  readonly region: Region;
  readonly email: string | undefined;
  readonly language: string | undefined;
  /** Every column, in the file's order. */
  readonly cells: readonly string[];
  /** Every column, by name. */
  readonly fields: Readonly<Record<string, string>>;
}

export interface RowFault {
  readonly row: number;
  readonly message: string;
}

export interface ReaderRules {
  /** Where the campaign runs. */
  readonly regions: readonly Region[];
  /** By the tenant's id of the reader. */
  readonly pseudonymOf: (id: string) => Uint8Array<ArrayBuffer>;
  /** Whether mails are made, which need the column `email`. */
  readonly needsAddress: boolean;
  /** Columns that the mail uses. */
  readonly fields: readonly string[];
}

/** One mailbox, as it stands in a header: no name, no comment, nothing that could begin another header. */
const addressForm = /^[^\s@<>()[\]\\,;:"\p{Cc}]{1,64}@[^\s@<>()[\]\\,;:"\p{Cc}]+$/u;

const isAddress = (text: string): boolean =>
  text.length <= readerLimits.addressCharacters &&
  addressForm.test(text) &&
  !/^\.|\.\.|\.@|@\.|\.$/.test(text);

const refuse = (detail: string): never => {
  throw new Problem("configuration-invalid", { detail });
};

/** Problem configuration-invalid for a first line that cannot head readers. */
function checkColumns(columns: readonly string[], rules: Partial<ReaderRules>): void {
  const repeated = columns.find((name, index) => name !== "" && columns.indexOf(name) < index);
  if (repeated !== undefined) refuse(`The readers file has two columns \`${repeated}\`.`);
  if (columns.length > readerLimits.columns)
    refuse(`The readers file has ${columns.length} columns; it may have ${readerLimits.columns}.`);
  const needed = ["id", "region", ...(rules.needsAddress === true ? ["email"] : [])];
  const missing = [...needed, ...(rules.fields ?? [])].find((name) => !columns.includes(name));
  if (missing === undefined) return;
  const named = columns.join(", ");
  const hint = /[;\t]/.test(named) ? " Separate its cells by commas." : "";
  const why = needed.includes(missing) ? "" : ", which the mail uses";
  refuse(
    `The readers file has no column \`${missing}\`${why}; its first line names: ${named.slice(0, 200)}.${hint}`,
  );
}

function faultOf(
  cells: readonly string[],
  fields: Readonly<Record<string, string>>,
  columns: readonly string[],
  rules: ReaderRules,
): string | undefined {
  const { id = "", region = "", email = "", language = "" } = fields;
  if (cells.length > columns.length)
    return `the row has ${cells.length} cells and the first line ${columns.length}; a cell with a comma needs quotation marks around it`;
  if (id === "") return "the column `id` is empty; give each reader an id";
  if (id.length > readerLimits.idCharacters)
    return `the id has ${id.length} characters; it may have ${readerLimits.idCharacters}`;
  for (const [index, cell] of cells.entries()) {
    if (cell.length > readerLimits.fieldCharacters)
      return `the column \`${columns[index]}\` has ${cell.length} characters; it may have ${readerLimits.fieldCharacters}`;
    if (/[\0\u{FFFD}]/u.test(cell))
      return `the column \`${columns[index]}\` is not text in UTF-8; save the file as UTF-8`;
  }
  if (!isRegion(region)) return `the region "${region}" is not eu, us or apac; there is no default`;
  if (!rules.regions.includes(region))
    return `the campaign runs in ${rules.regions.join(", ")}, not in ${region}`;
  if (email === "" && rules.needsAddress) return "the column `email` is empty; a mail needs one";
  if (email !== "" && !isAddress(email))
    return `"${email}" is no mail address such as ann@example.org`;
  if (language !== "" && !Language.safeParse(language).success)
    return `the language "${language}" is no tag such as de or pt-BR`;
  return undefined;
}

const given = (text: string | undefined): string | undefined => text || undefined;

function readerOf(
  { line: row, cells }: CsvRow,
  columns: readonly string[],
  rules: ReaderRules,
  seen: PseudonymSet,
): Reader | RowFault {
  const fields: Record<string, string> = {};
  for (const [index, column] of columns.entries()) fields[column] = cells[index] ?? "";
  const message = faultOf(cells, fields, columns, rules);
  if (message !== undefined) return { row, message };
  const { id = "", region, email, language } = fields;
  // `faultOf` has looked; this is for the compiler.
  if (!isRegion(region)) return { row, message: "no region" };
  const pseudonym = rules.pseudonymOf(id);
  const before = seen.add(pseudonym, row);
  if (before !== undefined)
    return { row, message: `this id came before, in row ${before}; each reader is invited once` };
  const [address, tag] = [given(email), given(language)];
  return { row, id, pseudonym, region, email: address, language: tag, cells, fields };
}

/**
 * Every row of a CSV in constant memory, in the file's order. Columns: `id` and `region`, `email` where mails are made,
 * `language` if it likes, and any others as fields of the mail. Throws Problem configuration-invalid where the first line
 * lacks a column that is needed.
 */
export async function* readersOf(
  source: AsyncIterable<Uint8Array>,
  rules: ReaderRules,
): AsyncGenerator<Reader | RowFault> {
  const seen = new PseudonymSet();
  let columns: readonly string[] | undefined;
  for await (const batch of csvRows(source))
    for (const row of batch) {
      if (columns === undefined) {
        columns = "cells" in row ? row.cells : [];
        checkColumns(columns, rules);
      } else if ("message" in row) yield { row: row.line, message: row.message };
      else yield readerOf(row, columns, rules, seen);
    }
  if (columns === undefined) checkColumns([], rules);
}

/** The columns of a readers file: its first line. Problem: configuration-invalid. */
export async function columnsOf(file: string): Promise<readonly string[]> {
  try {
    for await (const batch of csvRows(openReaders(file)))
      for (const row of batch) {
        if ("message" in row) return refuse(`${file}:${row.line}: ${row.message}.`);
        checkColumns(row.cells, {});
        return row.cells;
      }
  } catch (error) {
    if (error instanceof Problem) throw error;
    refuse(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? "error"}).`); // A stream's errors are these.
  }
  return refuse(`${file} is empty; its first line names the columns, such as id,region,email.`);
}
