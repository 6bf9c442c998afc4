// CSV (RFC 4180) a row at a time, in constant memory. A row that is broken is told by its line, and the next line is read as
// if nothing had been: no stray quotation mark takes the rest of a file with it.

/** The longest row, its line breaks included. */
export const rowCharactersMax = 16_384;

export interface CsvRow {
  /** Where it begins in the file, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

export interface CsvFault {
  readonly line: number;
  readonly message: string;
}

const tooLong = `the row has over ${rowCharactersMax.toLocaleString("en")} characters; is a quotation mark open, or a line break missing?`;

/**
 * The physical lines of a text that comes in pieces, batch by batch; undefined for one over the limit. Bytes that are not
 * UTF-8 become U+FFFD.
 */
async function* linesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<(string | undefined)[]> {
  const decoder = new TextDecoder();
  let rest = "";
  let overlong = false;
  for await (const bytes of source) {
    rest += decoder.decode(bytes, { stream: true });
    const lines: (string | undefined)[] = [];
    let from = 0;
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n", from)) {
      const tail = rest.charCodeAt(end - 1) === 13 && end > from ? end - 1 : end;
      lines.push(overlong || tail - from > rowCharactersMax ? undefined : rest.slice(from, tail));
      overlong = false;
      from = end + 1;
    }
    rest = rest.slice(from);
    if (rest.length > rowCharactersMax) {
      overlong = true;
      rest = "";
    }
    yield lines;
  }
  rest += decoder.decode();
  if (overlong) yield [undefined];
  else if (rest !== "") yield [rest];
}

type Parsed = readonly string[] | "open" | "after-quote";

/** The cells of a row; `open` where a quoted cell goes on in the next line. */
function cellsOf(text: string): Parsed {
  if (!text.includes('"')) return text.split(",").map((cell) => cell.trim());
  const cells: string[] = [];
  const cell = /[^\S\n]*(?:"([^"]*(?:""[^"]*)*)"[^\S\n]*|([^,]*))(,|$)/y;
  for (;;) {
    const begun = cell.lastIndex;
    const [, quoted, plain = "", end] = cell.exec(text) ?? [];
    const rest = quoted === undefined ? text.slice(begun).trimStart() : "";
    // A cell that begins with a mark and did not match as a quoted one.
    if (rest.startsWith('"'))
      return /^"[^"]*(?:""[^"]*)*"(?!")/.test(rest) ? "after-quote" : "open";
    cells.push((quoted?.replaceAll('""', '"') ?? plain).trim());
    if (end !== ",") return cells;
  }
}

const faults = {
  open: "a quotation mark is opened and never closed",
  "after-quote": 'text follows a closing quotation mark; write a quotation mark in a cell as ""',
} as const;

/** Reads rows; empty lines are none. Each batch is what one piece of the source completed. */
export async function* csvRows(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<(CsvRow | CsvFault)[]> {
  let batch: (CsvRow | CsvFault)[] = [];
  let line = 0;
  /** The lines of a row so far, while a quotation mark is open. */
  let open: string[] = [];
  let openCharacters = 0;
  let begun = 0;

  /** The row's first line is at fault; its other lines are read again as rows of their own. */
  const giveUp = (fault: keyof typeof faults): void => {
    const [others, at] = [open.slice(1), begun];
    batch.push({ line: at, message: faults[fault] });
    open = [];
    for (const [index, text] of others.entries()) feed(text, at + 1 + index);
  };
  const feed = (text: string, at: number): void => {
    const isFirst = open.length === 0;
    if (isFirst && text.trim() === "") return;
    if (isFirst) [begun, openCharacters] = [at, 0];
    open.push(text);
    openCharacters += text.length + 1;
    // A line without a quotation mark cannot close one.
    const parsed = isFirst || text.includes('"') ? cellsOf(open.join("\n")) : "open";
    if (parsed === "after-quote") giveUp(parsed);
    else if (parsed !== "open") {
      batch.push({ line: begun, cells: parsed });
      open = [];
    }
  };
  const isOver = (more: number): boolean =>
    open.length > 0 && openCharacters + more > rowCharactersMax;
  for await (const lines of linesOf(source)) {
    for (const physical of lines) {
      const text = line === 0 ? physical?.replace(/^\u{FEFF}/u, "") : physical;
      const characters = text?.length ?? rowCharactersMax;
      // Each time the row loses its first line, so this ends.
      while (isOver(characters)) giveUp("open");
      line += 1;
      if (text === undefined) batch.push({ line, message: tooLong });
      else feed(text, line);
    }
    yield batch;
    batch = [];
  }
  while (open.length > 0) giveUp("open");
  yield batch;
}

/** One row as text, with its line's end. */
export const csvLine = (cells: readonly string[]): string =>
  `${cells.map((cell) => (/[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(",")}\r\n`;
