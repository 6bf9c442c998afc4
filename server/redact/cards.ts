// Payment cards: ISO/IEC 7812 numbers of the known issuers, in the lengths that each uses, with their check digit.
import { luhn } from "./checks.ts";
import type { Finding } from "./finding.ts";
import { numbersIn, type Written } from "./numbers.ts";

const lengthMin = 12;

/** First digits from and to, as far as they are long, and the lengths of such numbers. */
const issuers: readonly [from: string, to: string, least: number, most: number][] = [
  ["4", "4", 13, 19], // Visa
  ["51", "55", 16, 16], // Mastercard
  ["2221", "2720", 16, 16],
  ["34", "34", 15, 15], // American Express
  ["37", "37", 15, 15],
  ["300", "305", 14, 19], // Diners Club
  ["36", "36", 14, 19],
  ["38", "39", 14, 19],
  ["3528", "3589", 16, 19], // JCB
  ["6011", "6011", 16, 19], // Discover
  ["644", "659", 16, 19],
  ["60", "60", 16, 16], // RuPay
  ["81", "82", 16, 19],
  ["62", "62", 16, 19], // UnionPay
  ["2200", "2204", 16, 19], // Mir
  ["50", "50", 12, 19], // Maestro
  ["56", "58", 12, 19],
  ["67", "69", 12, 19],
];

const isIssued = (digits: string): boolean =>
  issuers.some(([from, to, least, most]) => {
    const prefix = digits.slice(0, from.length);
    return from <= prefix && prefix <= to && digits.length >= least && digits.length <= most;
  });

/** Cards are printed in groups of four or more; single digits with blanks between them are a count or a table. */
const isGroupedLikeCards = ({ groups }: Written): boolean =>
  groups.slice(0, -1).every((size) => size >= 3);

export function* cardsIn(text: string): Generator<Finding> {
  for (const written of numbersIn(text, lengthMin))
    if (isGroupedLikeCards(written) && isIssued(written.digits) && luhn(written.digits))
      yield { start: written.start, end: written.end, kind: "card" };
}
