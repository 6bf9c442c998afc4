// How a genuine input is made into one that is not: of bytes, of texts, of JSON as a tree and as it is written, of forms.
import type { Random } from "./random.ts";

const lengthMax = 40_000;
const depthMax = 3_000;
const mutationsMax = 4;

/** Lengths and numbers at which parsers have broken before. */
const numbers = [
  0,
  -0,
  1,
  -1,
  255,
  256,
  65_535,
  65_536,
  2_147_483_647,
  4_294_967_295,
  4_294_967_296,
  1e21,
  1e308,
  -1e308,
  0.1,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
] as const;

const texts = [
  "",
  " ",
  "\0",
  "\n",
  "\r\n",
  "\u{feff}",
  "\u{202e}",
  "\u{2028}",
  "\u{d800}",
  "%00",
  "%",
  "+",
  "=",
  "==",
  "..",
  "../../etc/passwd",
  "__proto__",
  "constructor",
  "toString",
  "null",
  "NaN",
  "-0",
  "1e400",
  "'\"`<>",
  "{{x}}",
  "${x}",
  "*|x|*",
  "é",
  "é",
  "𝒳",
  "eu",
  "2026-02-30T00:00:00Z",
  "0000-01-01T00:00:00Z",
  "9999-12-31T23:59:59.999Z",
  "2026-01-01T00:00:00+00:00",
] as const;

/** Values of the wrong type, or of the right one and absurd. */
const absurd = (random: Random): unknown =>
  random.pick<() => unknown>([
    () => null,
    () => true,
    () => random.pick(numbers),
    () => random.pick(texts),
    () => [],
    () => ({}),
    () => Array.from({ length: random.below(300) }, () => random.pick(texts)),
    () => "A".repeat(random.below(lengthMax)),
    () => ({ [random.pick(texts)]: random.pick(numbers) }),
    () => nested(random.below(60)),
  ])();

function nested(depth: number): unknown {
  let value: unknown = 0;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

/** One change, or up to four. */
export function several<Value>(random: Random, value: Value, change: (value: Value) => Value) {
  let changed = value;
  const times = random.once(2) ? 1 : 1 + random.below(mutationsMax);
  for (let count = 0; count < times; count++) changed = change(changed);
  return changed;
}

/** `other` is another genuine input, to cross over with. */
export function mutateBytes(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  const at = random.below(bytes.length + 1);
  const until = Math.min(bytes.length, at + random.below(40));
  const change = random.below(9);
  const copy = Uint8Array.from(bytes);
  switch (change) {
    case 0: {
      // One bit.
      if (copy.length > 0) {
        const index = Math.min(at, copy.length - 1);
        copy[index] = (copy[index] ?? 0) ^ (1 << random.below(8));
      }
      return copy;
    }
    case 1:
      return bytes.subarray(0, at);
    case 2:
      return bytes.subarray(at);
    case 3:
      return join(bytes.subarray(0, at), random.bytes(random.below(40)), bytes.subarray(at));
    case 4:
      return join(bytes.subarray(0, at), bytes.subarray(until));
    case 5:
      return join(bytes.subarray(0, until), bytes.subarray(at));
    case 6:
      return join(bytes.subarray(0, at), other.subarray(Math.min(at, other.length)));
    case 7:
      return copy.fill(random.pick([0, 0xff, 0x80, 0x20]), at, until);
    default:
      return join(bytes, random.pick([bytes, other, Uint8Array.of(0)]));
  }
}

const join = (...parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(Buffer.concat(parts).subarray(0, lengthMax));

export function mutateText(random: Random, text: string, other: string): string {
  const at = random.below(text.length + 1);
  const until = at + random.below(20);
  switch (random.below(10)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(at);
    case 2:
      return text.slice(0, at) + random.pick(texts) + text.slice(at);
    case 3:
      return text.slice(0, at) + text.slice(until);
    case 4:
      return (text + text).slice(0, lengthMax);
    case 5:
      return text.slice(0, at) + other.slice(at);
    case 6:
      return text.slice(0, at) + String.fromCharCode(random.below(256)) + text.slice(at + 1);
    case 7:
      return random.once(2) ? text.toUpperCase() : text.toLowerCase();
    case 8:
      return random.pick(texts);
    default:
      return other;
  }
}

type Json = Record<string, unknown> | unknown[];

const isTree = (value: unknown): value is Json => typeof value === "object" && value !== null;

/** Every place in a tree: its parent and its key. */
function placesOf(value: unknown, places: [Json, string][] = []): [Json, string][] {
  if (!isTree(value) || places.length > 2_000) return places;
  for (const key of Object.keys(value)) {
    places.push([value, key]);
    placesOf((value as Record<string, unknown>)[key], places);
  }
  return places;
}

/** Changes one place of a tree, on a copy; `other` is another genuine tree. */
export function mutateTree(random: Random, value: unknown, other: unknown): unknown {
  const copy: unknown = structuredClone(value);
  const places = placesOf(copy);
  if (places.length === 0) return absurd(random);
  const [parent, key] = random.pick(places);
  const record = parent as Record<string, unknown>; // A list's indices are keys too.
  const present = record[key];
  switch (random.below(8)) {
    case 0:
      if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else delete record[key];
      break;
    case 1:
      record[key] = absurd(random);
      break;
    case 2: {
      if (Array.isArray(parent)) {
        parent.push(absurd(random));
        break;
      }
      const name = random.pick([...texts, "extra", `${key} `, key.toUpperCase()]);
      // Not by assignment: `__proto__` would set the prototype and vanish from the JSON.
      Object.defineProperty(record, name, {
        value: absurd(random),
        enumerable: true,
        configurable: true,
        writable: true,
      });
      break;
    }
    case 3: {
      const same = placesOf(other).filter(([, name]) => name === key);
      if (same.length > 0) {
        const [from, name] = random.pick(same);
        record[key] = structuredClone((from as Record<string, unknown>)[name]);
      }
      break;
    }
    case 4:
      if (Array.isArray(parent)) parent.push(structuredClone(present));
      else record[key] = [present];
      break;
    case 5:
      if (typeof present === "number") record[key] = present + random.pick([1, -1, 0.5, 256]);
      else if (typeof present === "boolean") record[key] = !present;
      else record[key] = JSON.stringify(present).slice(0, lengthMax);
      break;
    default:
      record[key] =
        typeof present === "string"
          ? mutateText(random, present, random.pick(texts))
          : absurd(random);
  }
  return copy;
}

/** JSON as it is written: what a tree cannot say. */
export function mutateJsonText(random: Random, json: string): string {
  const at = random.below(json.length + 1);
  switch (random.below(9)) {
    case 0:
      return `\u{feff}${json}`;
    case 1:
      return json + random.pick(["\0", "x", "}", "{}", "\n", "// end"]);
    case 2: {
      // A member twice.
      const [member] = /"[a-zA-Z]+":(?:"[^"]*"|\d+)/.exec(json.slice(at)) ?? [];
      const twice = member ?? '"a":1';
      return json.replace("{", `{${twice},`);
    }
    case 3:
      return json.replaceAll(/[a-z]/g, (letter) =>
        random.once(9) ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}` : letter,
      );
    case 4:
      return "[".repeat(random.below(depthMax)) + json;
    case 5:
      return json.replace(/\d+/, random.pick(["1e999", "-0", "01", "0x1", "1.", "9".repeat(400)]));
    case 6:
      return `${json.slice(0, at)}/* */${json.slice(at)}`;
    case 7:
      return json.replaceAll(",", `,${" ".repeat(random.below(30))}`);
    default:
      return json.slice(0, at);
  }
}

/** Bytes that no text has. */
export function mutateUtf8(random: Random, bytes: Uint8Array): Uint8Array {
  const at = random.below(bytes.length + 1);
  const broken = random.pick([
    [0xff],
    [0xc0, 0x80],
    [0xed, 0xa0, 0x80],
    [0xf8, 0x88],
    [0xe2, 0x82],
  ]);
  return join(bytes.subarray(0, at), Uint8Array.from(broken), bytes.subarray(at));
}

/** A body of JSON made from a tree: mostly by structure, now and then by how it is written. */
export function jsonBody(random: Random, genuine: unknown, other: unknown): Uint8Array {
  const tree = several(random, genuine, (value) =>
    random.once(12) ? value : mutateTree(random, value, other),
  );
  let text = JSON.stringify(tree) ?? "";
  if (random.once(6)) text = mutateJsonText(random, text);
  const bytes = Buffer.from(text);
  if (random.once(24)) return mutateUtf8(random, bytes);
  return random.once(24) ? mutateBytes(random, bytes, Buffer.from(JSON.stringify(other))) : bytes;
}

export type Field = readonly [name: string, value: string];

/** Fields of a form; `other` are those of another. */
export function mutateFields(
  random: Random,
  fields: readonly Field[],
  other: readonly Field[],
): Field[] {
  const copy = [...fields];
  const at = random.below(copy.length + 1);
  const [name, value] = copy[Math.min(at, copy.length - 1)] ?? ["a", "b"];
  switch (random.below(8)) {
    case 0:
      copy.splice(at, 1);
      break;
    case 1:
      copy.splice(at, 0, [name, value]);
      break;
    case 2:
      copy.splice(at, 1, [mutateText(random, name, random.pick(texts)), value]);
      break;
    case 3:
      copy.splice(at, 0, random.pick(other.length > 0 ? other : [["a", "b"] as const]));
      break;
    case 4:
      copy.push([random.pick(texts), random.pick(texts)]);
      break;
    case 5: {
      const [another] = random.pick(other.length > 0 ? other : [["a", "b"] as const]);
      copy.splice(at, 1, [another, value]);
      break;
    }
    default:
      copy.splice(at, 1, [name, mutateText(random, value, random.pick(texts))]);
  }
  return copy;
}

/** A form as it is posted; now and then written as nobody should. */
export function formBody(random: Random, fields: readonly Field[]): Uint8Array {
  const text = new URLSearchParams(fields.map(([name, value]) => [name, value])).toString();
  const bytes = Buffer.from(text);
  if (random.once(16)) return mutateUtf8(random, bytes);
  if (random.once(16)) return mutateBytes(random, bytes, bytes);
  return random.once(16) ? Buffer.from(text.replaceAll("%", random.pick(["%%", "%2"]))) : bytes;
}
