// Authors' texts on their way into a mail: nothing in them may become markup, a slot of ours or a merge tag of the
// sending service. A text that reads `{{name}}` is shown as `{{name}}`.
import { escapeHtml, invitationToken } from "../../sdk/mail-plan.ts";

/** Characters that begin merge tags somewhere: `{{x}}`, `{% x %}`, `*|X|*`, `%%x%%`, `[[x]]`, and `~maily.x~`. */
const tagged = /[{}%*|[\]~]/g;
/** The same in a text that has no escapes: between these two a word joiner goes, which nobody sees. */
const tagPairs =
  /\{(?=[{%#])|\}(?=\})|%(?=[%}]|recipient\b)|\*(?=\|)|\|(?=\*)|\[(?=\[)|<(?=%)|~(?=maily\.)/g;
const wordJoiner = "\u2060";
// Line ends of any system, and the two of Unicode that mail software takes for line ends.
const lineEnd = /\r\n|[\n\r\u0085\u2028\u2029]/g;
// Controls that no mail may carry: all but line ends, once tabs are space.
const controls = /(?!\n)\p{Cc}/gu;

/** Lines ended by `\n`, without controls and halves of characters. */
const clean = (text: string): string =>
  text.toWellFormed().replace(lineEnd, "\n").replaceAll("\t", " ").replace(controls, "");

/** A text in an element or a double-quoted attribute, all on one line. */
export const inHtml = (text: string): string =>
  escapeHtml(oneLine(text)).replace(tagged, (character) => `&#${character.codePointAt(0) ?? 0};`);

/** The same with the author's lines. */
export const linesInHtml = (text: string): string =>
  clean(text).trim().split("\n").map(inHtml).join("<br />");

/** A text in text/plain or a header. */
export const inPlain = (text: string): string =>
  clean(text)
    .trim()
    .replace(tagPairs, (character) => `${character}${wordJoiner}`);

/** An author's address, in which nothing can be a slot or a merge tag; still to be escaped in HTML. */
export function inAddress(address: string): string {
  const { origin, pathname, search, hash } = new URL(address);
  const path = `${pathname}${search}${hash}`
    .replace(/[{}*|[\]~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%(?![0-9a-f]{2})/gi, "%25");
  return `${origin}${path}`;
}

/** Any run of space, line ends among it, as one space. */
export const oneLine = (text: string): string => clean(text).replace(/\s+/g, " ").trim();

const graphemes = new Intl.Segmenter("und", { granularity: "grapheme" });

/** At most `charactersMax` UTF-16 units, cut between words where there are any and never through a character. */
export function shortened(text: string, charactersMax: number): string {
  const line = oneLine(text);
  if (line.length <= charactersMax) return line;
  let short = "";
  for (const { segment } of graphemes.segment(line)) {
    if (short.length + segment.length >= charactersMax) break;
    short += segment;
  }
  const space = short.lastIndexOf(" ");
  return `${(space > charactersMax / 2 ? short.slice(0, space) : short).trimEnd()}…`;
}

/** `{0}` and `{1}` of one of our own words. */
export const fill = (words: string, ...values: readonly (string | number)[]): string =>
  words.replace(/\{(\d)\}/g, (_, index) => String(values[Number(index)] ?? ""));

const invitationCharacters = 136;

/** Bytes of a part as UTF-8 once its slots are filled; `invitationCharacters` stand for each. */
export const filledBytes = (text: string): number =>
  Buffer.byteLength(text) +
  (text.split(invitationToken).length - 1) * (invitationCharacters - invitationToken.length);
