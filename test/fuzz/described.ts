// Requests made from /openapi.json alone, sent to an edge that runs: what it answers must be what the document says.
import { z } from "zod";
import { isProblemCode } from "../../sdk/problem.ts";
import type { Random } from "./random.ts";
import { missOf, valueOf, type Resolve, type Schema } from "./schema-values.ts";

interface Content {
  readonly schema?: Schema;
}

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>> };
  readonly responses: Readonly<
    Record<
      string,
      { readonly description: string; readonly content?: Readonly<Record<string, Content>> }
    >
  >;
}

export interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** A request, and whether the document allows its body. */
export interface Described {
  readonly method: string;
  readonly path: string;
  readonly operation: string;
  readonly init: RequestInit;
  readonly allowed: boolean;
}

const bodiless: readonly string[] = ["get", "head"];

export class Descriptions {
  readonly #description: Description;
  readonly #checks = new Map<string, z.ZodType>();
  readonly #resolve: Resolve;

  constructor(description: Description) {
    this.#description = description;
    this.#resolve = (reference) => {
      const schema = description.components.schemas[reference.split("/").at(-1) ?? ""];
      if (schema === undefined) throw new Error(`${reference} leads nowhere`);
      return schema;
    };
  }

  get operations(): readonly string[] {
    return Object.entries(this.#description.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
  }

  #operation(name: string): { method: string; path: string; operation: Operation } {
    const [method = "", path = ""] = name.split(" ");
    const operation = this.#description.paths[path]?.[method];
    if (operation === undefined) throw new Error(`no ${name}`);
    return { method, path, operation };
  }

  /** `genuine` are values of members and parameters by name, put in now and then: without them nothing is ever invited. */
  request(
    random: Random,
    name: string,
    genuine: Readonly<Record<string, readonly string[]>>,
  ): Described {
    const { method, path, operation } = this.#operation(name);
    const own = (member: string): string | undefined =>
      genuine[member] !== undefined && !random.once(4) ? random.pick(genuine[member]) : undefined;
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, parameter: string) => {
      const schema = operation.parameters?.find((declared) => declared.name === parameter)?.schema;
      const value =
        own(parameter) ?? String(valueOf(random, schema ?? { type: "string" }, this.#resolve));
      return encodeURIComponent(value) || "none";
    });
    const [contentType, content] = random.pick(
      Object.entries(operation.requestBody?.content ?? { none: {} }),
    );
    if (bodiless.includes(method) || content.schema === undefined)
      return { method, path: filled, operation: name, init: { method }, allowed: true };
    const schema =
      content.schema.$ref === undefined ? content.schema : this.#resolve(content.schema.$ref);
    let value = valueOf(random, schema, this.#resolve) as Record<string, unknown>; // Every body is an object.
    for (const member of Object.keys(value)) value[member] = own(member) ?? value[member];
    const allowed = !random.once(3) || (schema.required ?? []).length === 0;
    if (!allowed) value = missOf(random, value, schema);
    const init = { method: method.toUpperCase(), ...bodyOf(contentType, value) };
    return { method, path: filled, operation: name, init, allowed };
  }

  /** What the document does not say of this answer; empty where it says it all. */
  async faultsOf(described: Described, response: Response): Promise<string[]> {
    const { operation } = this.#operation(described.operation);
    const said = operation.responses[String(response.status)];
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (said === undefined) return [`answers ${response.status}, which it does not document`];
    const faults: string[] = [];
    if (response.status >= 500 && response.status !== 503)
      faults.push(`answers ${response.status}`);
    if (!described.allowed && response.status < 400)
      faults.push("takes a body that its schema refuses");
    const type = response.headers.get("content-type")?.split(";")[0] ?? "";
    const content = said.content?.[type];
    if (said.content !== undefined && content === undefined) faults.push(`answers ${type}`);
    if (!type.endsWith("json") || content?.schema === undefined) return faults;
    const value: unknown = JSON.parse(Buffer.from(bytes).toString());
    const check = this.#check(`${described.operation} ${response.status} ${type}`, content.schema);
    const parsed = check.safeParse(value);
    if (!parsed.success) faults.push(z.prettifyError(parsed.error));
    if (response.status >= 400) {
      const { code } = value as { code?: unknown }; // A problem, by the schema above.
      if (!isProblemCode(code) || !said.description.includes(`\`${code}\``))
        faults.push(
          `refuses with ${String(code)}, which it does not document for ${response.status}`,
        );
    }
    return faults;
  }

  #check(name: string, schema: Schema): z.ZodType {
    const known = this.#checks.get(name);
    if (known !== undefined) return known;
    const text = JSON.stringify({ ...schema, $defs: this.#description.components.schemas });
    // zod reads references to $defs.
    const check = z.fromJSONSchema(
      JSON.parse(text.replaceAll("#/components/schemas/", "#/$defs/")) as Parameters<
        typeof z.fromJSONSchema
      >[0],
    );
    this.#checks.set(name, check);
    return check;
  }
}

function bodyOf(contentType: string, value: Readonly<Record<string, unknown>>): RequestInit {
  if (contentType === "application/json")
    return { headers: { "content-type": contentType }, body: JSON.stringify(value) };
  const fields = Object.entries(value).flatMap(([name, member]) =>
    (Array.isArray(member) ? member : [member]).map((item): [string, string] => [
      name,
      typeof item === "string" ? item : JSON.stringify(item),
    ]),
  );
  if (contentType === "application/x-www-form-urlencoded")
    return { body: new URLSearchParams(fields) };
  const form = new FormData();
  for (const [name, item] of fields) form.append(name, item);
  return { body: form };
}
