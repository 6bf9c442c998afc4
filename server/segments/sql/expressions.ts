// What may hold of a row, or of a reader's rows together. What each part gives is known before anything runs.
import type { Problem } from "../../../sdk/problem.ts";
import { asType, beginsTyped, parseConstant, requireWhole } from "./constants.ts";
import type { Cursor } from "./cursor.ts";
import type {
  Aggregate,
  AggregateName,
  Comparison,
  Condition,
  Constant,
  Query,
  TruncUnit,
  Value,
} from "./query.ts";
import { insteadOf } from "./refused.ts";
import { viewColumns, type ValueType, type ViewName } from "./views.ts";

/** Where an expression stands. */
export interface Scope {
  readonly view: ViewName;
  /** `rows`: of one row. `groups`: in HAVING, of all rows of a reader. `inner`: within an aggregate or a CASE. */
  readonly of: "rows" | "groups" | "inner";
  /** Reads what follows `reader IN (`. */
  readonly query: (cursor: Cursor) => Query;
}

const comparisons: readonly string[] = ["=", "<>", "!=", "<", "<=", ">", ">="];
const units: readonly TruncUnit[] = ["hour", "day", "month", "year"];
const aggregates: readonly AggregateName[] = ["count", "sum", "min", "max", "avg"];
const listedMax = 200;
/** Engines round a mean to as little as six decimals. */
const meanDecimalsMax = 2;
const lookUp = "`reader IN (SELECT reader FROM …)`";

/** Throws Problem `segment-sql`. */
export function parseCondition(cursor: Cursor, scope: Scope): Condition {
  let left = parseAll(cursor, scope);
  while (cursor.is("or")) {
    const { at } = cursor.take();
    const right = parseAll(cursor, scope);
    // Not every engine plans a subquery anywhere: among terms joined by AND they all do.
    if (holdsMember(left) || holdsMember(right))
      throw cursor.fault(
        `${lookUp} is joined by AND alone: write OR as a UNION of two SELECTs`,
        at,
      );
    left = { kind: "or", left, right };
  }
  return left;
}

const holdsMember = (condition: Condition): boolean =>
  condition.kind === "member" ||
  (condition.kind === "and" && (holdsMember(condition.left) || holdsMember(condition.right)));

function parseAll(cursor: Cursor, scope: Scope): Condition {
  let left = parseOne(cursor, scope);
  while (cursor.takes("and")) left = { kind: "and", left, right: parseOne(cursor, scope) };
  return left;
}

function parseOne(cursor: Cursor, scope: Scope): Condition {
  const { at } = cursor.next;
  if (cursor.takes("not")) {
    const of = cursor.within(() => parseOne(cursor, scope));
    if (holdsMember(of)) throw cursor.fault("write `reader NOT IN (SELECT …)`", at);
    return { kind: "not", of };
  }
  if (cursor.is("reader")) return parseMember(cursor, scope);
  if (!cursor.takes("(", "symbol")) return parseComparison(cursor, scope);
  if (cursor.is("select")) throw cursor.fault(`a SELECT stands here only as ${lookUp}`);
  const inside = cursor.within(() => parseCondition(cursor, scope));
  cursor.expect(")", "symbol");
  return inside;
}

function parseMember(cursor: Cursor, scope: Scope): Condition {
  const { at } = cursor.take();
  const negated = cursor.takes("not");
  const opened = cursor.takes("in") && cursor.takes("(", "symbol");
  if (!opened || !(cursor.is("select") || cursor.is("(", "symbol")))
    throw cursor.fault(`a reader is not compared: write ${lookUp}`, at);
  if (scope.of === "inner")
    throw cursor.fault(`${lookUp} stands in WHERE and HAVING, not within CASE or an aggregate`, at);
  const query = cursor.within(() => scope.query(cursor));
  cursor.expect(")", "symbol");
  return { kind: "member", query, negated };
}

function parseComparison(cursor: Cursor, scope: Scope): Condition {
  const { at } = cursor.next;
  const value = parseValue(cursor, scope);
  const { kind, value: operator } = cursor.next;
  if (kind === "symbol" && comparisons.includes(operator)) {
    cursor.take();
    return compared(cursor, { left: value, operator, right: parseValue(cursor, scope), at });
  }
  if (value.kind === "constant") throw cursor.fault("compare a column, not a constant", at);
  if (cursor.takes("is")) {
    const negated = cursor.takes("not");
    cursor.expect("null");
    return { kind: "null", value, negated };
  }
  const negated = cursor.takes("not");
  if (cursor.takes("in")) return { kind: "in", value, among: parseList(cursor, value), negated };
  if (cursor.takes("between")) {
    if (value.type === "text") throw noOrder(cursor, at);
    const low = alike(cursor, parseValue(cursor, scope), value);
    cursor.expect("and");
    const high = alike(cursor, parseValue(cursor, scope), value);
    return { kind: "between", value, low, high, negated };
  }
  if (!cursor.takes("like")) throw cursor.unexpected("a comparison");
  if (value.type !== "text") throw cursor.fault("LIKE takes a text", at);
  const pattern = parseConstant(cursor);
  if (pattern.type !== "text") throw cursor.fault("LIKE takes a quoted pattern", pattern.at);
  return { kind: "like", value, pattern: String(pattern.value), negated };
}

const noOrder = (cursor: Cursor, at: number): Problem =>
  cursor.fault("texts have another order in every engine: compare them with =, <>, IN or LIKE", at);

/** A value that is compared with `other`, a constant as the other's type. */
function alike(cursor: Cursor, value: Value, other: Value): Value {
  if (value.kind === "constant") return likeMean(cursor, asType(cursor, value, other.type), other);
  if (value.type === other.type) return value;
  throw cursor.fault(`a ${value.type} is compared with a ${other.type}`);
}

function likeMean(cursor: Cursor, constant: Constant, other: Value): Constant {
  if (other.kind !== "aggregate" || other.name !== "avg") return constant;
  const scaled = Number(constant.value) * 10 ** meanDecimalsMax;
  if (Math.abs(scaled - Math.round(scaled)) < 1e-6) return constant;
  throw cursor.fault(`compare AVG with at most ${meanDecimalsMax} decimals`, constant.at);
}

function compared(
  cursor: Cursor,
  found: { left: Value; operator: string; right: Value; at: number },
): Condition {
  const { at } = found;
  if (found.left.kind === "constant" && found.right.kind === "constant")
    throw cursor.fault("compare a column, not two constants", at);
  const left = found.left.kind === "constant" ? alike(cursor, found.left, found.right) : found.left;
  const right = alike(cursor, found.right, left);
  // The parser took one of `comparisons`.
  const operator = (found.operator === "!=" ? "<>" : found.operator) as Comparison;
  if (left.type === "text" && operator !== "=" && operator !== "<>") throw noOrder(cursor, at);
  return { kind: "compare", operator, left, right };
}

function parseList(cursor: Cursor, value: Value): Constant[] {
  cursor.expect("(", "symbol");
  if (cursor.is("select")) throw cursor.fault(`only a reader is looked up in a SELECT: ${lookUp}`);
  const among: Constant[] = [];
  do {
    if (among.length >= listedMax) throw cursor.fault(`lists more than ${listedMax} values`);
    among.push(likeMean(cursor, asType(cursor, parseConstant(cursor), value.type), value));
  } while (cursor.takes(",", "symbol"));
  cursor.expect(")", "symbol");
  return among;
}

/** Numbers may be added and taken away; nothing else is worked out. */
function parseValue(cursor: Cursor, scope: Scope): Value {
  let left = parseTerm(cursor, scope);
  while (cursor.is("+", "symbol") || cursor.is("-", "symbol")) {
    const { value: operator, at } = cursor.take();
    const right = parseTerm(cursor, scope);
    if (left.type !== "number" || right.type !== "number")
      throw cursor.fault("plus and minus take numbers alone", at);
    left = {
      kind: "arithmetic",
      type: "number",
      operator: operator === "+" ? "+" : "-",
      left: requireWhole(cursor, left),
      right: requireWhole(cursor, right),
    };
  }
  return left;
}

function parseTerm(cursor: Cursor, scope: Scope): Value {
  const { kind, value } = cursor.next;
  if (cursor.is("(", "symbol"))
    throw cursor.fault("parentheses stand around conditions, not around values");
  if (kind !== "word" || beginsTyped(cursor)) return parseConstant(cursor);
  const aggregate = aggregates.find((name) => name === value);
  if (aggregate !== undefined) return parseAggregate(cursor, scope, aggregate);
  if (value === "case") return cursor.within(() => parseCase(cursor, scope));
  if (value === "date_trunc") return parseTrunc(cursor, scope);
  if (value === "null") throw cursor.fault("NULL equals nothing: write IS NULL or IS NOT NULL");
  return parseColumn(cursor, scope);
}

function parseCase(cursor: Cursor, scope: Scope): Value {
  const { at } = cursor.take();
  if (scope.of === "groups")
    throw cursor.fault(
      "CASE stands within an aggregate, as SUM(CASE WHEN … THEN 1 ELSE 0 END)",
      at,
    );
  if (!cursor.is("when")) throw cursor.fault("write CASE WHEN column = value THEN …");
  const inner: Scope = { ...scope, of: "inner" };
  const branches: { when: Condition; result: Value | undefined }[] = [];
  const parseResult = (): Value | undefined =>
    cursor.takes("null") ? undefined : requireWhole(cursor, parseValue(cursor, inner));
  while (cursor.takes("when")) {
    const when = cursor.within(() => parseCondition(cursor, inner));
    cursor.expect("then");
    branches.push({ when, result: parseResult() });
  }
  const otherwise = cursor.takes("else") ? parseResult() : undefined;
  cursor.expect("end");
  const given = [...branches.map(({ result }) => result), otherwise].filter(
    (one) => one !== undefined,
  );
  const type = given[0]?.type;
  if (type === undefined) throw cursor.fault("CASE gives NULL alone", at);
  if (given.some((one) => one.type !== type))
    throw cursor.fault("CASE gives values of several types", at);
  return { kind: "case", type, branches, otherwise };
}

function parseTrunc(cursor: Cursor, scope: Scope): Value {
  cursor.take();
  cursor.expect("(", "symbol");
  const unit = units.find((name) => cursor.is(name, "text"));
  if (unit === undefined)
    throw cursor.fault(`date_trunc takes ${units.map((name) => `'${name}'`).join(", ")}`);
  cursor.take();
  cursor.expect(",", "symbol");
  const { at } = cursor.next;
  const of = parseColumn(cursor, scope);
  if (of.type !== "timestamp")
    throw cursor.fault("date_trunc takes admitted_at or happened_at alone", at);
  cursor.expect(")", "symbol");
  return { kind: "trunc", type: "timestamp", unit, of };
}

/** A text has another order in every engine, and a date no sum. */
function aggregateType(cursor: Cursor, name: AggregateName, of: Value, at: number): ValueType {
  if (name === "count") return "number";
  if (of.type === "text" || (of.type !== "number" && name !== "min" && name !== "max"))
    throw cursor.fault(`${name.toUpperCase()} of a ${of.type} is not taken`, at);
  return of.type;
}

function parseAggregate(cursor: Cursor, scope: Scope, name: AggregateName): Aggregate {
  const { at } = cursor.take();
  if (scope.of !== "groups")
    throw cursor.fault(`${name.toUpperCase()} stands in HAVING alone, after GROUP BY reader`, at);
  cursor.expect("(", "symbol");
  if (name === "count" && cursor.takes("*", "symbol")) {
    cursor.expect(")", "symbol");
    return { kind: "aggregate", type: "number", name, distinct: false, of: undefined, at };
  }
  const distinct = cursor.takes("distinct");
  if (distinct && name !== "count") throw cursor.fault("DISTINCT is taken in COUNT alone", at);
  const of = cursor.within(() => parseValue(cursor, { ...scope, of: "inner" }));
  if (of.kind === "constant") throw cursor.fault("count a column, or COUNT(*)", of.at);
  cursor.expect(")", "symbol");
  return { kind: "aggregate", type: aggregateType(cursor, name, of, at), name, distinct, of, at };
}

function parseColumn(cursor: Cursor, scope: Scope): Value {
  const { kind, value: name, at } = cursor.next;
  if (kind !== "word") throw cursor.unexpected("a column");
  const columns = viewColumns[scope.view];
  const type = Object.hasOwn(columns, name) ? columns[name] : undefined;
  if (type === undefined) {
    if (name === "reader") throw cursor.fault(`a reader is not compared: write ${lookUp}`);
    if (insteadOf(name) !== undefined) throw cursor.unexpected("a column");
    if (cursor.peek(1).value === "(")
      throw cursor.fault(
        `the function ${name} is not taken: there are COUNT, SUM, MIN, MAX, AVG and date_trunc`,
      );
    const names = Object.keys(columns).join(", ");
    throw cursor.fault(`${scope.view} has no column ${name}; it has ${names}`);
  }
  cursor.take();
  if (cursor.is(".", "symbol")) throw cursor.fault("write a column by its own name alone");
  if (scope.of === "groups")
    throw cursor.fault(
      `${name} has many values a reader: put it into COUNT, SUM, MIN, MAX or AVG`,
      at,
    );
  return { kind: "column", type, name };
}
