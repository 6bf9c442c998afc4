// HTML as a flat list of elements with their places. Forgiving, linear in the text's length and without recursion: what is
// linted may be anything. Conditional comments are comments: what only Outlook on Windows sees is not looked at.
import { pointsOf, type Point } from "./lint-finding.ts";

/** Limits of what is looked at. */
export const markupLimits = { characters: 400_000, elements: 40_000, nesting: 250 } as const;

export interface MarkupElement {
  readonly name: string;
  /** Lower-case names; values decoded as far as rules need. The first of two wins, as in browsers. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly parent: MarkupElement | undefined;
  readonly depth: number;
  readonly offset: number;
  /** Text of `script`, `style`, `title` and `textarea`, and where it begins. */
  raw?: { readonly text: string; readonly offset: number };
  /** How it ended: undefined while open, or never. */
  ended?: "closed" | "with its parent" | undefined;
  /** Whether it, or anything in it, has a text or a picture with a name. */
  named: boolean;
}

export interface TextRun {
  readonly text: string;
  readonly offset: number;
  readonly parent: MarkupElement | undefined;
}

export interface Markup {
  readonly elements: readonly MarkupElement[];
  readonly texts: readonly TextRun[];
  readonly at: (offset: number) => Point;
  /** The first place beyond a limit; nothing after it was looked at. */
  readonly beyond?: { readonly what: "characters" | "elements" | "nesting"; readonly point: Point };
}

const voids = new Set(
  "area base br col embed hr img input link meta param source track wbr".split(" "),
);
const rawNames = new Set(["script", "style", "title", "textarea"]);

const references: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
};

/** References that matter to rules; others stay as they are written. */
const decoded = (text: string): string =>
  text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos|nbsp));/gi,
    (whole, decimal, hexadecimal, name) => {
      if (name !== undefined) return references[String(name).toLowerCase()] ?? whole;
      const code =
        decimal === undefined ? Number.parseInt(hexadecimal, 16) : Number.parseInt(decimal, 10);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "";
    },
  );

const attributePattern = /([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/gy;
const gap = /[\s/]*/y;
const tagName = /[a-zA-Z][^\s/>]*/y;

/** Reads attributes from `from`; where the tag ends, its `>` included. */
function readAttributes(
  html: string,
  from: number,
): { attributes: Map<string, string>; to: number } {
  const attributes = new Map<string, string>();
  let at = from;
  for (;;) {
    gap.lastIndex = at;
    gap.exec(html);
    at = gap.lastIndex;
    if (at >= html.length) return { attributes, to: html.length };
    if (html[at] === ">") return { attributes, to: at + 1 };
    attributePattern.lastIndex = at;
    const match = attributePattern.exec(html);
    if (match === null) {
      // A stray quote or bracket: browsers go on too.
      at += 1;
      continue;
    }
    const [whole, name = "", double, single, bare] = match;
    const key = name.toLowerCase();
    if (!attributes.has(key)) attributes.set(key, decoded(double ?? single ?? bare ?? ""));
    at += whole.length;
  }
}

interface Reading {
  readonly html: string;
  readonly lower: string;
  readonly elements: MarkupElement[];
  readonly texts: TextRun[];
  readonly open: MarkupElement[];
  at: number;
}

function markNamed(element: MarkupElement | undefined): void {
  // Whatever is above a named element is named already.
  for (let above = element; above !== undefined && !above.named; above = above.parent)
    above.named = true;
}

function readText(reading: Reading, to: number): void {
  const { html, at, open, texts } = reading;
  const text = html.slice(at, to);
  reading.at = to;
  if (/^\s*$/.test(text)) return;
  const parent = open.at(-1);
  texts.push({ text: decoded(text), offset: at + text.search(/\S/), parent });
  if (/[^\s\u00a0]/.test(decoded(text))) markNamed(parent);
}

function closeElement(reading: Reading, name: string): void {
  const { open } = reading;
  const index = open.findLastIndex((element) => element.name === name);
  if (index < 0) return;
  for (const element of open.splice(index))
    element.ended = element.name === name ? "closed" : "with its parent";
}

function openElement(reading: Reading, name: string, attributesFrom: number): void {
  const { html, lower, elements, open, at: offset } = reading;
  const { attributes, to } = readAttributes(html, attributesFrom);
  const parent = open.at(-1);
  const element: MarkupElement = {
    name,
    attributes,
    parent,
    depth: open.length + 1,
    offset,
    named: false,
  };
  elements.push(element);
  reading.at = to;
  if (attributes.get("aria-label") || (/^(?:amp-)?img$/.test(name) && attributes.get("alt")))
    markNamed(element);
  if (rawNames.has(name)) {
    const found = lower.indexOf(`</${name}`, to);
    const end = found < 0 ? html.length : found;
    element.raw = { text: html.slice(to, end), offset: to };
    reading.at = end;
    open.push(element);
  } else if (voids.has(name) || (html[to - 2] === "/" && name.includes(":")))
    element.ended = "closed";
  else open.push(element);
}

/** Skips what begins with `<!` or `<?`. */
function skipDeclaration(reading: Reading): void {
  const { html, at } = reading;
  const end = html.startsWith("<!--", at) ? "-->" : ">";
  const found = html.indexOf(end, at + 2);
  reading.at = found < 0 ? html.length : found + end.length;
}

function readTag(reading: Reading): void {
  const { html, lower, at } = reading;
  const next = html[at + 1] ?? "";
  if (next === "!" || next === "?") return skipDeclaration(reading);
  const closing = next === "/";
  tagName.lastIndex = at + (closing ? 2 : 1);
  const match = tagName.exec(html);
  if (match === null) {
    // A lone bracket is text.
    const following = html.indexOf("<", at + 1);
    return readText(reading, following < 0 ? html.length : following);
  }
  const name = lower.slice(match.index, tagName.lastIndex);
  if (!closing) return openElement(reading, name, tagName.lastIndex);
  const end = html.indexOf(">", tagName.lastIndex);
  reading.at = end < 0 ? html.length : end + 1;
  closeElement(reading, name);
}

/** Reads HTML up to the first limit. Never throws. */
export function readMarkup(whole: string): Markup {
  const html = whole.slice(0, markupLimits.characters);
  // Lower-casing ASCII alone keeps every offset.
  const lower = html.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const reading: Reading = { html, lower, elements: [], texts: [], open: [], at: 0 };
  const at = pointsOf(html);
  const { elements, texts, open } = reading;
  while (reading.at < html.length) {
    if (html[reading.at] === "<") readTag(reading);
    else {
      const following = html.indexOf("<", reading.at);
      readText(reading, following < 0 ? html.length : following);
    }
    const what =
      open.length > markupLimits.nesting
        ? "nesting"
        : elements.length > markupLimits.elements
          ? "elements"
          : undefined;
    if (what !== undefined)
      return { elements, texts, at, beyond: { what, point: at(elements.at(-1)?.offset ?? 0) } };
  }
  return whole.length > html.length
    ? { elements, texts, at, beyond: { what: "characters", point: at(html.length) } }
    : { elements, texts, at };
}

/** The element itself and what is around it, inwards out. */
export function* withAncestors(element: MarkupElement | undefined): Generator<MarkupElement> {
  for (let above = element; above !== undefined; above = above.parent) yield above;
}
