// Aggregates over one reader's rows. Of no value but NULL a sum, mean, least or greatest is NULL, and a count 0.
import { valueOf, type Context, type Row } from "./evaluate.ts";
import type { Aggregate } from "./query.ts";
import type { ReaderRows } from "./rows.ts";

export interface Counter {
  begin(): void;
  add(row: Row, reader: ReaderRows): void;
  /** `rows`: how many there were in all. */
  total(rows: number): string | number | null;
}

/** Counts one aggregate, for one reader after the other. */
export function counterOf({ name, distinct, of }: Aggregate, context: Context): Counter {
  if (of === undefined)
    return { begin: () => undefined, add: () => undefined, total: (rows) => rows };
  const read = valueOf(of, context);
  if (distinct) return distinctCounter(read);
  let count = 0;
  let sum = 0;
  let best: string | number | null = null;
  return {
    begin: () => {
      [count, sum, best] = [0, 0, null];
    },
    add: (row, reader) => {
      const value = read(row, reader, undefined);
      if (value === null) return;
      count++;
      if (name === "sum" || name === "avg") sum += Number(value);
      else if (best === null || (name === "min" ? value < best : value > best)) best = value;
    },
    total: () => {
      if (name === "count") return count;
      if (count === 0) return null;
      if (name === "sum") return sum;
      return name === "avg" ? sum / count : best;
    },
  };
}

function distinctCounter(read: ReturnType<typeof valueOf>): Counter {
  const seen = new Set<string | number>();
  return {
    begin: () => seen.clear(),
    add: (row, reader) => {
      const value = read(row, reader, undefined);
      if (value !== null) seen.add(value);
    },
    total: () => seen.size,
  };
}
