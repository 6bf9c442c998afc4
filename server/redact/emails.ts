// Mail addresses, in any script, and as people write them for other people's eyes.
import { isWordAt, type Finding } from "./finding.ts";

/** RFC 5321 §4.5.3.1. */
const localMax = 64;
const domainMax = 255;

const localForm = /[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]/u;
const domainForm = /[\p{L}\p{N}.-]/u;
const domain =
  /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}(?:xn--[a-z0-9-]{2,59}|\p{L}{2,63})/u;

/** From `at` over characters of `form`, at most `most` of them, in steps of one; surrogates are never parted. */
function reach(text: string, at: number, step: 1 | -1, form: RegExp, most: number): number {
  let index = at;
  for (let count = 0; count < most; count++) {
    const next = step === 1 ? index : index - 1;
    const unit = text.charCodeAt(next);
    const isPair = step === 1 ? unit >= 0xd800 && unit < 0xdc00 : unit >= 0xdc00 && unit < 0xe000;
    const character = isPair
      ? text.slice(step === 1 ? next : next - 1, step === 1 ? next + 2 : next + 1)
      : (text[next] ?? "");
    if (character === "" || !form.test(character)) break;
    index += step * character.length;
  }
  return index;
}

function* plainEmails(text: string): Generator<Finding> {
  for (let at = text.indexOf("@"); at !== -1; at = text.indexOf("@", at + 1)) {
    let start = reach(text, at, -1, localForm, localMax);
    // A quotation mark or bracket's neighbour before the address is not of it.
    while (start < at && !isWordAt(text, start) && text[start] !== "_") start++;
    const candidate = text.slice(at + 1, reach(text, at + 1, 1, domainForm, domainMax));
    const found = domain.exec(candidate);
    if (start < at && found !== null) yield { start, end: at + 1 + found[0].length, kind: "email" };
  }
}

const name = "[\\p{L}\\p{N}._+-]{1,64}";
const label = "[\\p{L}\\p{N}-]{1,63}";
const dot = "(?: ?[([{<] ?(?:dot|punkt|point|punto) ?[)\\]}>] ?|\\.| dot )";
/** The @ in brackets is meant to be one. */
const bracketed = new RegExp(
  `${name} ?[([{<] ?(?:at|@|ät) ?[)\\]}>] ?${label}(?:${dot}${label}){1,4}`,
  "giu",
);
/** A bare "at" only where the dot is spelt too, and mail is spoken of. */
const spelt = new RegExp(
  `(?<=\\b(?:e-?mail|mail|write|reach|contact)[^.\\n]{0,30}?)${name} at ${label} dot \\p{L}{2,12}(?![\\p{L}\\p{N}])`,
  "giu",
);

/** Each with what every match of it contains: few texts have that, and looking for the whole is a hundred times the work. */
const forms = [
  [/[([{<] ?(?:at|@|ät)/iu, bracketed],
  [/ dot /iu, spelt],
] as const;

export function* emailsIn(text: string): Generator<Finding> {
  yield* plainEmails(text);
  for (const [part, form] of forms) {
    if (!part.test(text)) continue;
    for (const { index, 0: found } of text.matchAll(form))
      if (!isWordAt(text, index - 1))
        yield { start: index, end: index + found.length, kind: "email" };
  }
}
