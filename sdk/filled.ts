// Texts of our own with their parts filled in, as a language counts and writes numbers.

const categories = ["zero", "one", "two", "few", "many", "other"] as const;

/** The plural categories (CLDR) that a language has, in their order. */
export const pluralsOf = (language: string): readonly Intl.LDMLPluralRule[] => {
  const own = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  return categories.filter((category) => own.includes(category));
};

/**
 * `{0}` is the first part; `{0|# day|# days}` its plural forms, one a category in order and the last for all that are left,
 * with the number for `#`. A number stands in the language's own digits.
 */
export const filled = (
  text: string,
  language: string,
  parts: readonly (string | number)[],
): string =>
  text.replace(/\{(\d)\|?(.*?)\}/g, (_, index: string, written: string) => {
    const part = parts[Number(index)] ?? "";
    if (typeof part === "string") return part;
    const number = part.toLocaleString(language);
    if (written === "") return number;
    const forms = written.split("|");
    const category = pluralsOf(language).indexOf(new Intl.PluralRules(language).select(part));
    return (forms[category] ?? forms.at(-1) ?? "").replace("#", number);
  });
