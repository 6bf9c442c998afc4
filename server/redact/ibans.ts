// International bank account numbers: ISO 13616, as long as their country's are, with their check digits.
import { countrySpecs, isValidIBAN } from "ibantools";
import { isWordAt, type Finding } from "./finding.ts";

const beginning = /[A-Za-z]{2}\d{2}/g;
const partForm = /[A-Za-z0-9]/;

export function* ibansIn(text: string): Generator<Finding> {
  for (const { index: start } of text.matchAll(beginning)) {
    const country = text.slice(start, start + 2).toUpperCase();
    // A record by code; what is no country of it is undefined.
    const length = (countrySpecs as Readonly<Record<string, { chars?: number | null }>>)[country]
      ?.chars;
    if (length === undefined || length === null || isWordAt(text, start - 1)) continue;
    let written = "";
    let end = start;
    while (written.length < length && end < text.length) {
      const character = text[end] ?? "";
      if (partForm.test(character)) written += character.toUpperCase();
      else if (!" -".includes(character) || !partForm.test(text[end + 1] ?? "")) break;
      end++;
    }
    if (written.length === length && !isWordAt(text, end) && isValidIBAN(written))
      yield { start, end, kind: "iban" };
  }
}
