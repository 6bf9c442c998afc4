// CSV (RFC 4180) as spreadsheets read it: UTF-8 with its mark, lines ended by CRLF, and no cell that a spreadsheet would run.
import type { JS } from "@duckdb/node-api";

/** Without it Excel takes UTF-8 for the machine's own encoding. */
export const byteOrderMark = "\uFEFF";

const listSeparator = "; ";

/**
 * What a spreadsheet takes for a formula begins with one of these, in their wide forms too (OWASP, "CSV Injection"): an
 * apostrophe before it makes it a text.
 */
const formula = /^[\s]*[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/;

const quotedIfNeeded = (text: string): string =>
  /[",\r\n;]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

const safe = (text: string): string => (formula.test(text) ? `'${text}` : text);

/** One cell; `labels` say what an option is called. */
export function csvCell(value: JS | undefined, labels?: ReadonlyMap<string, string>): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (typeof value === "boolean") return value ? "true" : "false";
  if (value instanceof Date) {
    const text = value.toISOString();
    return text.endsWith("T00:00:00.000Z") ? text.slice(0, 10) : text;
  }
  const named = (each: JS): string => (typeof each === "string" ? (labels?.get(each) ?? each) : "");
  const text = Array.isArray(value) ? value.map(named).join(listSeparator) : named(value);
  return quotedIfNeeded(safe(text));
}

export const csvLine = (cells: readonly string[]): string => `${cells.join(",")}\r\n`;
