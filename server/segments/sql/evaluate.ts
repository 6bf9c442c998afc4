// Conditions and values of a query as functions, with SQL's three truths: true, false, and null where a value is absent.
import { isLike } from "./like.ts";
import type { Aggregate, Comparison, Condition, Query, TruncUnit, Value } from "./query.ts";
import type { ActivityCell, AnswerCell, ReaderRows } from "./rows.ts";

type Cell = string | number | null;
export type Row = AnswerCell | ActivityCell | undefined;
/** What each aggregate came to, in the order of the query. */
export type Totals = Cell[];

export type Test = (row: Row, reader: ReaderRows, totals: Totals | undefined) => boolean | null;
export type Reading = (row: Row, reader: ReaderRows, totals: Totals | undefined) => Cell;

export interface Context {
  readonly aggregates: readonly Aggregate[];
  readonly compile: (query: Query) => (reader: ReaderRows) => boolean;
}

// The parser gave each column to its view alone, so a row has the members that its columns name.
const ofAnswer = (row: Row): AnswerCell => row as AnswerCell;
const ofActivity = (row: Row): ActivityCell => row as ActivityCell;

const columns: Readonly<Record<string, Reading>> = {
  question: (row) => ofAnswer(row).question,
  position: (row) => ofAnswer(row).position,
  option_id: (row) => ofAnswer(row).option,
  number_value: (row) => ofAnswer(row).number,
  date_value: (row) => ofAnswer(row).date,
  channel: (_, { head }) => head?.channel ?? null,
  language: (_, { head }) => head?.language ?? null,
  outcome: (_, { head }) => head?.outcome ?? null,
  revision: (_, { head }) => head?.revision ?? null,
  admitted_at: (_, { head }) => head?.admittedAt ?? null,
  kind: (row) => ofActivity(row).kind,
  label: (row) => ofActivity(row).label,
  amount: (row) => ofActivity(row).amount,
  currency: (row) => ofActivity(row).currency,
  happened_at: (row) => ofActivity(row).happenedAt,
};

/** The beginning of the hour, day, month or year in UTC. */
function truncated(at: number, unit: TruncUnit): number {
  const date = new Date(at);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  switch (unit) {
    case "hour":
      return Math.floor(at / 3_600_000) * 3_600_000;
    case "day":
      return Math.floor(at / 86_400_000) * 86_400_000;
    case "month":
      return Date.UTC(year, month);
    case "year":
      return Date.UTC(year, 0);
  }
}

function caseOf(value: Extract<Value, { kind: "case" }>, context: Context): Reading {
  const branches = value.branches.map(({ when, result }) => ({
    when: conditionOf(when, context),
    result: result && valueOf(result, context),
  }));
  const otherwise = value.otherwise && valueOf(value.otherwise, context);
  return (row, reader, totals) => {
    for (const { when, result } of branches)
      if (when(row, reader, totals) === true) return result?.(row, reader, totals) ?? null;
    return otherwise?.(row, reader, totals) ?? null;
  };
}

/** What a value reads of a row, or of the totals. */
export function valueOf(value: Value, context: Context): Reading {
  switch (value.kind) {
    case "constant":
      return () => value.value;
    case "column": {
      const read = columns[value.name];
      if (read === undefined) throw new TypeError("a column that the parser let through");
      return read;
    }
    case "arithmetic": {
      const left = valueOf(value.left, context);
      const right = valueOf(value.right, context);
      const sign = value.operator === "+" ? 1 : -1;
      return (row, reader, totals) => {
        const [one, other] = [left(row, reader, totals), right(row, reader, totals)];
        return one === null || other === null ? null : Number(one) + sign * Number(other);
      };
    }
    case "case":
      return caseOf(value, context);
    case "trunc": {
      const of = valueOf(value.of, context);
      return (row, reader, totals) => {
        const at = of(row, reader, totals);
        return at === null ? null : truncated(Number(at), value.unit);
      };
    }
    case "aggregate": {
      const index = context.aggregates.indexOf(value);
      return (_row, _reader, totals) => totals?.[index] ?? null;
    }
  }
}

/** Both are of one type: numbers, or texts of which only dates are ordered. */
function compares(operator: Comparison): (one: string | number, other: string | number) => boolean {
  switch (operator) {
    case "=":
      return (one, other) => one === other;
    case "<>":
      return (one, other) => one !== other;
    case "<":
      return (one, other) => one < other;
    case "<=":
      return (one, other) => one <= other;
    case ">":
      return (one, other) => one > other;
    case ">=":
      return (one, other) => one >= other;
  }
}

const negatedIf = (negated: boolean, test: Test): Test =>
  negated
    ? (row, reader, totals) => {
        const holds = test(row, reader, totals);
        return holds === null ? null : !holds;
      }
    : test;

/** The commonest: a column beside a constant. */
function besideConstant(operator: Comparison, read: Reading, constant: string | number): Test {
  const holds = compares(operator);
  return (row, reader, totals) => {
    const value = read(row, reader, totals);
    return value === null ? null : holds(value, constant);
  };
}

function compareOf(
  { operator, left, right }: Extract<Condition, { kind: "compare" }>,
  context: Context,
): Test {
  const one = valueOf(left, context);
  if (right.kind === "constant") return besideConstant(operator, one, right.value);
  const other = valueOf(right, context);
  const holds = compares(operator);
  return (row, reader, totals) => {
    const [first, second] = [one(row, reader, totals), other(row, reader, totals)];
    return first === null || second === null ? null : holds(first, second);
  };
}

function connectiveOf(
  { kind, left, right }: Extract<Condition, { kind: "and" | "or" }>,
  context: Context,
): Test {
  const one = conditionOf(left, context);
  const other = conditionOf(right, context);
  // What decides alone, whatever the other is.
  const decides = kind === "or";
  return (row, reader, totals) => {
    const first = one(row, reader, totals);
    if (first === decides) return decides;
    const second = other(row, reader, totals);
    if (second === decides) return decides;
    return first === null || second === null ? null : !decides;
  };
}

function betweenOf(
  { value, low, high }: Extract<Condition, { kind: "between" }>,
  context: Context,
): Test {
  return connectiveOf(
    {
      kind: "and",
      left: { kind: "compare", operator: ">=", left: value, right: low },
      right: { kind: "compare", operator: "<=", left: value, right: high },
    },
    context,
  );
}

/** Whether a condition holds. */
export function conditionOf(condition: Condition, context: Context): Test {
  switch (condition.kind) {
    case "and":
    case "or":
      return connectiveOf(condition, context);
    case "not":
      return negatedIf(true, conditionOf(condition.of, context));
    case "compare":
      return compareOf(condition, context);
    case "in": {
      const read = valueOf(condition.value, context);
      const among = new Set(condition.among.map(({ value }) => value));
      return negatedIf(condition.negated, (row, reader, totals) => {
        const value = read(row, reader, totals);
        return value === null ? null : among.has(value);
      });
    }
    case "between":
      return negatedIf(condition.negated, betweenOf(condition, context));
    case "null": {
      const read = valueOf(condition.value, context);
      return (row, reader, totals) => (read(row, reader, totals) === null) !== condition.negated;
    }
    case "like": {
      const read = valueOf(condition.value, context);
      return negatedIf(condition.negated, (row, reader, totals) => {
        const value = read(row, reader, totals);
        return value === null ? null : isLike(String(value), condition.pattern);
      });
    }
    case "member": {
      const belongs = context.compile(condition.query);
      return (_row, reader) => belongs(reader) !== condition.negated;
    }
  }
}
