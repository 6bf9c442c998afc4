// A cell of a query's answer as the type that its column has. A TypeError here is a query that does not fit its reader.
import type { JS } from "@duckdb/node-api";

type Cell = JS | undefined;

const mismatch = (wanted: string): TypeError => new TypeError(`a column is no ${wanted}`);

export function textCell(cell: Cell): string {
  if (typeof cell !== "string") throw mismatch("text");
  return cell;
}

/** Also of a count, which DuckDB gives as a bigint; none of ours outgrows a double. */
export function numberCell(cell: Cell): number {
  if (typeof cell !== "number" && typeof cell !== "bigint") throw mismatch("number");
  return Number(cell);
}

export function bigintCell(cell: Cell): bigint {
  if (typeof cell !== "bigint") throw mismatch("bigint");
  return cell;
}

export function bytesCell(cell: Cell): Uint8Array {
  if (!(cell instanceof Uint8Array)) throw mismatch("blob");
  return cell;
}

/** A list of texts; without one, none. */
export function textsCell(cell: Cell): string[] {
  if (cell === null) return [];
  if (!Array.isArray(cell)) throw mismatch("list");
  return cell.map((item) => textCell(item));
}
