// A widget file, YAML or JSON, with every fault at its line and what to write instead.
import { readFile } from "node:fs/promises";
import { isMap, isPair, isScalar, LineCounter, parseDocument, type Document } from "yaml";
import type { z } from "zod";
import { Problem } from "../sdk/problem.ts";
import { checkWidget, type WidgetFault } from "../sdk/check-widget.ts";
import { Question, Widget, widgetLimits } from "../sdk/schema/widget.ts";
import { warningsOf } from "../sdk/widget-warnings.ts";
import { colourWarnings } from "./colour-warnings.ts";

export interface PlacedFault {
  readonly line: number;
  readonly column: number;
  /** Such as `questions.2.kind`. */
  readonly place: string;
  readonly message: string;
}

/** The offset of the deepest thing on `path` that the file has: a key if the path names one, else its value. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const parent = document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find(
        (item) => isPair(item) && isScalar(item.key) && item.key.value === key,
      );
      if (pair !== undefined && isScalar(pair.key)) return pair.key.range?.[0] ?? 0;
      continue;
    }
    const node = document.getIn(path.slice(0, length), true);
    if (typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range))
      return Number(node.range[0]);
  }
  return 0;
}

type Issue = z.core.$ZodIssue;

/** Type names as a marketer knows them. */
const words: Readonly<Record<string, string>> = {
  array: "list",
  object: "group of keys",
  record: "group of keys",
  string: "text",
  int: "whole number",
  boolean: "true or false",
};

const kinds = Question.options.map(({ shape }) => shape.kind.value);

/** What to write instead, in words a marketer can follow. */
function advice(issue: Issue): string {
  switch (issue.code) {
    case "unrecognized_keys":
      return `there is no \`${issue.keys.join("`, `")}\` here; check the spelling, or take it away`;
    case "invalid_value":
      return `write one of: ${issue.values.map(String).join(", ")}`;
    case "invalid_type":
      return `${issue.input === undefined ? "is missing; write" : "must be"} a ${words[issue.expected] ?? issue.expected}`;
    case "too_small":
      return `is too short or too small; at least ${String(issue.minimum)}`;
    case "too_big":
      return `is too long or too large; at most ${String(issue.maximum)}`;
    case "invalid_key":
      return issue.issues[0]?.message ?? issue.message;
    case "invalid_union":
      // A union that says itself what it is.
      if (!issue.message.startsWith("Invalid ")) return issue.message;
      if (issue.input === undefined) return "is missing; write a text";
      return "discriminator" in issue
        ? `is no kind of question; write one of: ${kinds.join(", ")}`
        : "must be a text, or one text a language such as { en: …, de: … }";
    default:
      return issue.message;
  }
}

/** Unions report their alternatives' issues: the deepest one is the one the author meant. */
function* flatten(issue: Issue, before: readonly PropertyKey[] = []): Generator<WidgetFault> {
  const path = [...before, ...issue.path];
  if (issue.code === "invalid_union") {
    // Of several, the one that knows every key is the one that was meant.
    const meant = issue.errors.filter(
      (alternative) => !alternative.some(({ code }) => code === "unrecognized_keys"),
    );
    const inner = (meant.length > 0 ? meant : issue.errors)
      .flat()
      .filter((candidate) => candidate.path.length > 0);
    if (inner.length > 0) {
      for (const candidate of inner) yield* flatten(candidate, path);
      return;
    }
  }
  const place = issue.code === "unrecognized_keys" ? [...path, issue.keys[0] ?? ""] : path;
  yield { path: place.filter((key) => typeof key !== "symbol"), message: advice(issue) };
}

/** Undefined where the document has aliases. */
function valueOf(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    if (error instanceof ReferenceError) return undefined;
    throw error;
  }
}

/** What a file of this kind is: its shape, how long it may be, what else must hold, and how it is refused. */
export interface FileKind<Schema extends z.ZodType> {
  readonly schema: Schema;
  readonly charactersMax: number;
  readonly code: "widget-invalid" | "segment-invalid";
  readonly check: (value: z.infer<Schema>, document: Document) => readonly WidgetFault[];
}

/** Parses a text of YAML or JSON. Throws the kind's Problem with `errors`: PlacedFault[]. */
export function parseFile<Schema extends z.ZodType>(
  text: string,
  { schema, charactersMax, code, check }: FileKind<Schema>,
): z.infer<Schema> {
  if (text.length > charactersMax) {
    const message = `the file is too large: ${text.length} characters of at most ${charactersMax}`;
    throw new Problem(code, { errors: [{ line: 1, column: 1, place: "", message }] });
  }
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
  });
  const placed = (offset: number, place: string, message: string): PlacedFault => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col, place, message };
  };
  if (document.errors.length > 0)
    throw new Problem(code, {
      errors: document.errors.map((error) => placed(error.pos[0], "", error.message)),
    });
  // Nothing here has need of aliases, and ten lines of them can name a billion nodes.
  const alias = /(^|[\s[{,:])\*[^\s,\]}]/m.exec(text);
  const value: unknown = valueOf(document);
  if (value === undefined)
    throw new Problem(code, {
      errors: [
        placed(alias?.index ?? 0, "", "write the text out instead of naming it by an alias (*)"),
      ],
    });
  const parsed = schema.safeParse(value, { reportInput: true });
  const faults: readonly WidgetFault[] = parsed.success
    ? check(parsed.data, document)
    : parsed.error.issues.flatMap((issue) => [...flatten(issue)]);
  if (parsed.success && faults.length === 0) return parsed.data;
  throw new Problem(code, {
    errors: faults
      .map(({ path, message }) => placed(offsetOf(document, path), path.join("."), message))
      .sort((left, right) => left.line - right.line),
  });
}

/** Parses a widget's text. Throws Problem widget-invalid with `errors`: PlacedFault[]. */
export const parseWidget = (text: string): Widget =>
  parseFile(text, {
    schema: Widget,
    charactersMax: 4 * widgetLimits.definitionBytes,
    code: "widget-invalid",
    check: (widget) => checkWidget(widget),
  });

/** The line, from 1, of the deepest thing on `path` that a widget's text has. */
export function lineOfPath(text: string, path: readonly PropertyKey[]): number {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  return lines.linePos(offsetOf(document, path)).line;
}

/** What an author should see of a valid widget's text, at its lines. */
export function widgetWarnings(widget: Widget, text: string): PlacedFault[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  return [...warningsOf(widget), ...colourWarnings(widget)]
    .map(({ path, message }) => {
      const { line, col } = lines.linePos(offsetOf(document, path));
      return { line, column: col, place: path.join("."), message };
    })
    .sort((left, right) => left.line - right.line);
}

const textOf = (file: string): Promise<string> =>
  readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new Problem("widget-invalid", {
      detail: `${file} cannot be read (${cause.code ?? "error"}).`,
    });
  });

/** Reads and parses a widget file. Throws Problem widget-invalid. */
export const readWidget = async (file: string): Promise<Widget> => parseWidget(await textOf(file));

/** The same, with what its author should see. Throws Problem widget-invalid. */
export async function readWarned(
  file: string,
): Promise<{ readonly widget: Widget; readonly warnings: readonly PlacedFault[] }> {
  const text = await textOf(file);
  const widget = parseWidget(text);
  return { widget, warnings: widgetWarnings(widget, text) };
}
