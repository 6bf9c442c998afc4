// A segment's query as a function of one reader's rows. All that the grammar takes is of one reader at a time: a SELECT without
// GROUP BY asks for one row, with it for all rows of the reader, a looked up reader is the same reader, and sets are joined
// reader by reader. So what a reader's rows say is all there is to know.
import { counterOf } from "./counters.ts";
import { conditionOf, type Totals } from "./evaluate.ts";
import type { Aggregate, Condition, Query, Select, Value } from "./query.ts";
import type { ActivityCell, AnswerCell, ReaderRows } from "./rows.ts";

/** Whether a reader with these rows belongs. */
export type Belongs = (reader: ReaderRows) => boolean;

const aggregatesOf = (select: Select): Aggregate[] => {
  const found: Aggregate[] = [];
  const ofValue = (value: Value): void => {
    if (value.kind === "aggregate") found.push(value);
    if (value.kind === "arithmetic") for (const side of [value.left, value.right]) ofValue(side);
  };
  // HAVING has no CASE around an aggregate.
  const ofCondition = (condition: Condition): void => {
    switch (condition.kind) {
      case "and":
      case "or":
        ofCondition(condition.left);
        ofCondition(condition.right);
        return;
      case "not":
        ofCondition(condition.of);
        return;
      case "compare":
        ofValue(condition.left);
        ofValue(condition.right);
        return;
      case "between":
        for (const value of [condition.value, condition.low, condition.high]) ofValue(value);
        return;
      case "in":
      case "null":
      case "like":
        ofValue(condition.value);
        return;
      case "member":
    }
  };
  if (select.having !== undefined) ofCondition(select.having);
  return found;
};

/** The one row that stands for whoever is in current_readers: its columns are the answer's own. */
const oneRow: readonly (AnswerCell | ActivityCell | undefined)[] = [undefined];

function rowsOf(
  { view }: Select,
  reader: ReaderRows,
): readonly (AnswerCell | ActivityCell | undefined)[] {
  if (view === "current_readers") return reader.head === undefined ? [] : oneRow;
  return view === "current_answers" ? reader.answers : reader.activities;
}

function compileSelect(select: Select): Belongs {
  const { where, having, grouped } = select;
  const aggregates = aggregatesOf(select);
  const context = { aggregates, compile: compileQuery };
  const taken = where === undefined ? undefined : conditionOf(where, context);
  if (!grouped)
    return (reader) => {
      for (const row of rowsOf(select, reader))
        if (taken === undefined || taken(row, reader, undefined) === true) return true;
      return false;
    };
  const holds = having === undefined ? undefined : conditionOf(having, context);
  const counters = aggregates.map((aggregate) => counterOf(aggregate, context));
  return (reader) => {
    const totals: Totals = aggregates.map(() => null);
    for (const counter of counters) counter.begin();
    let rows = 0;
    for (const row of rowsOf(select, reader)) {
      if (taken !== undefined && taken(row, reader, undefined) !== true) continue;
      rows++;
      for (const counter of counters) counter.add(row, reader);
    }
    if (rows === 0) return false;
    for (const [index, counter] of counters.entries()) totals[index] = counter.total(rows);
    return holds === undefined || holds(undefined, reader, totals) === true;
  };
}

/** What belongs by this query. */
export function compileQuery(query: Query): Belongs {
  if (query.kind === "select") return compileSelect(query);
  const left = compileQuery(query.left);
  const right = compileQuery(query.right);
  switch (query.kind) {
    case "union":
      return (reader) => left(reader) || right(reader);
    case "intersect":
      return (reader) => left(reader) && right(reader);
    case "except":
      return (reader) => left(reader) && !right(reader);
  }
}
