// Telephone numbers: international ones, and national ones of the countries where the reader's language is spoken.
import {
  isSupportedCountry,
  parsePhoneNumberFromString,
  type CountryCode,
} from "libphonenumber-js/max";
import { standsAlone, type Finding } from "./finding.ts";

/** A national number is looked for as one of these, by language; a language with a region means that one. */
const countriesOf: Readonly<Record<string, readonly CountryCode[]>> = {
  en: ["US", "GB"],
  de: ["DE", "AT"],
  fr: ["FR", "BE"],
  es: ["ES", "MX"],
  pt: ["PT", "BR"],
  it: ["IT"],
  nl: ["NL", "BE"],
  pl: ["PL"],
  sv: ["SE"],
  da: ["DK"],
  nb: ["NO"],
  fi: ["FI"],
  cs: ["CZ"],
  hu: ["HU"],
  ro: ["RO"],
  el: ["GR"],
  tr: ["TR"],
  ru: ["RU"],
  uk: ["UA"],
  ja: ["JP"],
  ko: ["KR"],
  zh: ["CN", "TW"],
  hi: ["IN"],
  bn: ["BD", "IN"],
  id: ["ID"],
  vi: ["VN"],
  th: ["TH"],
  ar: ["SA", "EG"],
  he: ["IL"],
};
const digitsMin = 7;
/** E.164, and what is dialled before it. */
const digitsMax = 17;
/** Looked up in one text: what is in it beyond is a table, not an answer. */
const triesMax = 40;
/** Written in groups, as numbers are; groups of one digit are a list of something. */
const groupsMax = 6;

/** A word for it so shortly before a number, in the languages of many readers. */
const namedWithin = 25;
const telephony =
  /(?:\b(?:tel|phone|telephone|call|ring|dial|fax|mobile|cell|whatsapp|sms|text me|telefon|handy|mobil|anruf\w*|ruf\w*|téléphone|portable|appel\w*|teléfono|móvil|llam\w*|telefone|celular|ligue|telefono|cellulare|chiam\w*|telefoon|bel|komórk\w*|zadzwoń)\b|телефон|звони\S*|电话|電話|手机|전화|फ़ोन|هاتف|טלפון)[^\d\n]*$/iu;

const runForm = /\+? ?\(?\d[\d ()./-]{5,40}\d/g;
const groupForm = /[+(]{0,2}\d+\)?/g;
const dateForm = /^\d{1,4}[./-]\d{1,2}[./-]\d{1,4}(?: \d{1,2})?$/;

function countries(language: string): readonly (CountryCode | undefined)[] {
  const spoken = language.split("-")[0] ?? "";
  const region = language.split("-").at(-1) ?? "";
  if (isSupportedCountry(region)) return [region];
  return countriesOf[spoken] ?? [undefined];
}

/** Whether it is one of the countries', or, where `named` says so before it, of any country. */
function isPhone(
  written: string,
  hints: readonly (CountryCode | undefined)[],
  named: boolean,
): boolean {
  const international = /^\(?(?:\+|00)/.test(written);
  // Bare digits are a number of anything, unless they begin as national numbers do.
  if (!international && (dateForm.test(written) || !/[\s()./-]|^0/.test(written))) return named;
  if (named) return true;
  const dialled = written.replace(/^(\(?)00/, "$1+");
  return hints.some(
    (country) =>
      parsePhoneNumberFromString(dialled, {
        ...(country !== undefined && { defaultCountry: country }),
        extract: false,
      })?.isValid() === true,
  );
}

/** Every number in a language's countries, the longest from each group on. */
export function* phonesIn(text: string, language: string): Generator<Finding> {
  const hints = countries(language);
  let tries = 0;
  for (const { index: from, 0: run } of text.matchAll(runForm)) {
    const groups = Array.from(run.matchAll(groupForm), ({ index, 0: group }) => ({
      start: from + index,
      end: from + index + group.length,
    }));
    for (let first = 0; first < groups.length; first++) {
      const start = groups[first]?.start ?? 0;
      for (let last = Math.min(groups.length, first + groupsMax) - 1; last >= first; last--) {
        const end = groups[last]?.end ?? start;
        const written = text.slice(start, end);
        const digits = written.replaceAll(/\D/g, "").length;
        if (digits < digitsMin || digits > digitsMax || !standsAlone(text, start, end)) continue;
        if (++tries > triesMax) return;
        const before = text.slice(Math.max(0, start - namedWithin), start);
        if (!isPhone(written, hints, telephony.test(before))) continue;
        yield { start, end, kind: "phone" };
        first = last;
        break;
      }
    }
  }
}
