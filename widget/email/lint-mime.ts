// A message's headers and the outline of its parts, with their lines. Bodies are not decoded here.

/** Limits of what is looked at. */
export const mimeLimits = { headerLines: 2_000, parts: 50 } as const;

export interface Header {
  /** Lower case. */
  readonly name: string;
  /** Unfolded. */
  readonly value: string;
  readonly line: number;
}

export interface MimePart {
  readonly headers: readonly Header[];
  /** Such as `text/html`; `text/plain` where the part says nothing. */
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** Of the part's first header, from 1. */
  readonly line: number;
  /** Index of the multipart it belongs to. */
  readonly within: number | undefined;
  /** Whether its body has an octet above 127. */
  eightBit: boolean;
}

interface Headers {
  readonly headers: Header[];
  /** Index of the line after the empty one. */
  readonly next: number;
}

function readHeaders(lines: readonly string[], from: number): Headers {
  const headers: Header[] = [];
  const to = Math.min(lines.length, from + mimeLimits.headerLines);
  let at = from;
  for (; at < to; at++) {
    const line = lines[at] ?? "";
    if (line === "") break;
    const last = headers.at(-1);
    if (/^[ \t]/.test(line) && last !== undefined) {
      headers[headers.length - 1] = { ...last, value: `${last.value} ${line.trim()}` };
      continue;
    }
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    headers.push({
      name: line.slice(0, colon).trim().toLowerCase(),
      value: line.slice(colon + 1).trim(),
      line: at + 1,
    });
  }
  return { headers, next: at + 1 };
}

export const headerOf = (
  { headers }: Pick<MimePart, "headers">,
  name: string,
): Header | undefined => headers.find((header) => header.name === name);

/** `name=value` pairs after the first semicolon, names in lower case, quotes taken off. */
const parametersOf = (value: string): Map<string, string> =>
  new Map(
    [...value.matchAll(/;\s*([\w*-]{1,60})\s*=\s*(?:"([^"]{0,1000})"|([^;\s"]{1,1000}))/g)].map(
      ([, name = "", quoted, bare]) => [name.toLowerCase(), quoted ?? bare ?? ""] as const,
    ),
  );

function partOf(headers: readonly Header[], line: number, within: number | undefined): MimePart {
  const value = headerOf({ headers }, "content-type")?.value ?? "text/plain";
  const [type = ""] = value.split(";");
  return {
    headers,
    type: type.trim().toLowerCase(),
    parameters: parametersOf(value),
    line,
    within,
    eightBit: false,
  };
}

/** The message itself first, then its parts in their order. `message` has one character an octet. */
export function outlineOf(message: string): { parts: MimePart[]; lines: string[] } {
  const lines = message.split(/\r?\n/);
  const { headers, next } = readHeaders(lines, 0);
  const parts = [partOf(headers, 1, undefined)];
  /** Open multiparts, outermost first. */
  const open: { readonly boundary: string; readonly index: number }[] = [];
  const enter = (index: number): void => {
    const { type, parameters } = parts[index] ?? {};
    const boundary = parameters?.get("boundary");
    if (type?.startsWith("multipart/") === true && boundary) open.push({ boundary, index });
  };
  enter(0);
  let current = 0;
  for (let at = next; at < lines.length && parts.length < mimeLimits.parts; at++) {
    const line = lines[at] ?? "";
    const depth = line.startsWith("--")
      ? open.findLastIndex(({ boundary }) => line.startsWith(`--${boundary}`))
      : -1;
    const around = open[depth];
    if (around === undefined) {
      const part = parts[current];
      if (part !== undefined && !part.eightBit && /[^\u0020-\u007e\t]/.test(line))
        part.eightBit = true;
      continue;
    }
    open.length = depth + 1;
    if (line.startsWith(`--${around.boundary}--`)) {
      open.length = depth;
      continue;
    }
    const read = readHeaders(lines, at + 1);
    current = parts.push(partOf(read.headers, at + 2, around.index)) - 1;
    at = read.next - 1;
    enter(current);
  }
  return { parts, lines };
}
