// JSON Schema, to read: a table of members, each with its type, its limits and its description.
import { z } from "zod";
import { html, type Markup } from "./html.ts";

/** What of a schema is drawn; a schema is written by zod, and its depth is the schemas' own. */
export interface DrawnSchema {
  readonly $ref?: string | undefined;
  readonly type?: string | undefined;
  readonly const?: unknown;
  readonly enum?: readonly unknown[] | undefined;
  readonly default?: unknown;
  readonly description?: string | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly minItems?: number | undefined;
  readonly maxItems?: number | undefined;
  readonly required?: readonly string[] | undefined;
  readonly items?: DrawnSchema | undefined;
  readonly anyOf?: readonly DrawnSchema[] | undefined;
  readonly oneOf?: readonly DrawnSchema[] | undefined;
  readonly properties?: Readonly<Record<string, DrawnSchema>> | undefined;
  readonly additionalProperties?: boolean | DrawnSchema | undefined;
}

export const DrawnSchema: z.ZodType<DrawnSchema> = z.lazy(() =>
  z.looseObject({
    $ref: z.string().optional(),
    type: z.string().optional(),
    enum: z.array(z.unknown()).optional(),
    description: z.string().optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    minLength: z.number().optional(),
    maxLength: z.number().optional(),
    minItems: z.number().optional(),
    maxItems: z.number().optional(),
    required: z.array(z.string()).optional(),
    items: DrawnSchema.optional(),
    anyOf: z.array(DrawnSchema).optional(),
    oneOf: z.array(DrawnSchema).optional(),
    properties: z.record(z.string(), DrawnSchema).optional(),
    additionalProperties: z.union([z.boolean(), DrawnSchema]).optional(),
  }),
);

/** Members inside members are drawn so deep; a schema that goes on is read in /openapi.json. */
const depthMax = 4;
const number = (value: number): string => value.toLocaleString("en");

export const schemaAnchor = (name: string): string => `schema-${name}`;

export const code = (text: string): Markup => html`<code dir="ltr">${text}</code>`;

/** A description: what is in backquotes is code. */
export const prose = (text: string): Markup =>
  html`<p>
    ${text.split("`").map((part, index) => (index % 2 === 0 ? html`${part}` : code(part)))}
  </p>`;

function between(
  least: number | undefined,
  most: number | undefined,
  of: string,
): string | undefined {
  // zod writes the safe integers' bounds where there are none.
  const from = least === undefined || least <= Number.MIN_SAFE_INTEGER ? undefined : least;
  const to = most === undefined || most >= Number.MAX_SAFE_INTEGER ? undefined : most;
  if (from === undefined && to === undefined) return undefined;
  if (from === to) return `${number(from ?? 0)}${of}`;
  if (to === undefined) return `from ${number(from ?? 0)}${of}`;
  return from === undefined || from === 0
    ? `at most ${number(to)}${of}`
    : `${number(from)} to ${number(to)}${of}`;
}

/** Such as "text, at most 40 characters". */
export function typeOf(schema: DrawnSchema): Markup {
  const { $ref, items } = schema;
  if ($ref !== undefined) {
    const name = $ref.slice($ref.lastIndexOf("/") + 1);
    return html`<a href="#${schemaAnchor(name)}">${name}</a>`;
  }
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum !== undefined)
    return html`${schema.enum.map((value, index) => html`${index > 0 ? " or " : ""}${code(JSON.stringify(value))}`)}`;
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined)
    return html`${choices.map((choice, index) => html`${index > 0 ? " or " : ""}${typeOf(choice)}`)}`;
  if (items !== undefined) {
    const count = between(schema.minItems, schema.maxItems, "");
    return html`list of ${typeOf(items)}${count === undefined ? "" : `, ${count}`}`;
  }
  if (schema.type === "string") {
    const length = between(schema.minLength, schema.maxLength, " characters");
    return html`text${length === undefined ? "" : `, ${length}`}`;
  }
  if (schema.type === "integer" || schema.type === "number") {
    const range = between(schema.minimum, schema.maximum, "");
    return html`${schema.type === "integer" ? "whole number" : "number"}${range === undefined ? "" : `, ${range}`}`;
  }
  if (schema.type === "boolean") return html`${code("true")} or ${code("false")}`;
  return html`${schema.type ?? "any value"}`;
}

/** The shape whose members are drawn below a member: its own, or those of what it lists. */
function inner(schema: DrawnSchema): readonly DrawnSchema[] {
  if (schema.properties !== undefined) return [schema];
  if (schema.items !== undefined) return inner(schema.items);
  if (typeof schema.additionalProperties === "object") return inner(schema.additionalProperties);
  return (schema.anyOf ?? schema.oneOf ?? []).flatMap(inner);
}

function member(name: string, schema: DrawnSchema, required: boolean, depth: number): Markup {
  const below = depth < depthMax ? inner(schema) : [];
  return html`<li>
    <p class="member">
      ${code(name)} <span class="type">${typeOf(schema)}${required ? "" : ", optional"}</span>
    </p>
    ${schema.description === undefined ? undefined : prose(schema.description)}
    ${below.map((shape) => members(shape, depth + 1))}
  </li>`;
}

/** The members of an object, nested as they are. */
export const members = ({ properties = {}, required = [] }: DrawnSchema, depth = 0): Markup =>
  html`<ul class="members">
    ${Object.entries(properties).map(([name, schema]) => member(name, schema, required.includes(name), depth))}
  </ul>`;

/** A schema with its heading, which other places link to. */
export const drawn = (name: string, schema: DrawnSchema): Markup => {
  const shapes = inner(schema);
  return html`<section
    class="schema"
    id="${schemaAnchor(name)}"
    aria-labelledby="${schemaAnchor(name)}-name"
  >
    <h3 id="${schemaAnchor(name)}-name">
      <a class="anchor" href="#${schemaAnchor(name)}">${name}</a>
    </h3>
    ${schema.description === undefined ? undefined : prose(schema.description)}
    ${shapes.length === 0 ? html`<p class="type">${typeOf(schema)}</p>` : undefined}
    ${shapes.map((shape, index) =>
      shapes.length > 1
        ? html`<p class="form">Form ${index + 1} of ${shapes.length}</p>
            ${members(shape)}`
        : members(shape),
    )}
  </section>`;
};
