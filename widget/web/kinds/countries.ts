// Countries by their names in the reader's language.
import { countryCodes } from "../../../sdk/countries.ts";

export interface Country {
  readonly code: string;
  readonly name: string;
}

export const countryName = (code: string, language: string): string =>
  new Intl.DisplayNames([language], { type: "region" }).of(code) ?? code;

/** As they are sorted in that language. */
export function countriesIn(language: string, codes: readonly string[] = countryCodes): Country[] {
  const names = new Intl.DisplayNames([language], { type: "region" });
  const { compare } = new Intl.Collator(language);
  return codes
    .map((code) => ({ code, name: names.of(code) ?? code }))
    .sort((left, right) => compare(left.name, right.name));
}

/** Where a language is spoken most, as a first guess that the reader sees and changes; never where the reader is. */
export const likelyCountry = (language: string): string | undefined =>
  new Intl.Locale(language).maximize().region;
