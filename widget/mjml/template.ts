// An MJML template as a tree, and what is wrong with it before anything is drawn: each fault at its file and line.
import { readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
// Registers MJML's own components, which the parser asks for the tags that hold HTML.
import "mjml";
import { components } from "mjml-core";
import parseXml, { type MjmlNode } from "mjml-parser-xml";

export const templateLimits = {
  fileCharacters: 262_144,
  files: 50,
  depth: 100,
  columnUses: 1_000,
  faults: 50,
} as const;

export interface TemplateFault {
  /** An error is mended before anything is sent; a warning is the author's to weigh. */
  readonly severity: "error" | "warning";
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

export interface Template {
  readonly root: MjmlNode;
  readonly faults: readonly TemplateFault[];
  /** The tags fit together: it can be drawn, and more may be found to be wrong with it. */
  readonly sound: boolean;
  /** The template and what it includes, as absolute paths. */
  readonly files: readonly string[];
}

/** Every element of the tree, parents first. */
export function* elementsOf(node: MjmlNode): Generator<MjmlNode> {
  yield node;
  for (const child of node.children ?? []) yield* elementsOf(child);
}

export const attributeOf = (node: MjmlNode, name: string): string | undefined => {
  const value = node.attributes?.[name];
  // The parser turns `true` and `false` into booleans.
  return typeof value === "string" || typeof value === "boolean" ? String(value) : undefined;
};

/** A path as the author wrote it, or from the working folder on. */
export const shownPath = (path: string, template: string): string =>
  resolve(path) === resolve(template) ? template : relative(process.cwd(), path);

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split("\n").length;

// Tags of MJML alone: what stands between them may be HTML, which browsers forgive.
const mjmlTag = /<!--[\s\S]*?-->|<(\/?)(mj[\w-]*)((?:"[^"]*"|'[^']*'|[^<>"'])*)>/g;

/** Tags that are opened and never closed, or closed and never opened: the parser mends them in silence, and wrongly. */
function* unbalanced(text: string): Generator<{ line: number; message: string }> {
  const open: { name: string; offset: number }[] = [];
  for (const match of text.matchAll(mjmlTag)) {
    const [, slash, name, rest = ""] = match;
    if (name === undefined || rest.endsWith("/")) continue;
    if (slash === "") {
      open.push({ name, offset: match.index });
      if (open.length <= templateLimits.depth) continue;
      yield {
        line: lineAt(text, match.index),
        message: `elements stand in each other over ${templateLimits.depth} deep`,
      };
      return;
    }
    const last = open.findLastIndex((tag) => tag.name === name);
    if (last < 0) {
      yield { line: lineAt(text, match.index), message: `</${name}> closes nothing; take it away` };
      continue;
    }
    for (const tag of open.splice(last).slice(1))
      yield { line: lineAt(text, tag.offset), message: `<${tag.name}> is never closed` };
  }
  for (const tag of open)
    yield { line: lineAt(text, tag.offset), message: `<${tag.name}> is never closed` };
}

/** Each is looked at in its place, which takes its time. */
function* overused(text: string): Generator<{ line: number; message: string }> {
  const { columnUses } = templateLimits;
  const [first] = [...text.matchAll(column)].slice(columnUses);
  if (first === undefined) return;
  const message = `columns are used over ${columnUses} times`;
  yield { line: lineAt(text, first.index), message };
}

const column = /\[\[([^\]\n]{0,200})\]\]/g;

/** `[[column]]`s that no readers file can fill. */
function* unfillable(
  text: string,
  columns: readonly string[] | undefined,
): Generator<{ line: number; message: string }> {
  for (const match of text.matchAll(column)) {
    const [, name = ""] = match;
    if (!/^\w{1,64}$/.test(name))
      yield {
        line: lineAt(text, match.index),
        message: `[[${name}]] names no column: write letters, digits and _ only, such as [[first_name]]`,
      };
    else if (columns !== undefined && !columns.includes(name))
      yield {
        line: lineAt(text, match.index),
        message: `the readers file has no column \`${name}\`; it has ${columns.join(", ")}`,
      };
  }
  const slot = text.indexOf("~maily.");
  if (slot >= 0)
    yield {
      line: lineAt(text, slot),
      message: "~maily. is how Maily marks its own slots; write a column as [[first_name]]",
    };
}

const includeFaults: Readonly<Record<string, string>> = {
  include: "cannot be read",
  "include-denied": "cannot be read, or is outside the template's folder",
};

function* includesOf(root: MjmlNode): Generator<{ node: MjmlNode; message: string }> {
  for (const node of elementsOf(root))
    for (const { type, params } of node.errors ?? [])
      yield {
        node,
        message: `the file ${params["file"] ?? "of mj-include"} ${includeFaults[type] ?? "cannot be included"}`,
      };
}

/**
 * Parses a template; `mj-include` reads files of the template's folder. `columns` are the readers file's, where it is
 * known.
 */
export function parseTemplate(
  text: string,
  file: string,
  columns: readonly string[] | undefined,
): Template {
  const faults: TemplateFault[] = [];
  const add = (path: string, found: Iterable<{ line: number; message: string }>): void => {
    for (const { line, message } of found) {
      if (faults.length >= templateLimits.faults) return;
      faults.push({ severity: "error", file: shownPath(path, file), line, message });
    }
  };
  const whole = resolve(file);
  const nothing = {
    root: { tagName: "mjml", children: [] },
    faults,
    sound: false,
    files: [whole],
  };
  if (text.length > templateLimits.fileCharacters) {
    const message = `the file is over ${templateLimits.fileCharacters} characters`;
    add(file, [{ line: 1, message }]);
    return nothing;
  }
  add(file, unbalanced(text));
  add(file, overused(text));
  if (faults.length > 0) return nothing;
  const root = parsed(text, whole);
  if (root instanceof Error) {
    add(file, [{ line: 1, message: root.message }]);
    return nothing;
  }
  add(file, shapeFaults(root));
  if (faults.length > 0) return nothing;
  const sources = sourcesOf(root, file, text);
  for (const [path, source] of sources)
    if (path !== whole) {
      add(path, unbalanced(source));
      add(path, overused(source));
    }
  const sound = faults.length === 0;
  for (const [path, source] of sources) add(path, unfillable(source, columns));
  for (const { node, message } of includesOf(root))
    add(node.absoluteFilePath ?? file, [{ line: node.line ?? 1, message }]);
  return { root, faults, sound, files: [...sources.keys()] };
}

/** The parser's tree; its Error for a text without elements, or a file that includes itself. */
function parsed(text: string, file: string): MjmlNode | Error {
  try {
    return parseXml(text, {
      components,
      // Absolute: from a relative path the parser would count the folder twice.
      filePath: dirname(file),
      actualPath: file,
      ignoreIncludes: false,
      // What an author says to authors is no business of readers.
      keepComments: false,
    });
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

function* shapeFaults(root: MjmlNode): Generator<{ line: number; message: string }> {
  const line = root.line ?? 1;
  if (root.tagName !== "mjml")
    yield { line, message: `a template begins with <mjml>, not with <${root.tagName}>` };
  else if (!root.children?.some(({ tagName }) => tagName === "mj-body"))
    yield { line, message: "there is no <mj-body>: put what readers see into one" };
}

/** The template and the files it includes. */
function sourcesOf(root: MjmlNode, file: string, text: string): Map<string, string> {
  const sources = new Map([[resolve(file), text]]);
  for (const { absoluteFilePath } of elementsOf(root)) {
    if (absoluteFilePath === undefined || sources.has(resolve(absoluteFilePath))) continue;
    if (sources.size >= templateLimits.files) break;
    // Read a moment ago by the parser itself.
    sources.set(resolve(absoluteFilePath), readFileSync(absoluteFilePath, "utf8"));
  }
  return sources;
}
