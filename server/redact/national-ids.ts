// Numbers that a state gives a person. Those with two check digits, a date or letters are taken wherever they stand; a number
// that one in ten others could be is taken only in the groups it is written in, or after its name.
import { luhn, mod11And10, verhoeff, weighted } from "./checks.ts";
import { standsAlone, type Finding } from "./finding.ts";
import { numbersIn, type Written } from "./numbers.ts";

/** How far before a number its name may stand. */
const namedWithin = 40;

/** Whether the digits at `at`, two a part, are a month and a day. */
const isMonthAndDay = (digits: string, at: number): boolean => {
  const [month, day] = [Number(digits.slice(at, at + 2)), Number(digits.slice(at + 2, at + 4))];
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
};

/** US: no area 000, 666 or 9xx, no group 00, no serial 0000 (SSA); with an area 9xx an ITIN by its group (IRS). */
function isSsn(digits: string): boolean {
  const [area, group, serial] = [digits.slice(0, 3), Number(digits.slice(3, 5)), digits.slice(5)];
  if (area === "000" || area === "666" || group === 0 || serial === "0000") return false;
  return !area.startsWith("9") || (group >= 50 && group !== 89 && group !== 93);
}

/** Germany, identification number: of its first ten digits one comes twice or thrice, the others once at most. */
function isSteuerId(digits: string): boolean {
  const counts = Map.groupBy(digits.slice(0, 10), (digit) => digit);
  const repeated = Array.from(counts.values(), ({ length }) => length).filter((count) => count > 1);
  return (
    !digits.startsWith("0") &&
    repeated.length === 1 &&
    (repeated[0] ?? 0) <= 3 &&
    mod11And10(digits)
  );
}

/** Poland: a date whose month says the century, and a check digit. */
const isPesel = (digits: string): boolean =>
  isMonthAndDay(
    `${String(Number(digits.slice(2, 4)) % 20).padStart(2, "0")}${digits.slice(4, 6)}`,
    0,
  ) && weighted(digits, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0;

/** Brazil: two check digits; all digits alike are given to nobody. */
function isCpf(digits: string): boolean {
  if (/^(\d)\1+$/.test(digits)) return false;
  return [9, 10].every((length) => {
    const sum = weighted(
      digits,
      Array.from({ length }, (_, index) => length + 1 - index),
    );
    return ((sum * 10) % 11) % 10 === Number(digits[length]);
  });
}

/** Netherlands: the test of eleven. */
const isBsn = (digits: string): boolean =>
  Number(digits) > 0 && weighted(digits, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0;

/** France: thirteen digits and the key modulo 97; 2A and 2B, Corsica's, are written with letters. */
const isInsee = (digits: string): boolean =>
  /^[12]/.test(digits) &&
  97 - Number(BigInt(digits.slice(0, 13)) % 97n) === Number(digits.slice(13));

/** China: a date of birth, and ISO 7064 MOD 11-2 (GB 11643); X stands for ten. */
const isResidentId = (text: string): boolean =>
  isMonthAndDay(text, 10) &&
  weighted(text, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11 ===
    (12 - (text.endsWith("X") ? 10 : Number(text.at(-1)))) % 11;

/** Switzerland: EAN-13 under 756. */
const isAhv = (digits: string): boolean =>
  digits.startsWith("756") && weighted(digits, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]) % 10 === 0;

interface NumberKind {
  readonly digits: number;
  readonly holds: (digits: string) => boolean;
  /** The groups it is written in; absent, it may be written in any. */
  readonly groups?: string;
  /** Its name, after which it may be written in any groups. */
  readonly named?: RegExp;
}

const numberKinds: readonly NumberKind[] = [
  { digits: 9, holds: isSsn, groups: "3,2,4", named: /\b(?:ssn|itin|social security)\b/i },
  { digits: 11, holds: isSteuerId },
  { digits: 11, holds: isPesel },
  { digits: 11, holds: isCpf },
  { digits: 15, holds: isInsee },
  { digits: 13, holds: isAhv },
  {
    digits: 9,
    holds: isBsn,
    groups: "4,2,3",
    named: /\b(?:bsn|burgerservicenummer|sofinummer)\b/i,
  },
  {
    digits: 12,
    holds: (digits) => /^[2-9]/.test(digits) && verhoeff(digits),
    groups: "4,4,4",
    named: /\b(?:aadhaar|aadhar|uidai)\b|आधार/i,
  },
  { digits: 9, holds: luhn, named: /\b(?:sin|social insurance)\b/i }, // Canada
  {
    digits: 10, // Sweden
    holds: (digits) => isMonthAndDay(digits, 2) && luhn(digits),
    groups: "6,4",
    named: /\bpersonnummer\b/i,
  },
];

function isOf(kind: NumberKind, text: string, { digits, groups, start }: Written): boolean {
  if (digits.length !== kind.digits || !kind.holds(digits)) return false;
  if (kind.groups === undefined && kind.named === undefined) return true;
  return (
    kind.groups === groups.join(",") ||
    kind.named?.test(text.slice(Math.max(0, start - namedWithin), start)) === true
  );
}

const dniLetters = "TRWAGMYFPDXBNJZSQVHLCKE";

/** Spain: the number modulo 23 names the letter; of a foreigner's X, Y, Z are 0, 1, 2. */
function isDni(text: string): boolean {
  const digits = text.slice(0, -1).replace(/[XYZ]/, (letter) => String("XYZ".indexOf(letter)));
  return dniLetters[Number(digits) % dniLetters.length] === text.at(-1);
}

// Italy, decree of 23 December 1976: what a character counts at an odd place; at an even one, its place in the alphabet.
const oddValues = [
  1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
];
function isCodiceFiscale(text: string): boolean {
  let sum = 0;
  for (let index = 0; index < 15; index++) {
    const character = text[index] ?? "";
    const value = /\d/.test(character) ? Number(character) : character.charCodeAt(0) - 65;
    sum += index % 2 === 0 ? (oddValues[value] ?? 0) : value;
  }
  return sum % 26 === (text.charCodeAt(15) || 0) - 65;
}

function isCorsican(text: string): boolean {
  const digits = text.replace("2A", "19").replace("2B", "18");
  return isInsee(digits);
}

const lettered: readonly (readonly [form: RegExp, holds: (text: string) => boolean])[] = [
  // United Kingdom: letters and prefixes that are given out.
  [
    /(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]/gi,
    () => true,
  ],
  [/\d{8}[ -]?[A-HJ-NP-TV-Z]/gi, isDni],
  [/[XYZ][ -]?\d{7}[ -]?[A-HJ-NP-TV-Z]/gi, isDni],
  [/[A-Z]{6}[\dLMNP-V]{2}[A-EHLMPRST][\dLMNP-V]{2}[A-Z][\dLMNP-V]{3}[A-Z]/gi, isCodiceFiscale],
  [/[12] ?\d{2} ?\d{2} ?2[AB] ?\d{3} ?\d{3} ?\d{2}/gi, isCorsican],
  [/\d{17}[\dX]/gi, isResidentId],
];

export function* nationalIdsIn(text: string): Generator<Finding> {
  for (const written of numbersIn(text, 9, 15))
    if (numberKinds.some((kind) => isOf(kind, text, written)))
      yield { start: written.start, end: written.end, kind: "national-id" };
  for (const [form, holds] of lettered)
    for (const { index: start, 0: found } of text.matchAll(form)) {
      const end = start + found.length;
      if (standsAlone(text, start, end) && holds(found.replaceAll(/[ -]/g, "").toUpperCase()))
        yield { start, end, kind: "national-id" };
    }
}
