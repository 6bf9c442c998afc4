// Reads a mail's HTML more strictly than any client does: every tag closed in order, every attribute quoted, no bare `<` or
// `&`. What a lenient parser mends, the next of a hundred mail clients may not.

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface Read {
  readonly elements: readonly Element[];
  /** All text outside of comments, styles and titles, decoded; block ends are line ends. */
  readonly text: string;
  readonly faults: readonly string[];
}

const empty = new Set(["meta", "br", "img", "hr", "link", "input", "w:anchorlock"]);
const named: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  nbsp: "\u00a0",
  zwnj: "\u200c",
};

export function decoded(text: string, faults: string[] = []): string {
  return text.replace(/&(#\d+|\w+)?;?/g, (entity, name: string | undefined) => {
    if (name === undefined || !entity.endsWith(";"))
      faults.push(`bare & in "${text.slice(0, 60)}"`);
    if (name?.startsWith("#") === true) return String.fromCodePoint(Number(name.slice(1)));
    const character = named[name ?? ""];
    if (character === undefined) faults.push(`unknown entity ${entity}`);
    return character ?? "";
  });
}

/** What Outlook on Windows sees, which takes conditional comments for what they say. */
export const asWord = (html: string): string =>
  html
    .replace(/<!--\[if !mso\]><!-->[\s\S]*?<!--<!\[endif\]-->/g, "")
    .replace(/<!--\[if mso\]>([\s\S]*?)<!\[endif\]-->/g, "$1");

const attribute = /^\s+([\w:-]+)="([^"<]*)"/;

function attributesOf(source: string, faults: string[]): Record<string, string> {
  const attributes: Record<string, string> = {};
  let rest = source.replace(/\s*\/?$/, "");
  while (rest !== "") {
    const match = attribute.exec(rest);
    if (match === null) {
      faults.push(`attributes "${rest.slice(0, 60)}"`);
      break;
    }
    const [whole, name = "", value = ""] = match;
    if (name in attributes) faults.push(`${name} twice`);
    attributes[name] = decoded(value, faults);
    rest = rest.slice(whole.length);
  }
  return attributes;
}

export function readStrictly(html: string): Read {
  const faults: string[] = [];
  const elements: Element[] = [];
  const open: string[] = [];
  let text = "";
  const source = html.replace(/^<!doctype html>\s*/i, "").replace(/<!--[\s\S]*?-->/g, "");
  const tags = /<(\/?)([a-z][\w:]*)((?:\s+[\w:-]+="[^"]*")*\s*\/?)>|<|[^<]+/gi;
  for (const [whole, slash, name, attributes = ""] of source.matchAll(tags)) {
    if (name === undefined) {
      if (whole === "<") faults.push("bare <");
      else if (open.at(-1) !== "style") text += decoded(whole, faults);
    } else if (slash === "/") {
      const last = open.pop();
      if (last !== name) faults.push(`</${name}> closes <${last ?? "nothing"}>`);
      if (!["a", "span", "center"].includes(name)) text += "\n";
    } else {
      elements.push({ name, attributes: attributesOf(attributes, faults) });
      if (name === "br") text += "\n";
      if (!empty.has(name)) open.push(name);
    }
  }
  if (open.length > 0) faults.push(`left open: ${open.join(" ")}`);
  return { elements, text, faults };
}
