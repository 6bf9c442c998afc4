// What amp-bind's expressions do with values: JavaScript's loose operators, members that are null where they are missing, and
// only the functions it lists (amphtml, extensions/amp-bind/0.1/bind-expression.js).

export type Value =
  | null
  | boolean
  | number
  | string
  | readonly Value[]
  | { readonly [member: string]: Value };

export type Scope = Readonly<Record<string, Value>>;

const arrayFunctions = new Set([
  "concat",
  "filter",
  "includes",
  "indexOf",
  "join",
  "lastIndexOf",
  "map",
  "reduce",
  "slice",
  "some",
]);
const stringFunctions = new Set([
  "charAt",
  "charCodeAt",
  "concat",
  "indexOf",
  "lastIndexOf",
  "slice",
  "split",
  "substr",
  "substring",
  "toLowerCase",
  "toUpperCase",
]);
export const builtIn: Readonly<Record<string, (...values: number[]) => number>> = {
  abs: Math.abs,
  ceil: Math.ceil,
  floor: Math.floor,
  max: Math.max,
  min: Math.min,
  round: Math.round,
  sign: Math.sign,
};

export const isObject = (value: Value): value is { readonly [member: string]: Value } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function memberOf(target: Value, member: Value): Value {
  if (target === null || (typeof target !== "object" && typeof target !== "string")) return null;
  if (typeof member !== "string" && typeof member !== "number") return null;
  if (!Object.hasOwn(Object(target) as object, member)) return null;
  // Seen to be its own member; what states hold are values.
  return Reflect.get(Object(target) as object, member) as Value;
}

export function callOn(target: Value, method: string, values: unknown[]): Value {
  if (target === null) return null;
  const known = Array.isArray(target)
    ? arrayFunctions.has(method)
    : typeof target === "string" && stringFunctions.has(method);
  if (!known) throw new Error(`amp-bind: ${method} is not a supported function`);
  // Seen in the list: each of them takes values and gives one.
  const found = Reflect.get(Object(target) as object, method) as (...given: unknown[]) => Value;
  return found.apply(target, values);
}

type Binary = (left: Value, right: Value) => Value;
// As JavaScript has them: amp-bind adds and compares without looking at types.
const loosely = (left: Value): never => left as never;
/** By rank, the loosest first. */
export const operators: readonly Readonly<Record<string, Binary>>[] = [
  {
    // oxlint-disable-next-line eqeqeq
    "==": (left, right) => left == right,
    // oxlint-disable-next-line eqeqeq
    "!=": (left, right) => left != right,
  },
  {
    "<": (left, right) => loosely(left) < loosely(right),
    "<=": (left, right) => loosely(left) <= loosely(right),
    ">": (left, right) => loosely(left) > loosely(right),
    ">=": (left, right) => loosely(left) >= loosely(right),
  },
  {
    "+": (left, right) => loosely(left) + loosely(right),
    "-": (left, right) => Number(left) - Number(right),
  },
  {
    "*": (left, right) => Number(left) * Number(right),
    "/": (left, right) => Number(left) / Number(right),
    "%": (left, right) => Number(left) % Number(right),
  },
];

/** As amp-bind merges: objects member by member, everything else, lists too, in whole. */
export function merged(state: Scope, change: Scope): Scope {
  const next: Record<string, Value> = { ...state };
  for (const [key, value] of Object.entries(change)) {
    const known = next[key];
    next[key] =
      known !== undefined && isObject(known) && isObject(value) ? merged(known, value) : value;
  }
  return next;
}
