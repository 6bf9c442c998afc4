// Numbers as people write them in their languages.
import { digitsOf } from "../../../sdk/contact.ts";

const groupOf = (language: string): string | undefined =>
  new Intl.NumberFormat(language, { numberingSystem: "latn" })
    .formatToParts(12_345)
    .find(({ type }) => type === "group")?.value;

/** Whole parts whose thousands are marked, by threes or as in India; others were meant as something else, a date perhaps. */
const inGroups = (whole: string): boolean => /^[-+]?\d{1,3}([.,]\d{2,3})*[.,]\d{3}$/.test(whole);

/**
 * The number a text says, with a decimal comma or point; undefined where it says none. One mark alone is the decimal one,
 * unless the page's language parts thousands by it and three digits follow.
 */
export function readNumber(text: string, language: string): number | undefined {
  const plain = digitsOf(text)
    // Blanks, marks of direction, and what some languages part thousands by.
    .replace(/[\s\p{Cf}'’٬]/gu, "")
    .replace(/[−–]/g, "-")
    .replace("٫", ".");
  const marks = plain.match(/[.,]/g) ?? [];
  const last = marks.at(-1);
  const group = groupOf(language);
  const grouped =
    (marks.length > 1 && marks.every((mark) => mark === last)) ||
    (last === group && marks.length === 1 && /^-?[1-9]\d{0,2}[.,]\d{3}$/.test(plain));
  const decimalAt = grouped || last === undefined ? plain.length : plain.lastIndexOf(last);
  const whole = plain.slice(0, decimalAt);
  const thousands = whole.match(/[.,]/g) ?? [];
  if (thousands.length > 0 && (new Set(thousands).size > 1 || !inGroups(whole))) return undefined;
  const digits = `${whole.replace(/[.,]/g, "")}.${plain.slice(decimalAt + 1)}`;
  return /^[-+]?(\d+\.\d*|\.\d+)$/.test(digits) ? Number(digits) : undefined;
}

export const writeNumber = (value: number, language: string, useGrouping = false): string =>
  new Intl.NumberFormat(language, { useGrouping, maximumFractionDigits: 9 }).format(value);
