// A text as recognisers read it: digits, blanks, dashes and wide forms of every script as ASCII, and nothing invisible
// between them. Where each character was is kept, so that what is found is cut from the text as it was written.

export interface Plain {
  readonly text: string;
  /** The place in the original of a place in `text`, and of its end. */
  readonly originOf: (index: number) => number;
}

const asciiForm = /^[\t\n\x20-\x7e]*$/;
const invisible = /[\p{Cf}\p{Mn}\ufe00-\ufe0f]/u;
const digit = /\p{Nd}/u;
const blank = /[\s\p{Zs}]/u;
const dash = /[\p{Pd}\u2212]/u;

/** Unicode's decimal digits lie in runs of ten, each from its zero. */
function digitOf(point: number): string {
  let zero = point;
  while (point - zero < 9 && digit.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return String(point - zero);
}

function plainOf(character: string, point: number): string {
  // Of ASCII, blanks are what lies from tab to carriage return; a line's end stays one.
  if (point < 0x80) return point >= 9 && point <= 13 && point !== 10 ? " " : character;
  if (invisible.test(character)) return "";
  // Full-width forms lie as ASCII does.
  if (point >= 0xff01 && point <= 0xff5e) return String.fromCharCode(point - 0xfee0);
  if (digit.test(character)) return digitOf(point);
  if (blank.test(character)) return " ";
  if (dash.test(character)) return "-";
  return character;
}

export function plainTextOf(original: string): Plain {
  if (asciiForm.test(original))
    return { text: original.replaceAll("\t", " "), originOf: (index) => index };
  let text = "";
  const places: number[] = [];
  let place = 0;
  for (const character of original) {
    const plain = plainOf(character, character.codePointAt(0) ?? 0);
    for (let unit = 0; unit < plain.length; unit++) places.push(place);
    text += plain;
    place += character.length;
  }
  return {
    text,
    // What follows the last found character, such as a mark on it, stays.
    originOf: (index) => places[index] ?? original.length,
  };
}
