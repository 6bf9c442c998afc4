// Quoted texts and numbers, as the type of what they are compared with.
import type { Cursor } from "./cursor.ts";
import type { Constant, Value } from "./query.ts";
import type { ValueType } from "./views.ts";

/** Beyond it a sum of whole numbers could overflow in an engine with small integers. */
const wholeMax = 1_000_000;
const constantMax = 1_000_000_000_000;
/** More decimals, and one engine rounds where another does not. */
const decimalsMax = 6;

const instantForm = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?))?$/;

/** Unix milliseconds; undefined where the text is no moment. */
function instantOf(text: string): number | undefined {
  const [, day, time = "00:00"] = instantForm.exec(text) ?? [];
  if (day === undefined || day < "0001-01-01") return undefined;
  const at = Date.parse(`${day}T${time}Z`);
  // 31 February is a moment of March to some engines, and an error to others.
  return Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== day ? undefined : at;
}

/** A constant as the type that it is compared with. Throws Problem `segment-sql`. */
export function asType(cursor: Cursor, constant: Constant, type: ValueType): Constant {
  if (constant.type === type) return constant;
  const { value, at } = constant;
  if (constant.type === "text" && typeof value === "string") {
    const instant = instantOf(value);
    if (type === "timestamp" && instant !== undefined) return { ...constant, type, value: instant };
    if (type === "date" && instant !== undefined && value.length === 10)
      return { ...constant, type };
    if (type === "timestamp" || type === "date")
      throw cursor.fault(`'${value}' is no ${type}: write it as '2026-01-31'`, at);
  }
  throw cursor.fault(`a ${constant.type} is compared with a ${type}`, at);
}

function plainConstant(cursor: Cursor): Constant {
  const negative = cursor.takes("-", "symbol");
  const { kind, value, at } = cursor.next;
  if (kind === "number") {
    cursor.take();
    const number = Number(value);
    if (number > constantMax) throw cursor.fault(`is more than ${constantMax}`, at);
    if ((value.split(".")[1] ?? "").length > decimalsMax)
      throw cursor.fault(`has more than ${decimalsMax} decimals`, at);
    return { kind: "constant", type: "number", value: negative ? -number : number, at };
  }
  if (kind !== "text" || negative) throw cursor.unexpected("a value");
  cursor.take();
  return { kind: "constant", type: "text", value, at };
}

/** Also `DATE '2026-01-31'` and `TIMESTAMP '2026-01-31 12:00:00'`. Throws Problem `segment-sql`. */
export function parseConstant(cursor: Cursor): Constant {
  const type = cursor.is("date") ? "date" : "timestamp";
  if (!beginsTyped(cursor)) return plainConstant(cursor);
  cursor.take();
  return asType(cursor, plainConstant(cursor), type);
}

export const beginsTyped = (cursor: Cursor): boolean =>
  (cursor.is("date") || cursor.is("timestamp")) && cursor.peek(1).kind === "text";

/** What may be added, or be what a CASE gives: of constants whole numbers alone, for engines add fractions differently. */
export function requireWhole(cursor: Cursor, value: Value): Value {
  if (value.kind !== "constant" || value.type !== "number") return value;
  const number = Number(value.value);
  if (Number.isInteger(number) && Math.abs(number) <= wholeMax) return value;
  throw cursor.fault(`write a whole number up to ${wholeMax}`, value.at);
}
