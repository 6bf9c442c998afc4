// Why a segment's SQL was not taken, and where.
import { Problem } from "../../../sdk/problem.ts";

/** A place in the SQL: line and column from 1. */
export interface SqlFault {
  readonly line: number;
  readonly column: number;
  readonly place: "sql";
  readonly message: string;
}

export function faultAt(sql: string, offset: number, message: string): SqlFault {
  const before = sql.slice(0, offset).split("\n");
  const column = (before.at(-1)?.length ?? 0) + 1;
  return { line: before.length, column, place: "sql", message };
}

/** Problem `segment-sql` with one fault. */
export const refuse = (sql: string, offset: number, message: string): Problem =>
  new Problem("segment-sql", { errors: [faultAt(sql, offset, message)] });
