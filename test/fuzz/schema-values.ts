// Values of a JSON Schema (2020-12, what edge/openapi.json uses of it): those it allows, and those that miss it in one place.
import * as fc from "fast-check";
import type { Random } from "./random.ts";

export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly format?: string;
}

export type Resolve = (reference: string) => Schema;

const itemsMax = 4;
const charactersMax = 200;
const depthMax = 6;
const matchesKept = 64;
const matches = new Map<string, readonly string[]>();

/** A few texts of a pattern, the same for every run. */
function matching(pattern: string): readonly string[] {
  const known = matches.get(pattern);
  if (known !== undefined) return known;
  const texts = fc.sample(fc.stringMatching(new RegExp(pattern, "u")), {
    numRuns: matchesKept,
    seed: 7,
  });
  matches.set(pattern, texts);
  return texts;
}

function textOf(
  random: Random,
  { pattern, format, minLength = 0, maxLength = charactersMax }: Schema,
): string {
  if (format === "date-time") return new Date(random.uint32() * 1000).toISOString();
  if (pattern !== undefined) return random.pick(matching(pattern));
  const length = Math.min(maxLength, Math.max(minLength, random.below(charactersMax)));
  return Buffer.from(random.bytes(length)).toString("base64url").slice(0, length);
}

/** A value that the schema allows. */
export function valueOf(random: Random, schema: Schema, resolve: Resolve, depth = 0): unknown {
  if (schema.$ref !== undefined) return valueOf(random, resolve(schema.$ref), resolve, depth);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return random.pick(schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return valueOf(random, random.pick(choices), resolve, depth);
  switch (schema.type) {
    case "string":
      return textOf(random, schema);
    case "integer":
    case "number": {
      const from = schema.minimum ?? 0;
      return from + random.below(Math.min(1_000, (schema.maximum ?? from + 1_000) - from + 1));
    }
    case "boolean":
      return random.once(2);
    case "array": {
      const most = Math.min(itemsMax, schema.maxItems ?? itemsMax);
      const length = Math.max(schema.minItems ?? 0, depth > depthMax ? 0 : random.below(most + 1));
      return Array.from({ length }, () => valueOf(random, schema.items ?? {}, resolve, depth + 1));
    }
    case "object":
      return objectOf(random, schema, resolve, depth);
    default:
      return random.pick([null, true, 1, "text"]);
  }
}

function objectOf(random: Random, schema: Schema, resolve: Resolve, depth: number) {
  const { properties = {}, required = [], additionalProperties, propertyNames } = schema;
  const entries = Object.entries(properties)
    .filter(([name]) => required.includes(name) || (depth < depthMax && random.once(2)))
    .map(([name, member]) => [name, valueOf(random, member, resolve, depth + 1)] as const);
  const more =
    typeof additionalProperties === "object"
      ? Array.from({ length: random.below(itemsMax) }, () => [
          String(valueOf(random, propertyNames ?? { type: "string" }, resolve, depth + 1)),
          valueOf(random, additionalProperties, resolve, depth + 1),
        ])
      : [];
  return Object.fromEntries([...entries, ...more]) as Record<string, unknown>;
}

/** One place made wrong: a member too many, one too few, or one of another type. */
export function missOf(random: Random, value: Readonly<Record<string, unknown>>, schema: Schema) {
  const required = schema.required ?? [];
  const name = random.pick(required);
  switch (random.below(3)) {
    case 0:
      return { ...value, unasked: 1 };
    case 1:
      return Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));
    default:
      return { ...value, [name]: typeof value[name] === "object" ? 7 : { other: "type" } };
  }
}
