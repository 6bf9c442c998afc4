// What the page, its further kinds, a site's frame and the preference page say, in every language.
import { readdir } from "node:fs/promises";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { filled, pluralsOf } from "../../sdk/filled.ts";
import { pageLanguages } from "../../widget/languages.ts";

const folders = {
  page: "widget/web/words",
  kinds: "widget/web/words/kinds",
  framed: "widget/web/words/framed",
  preferences: "widget/preferences/words",
} as const;

type Texts = readonly (readonly [path: string, text: string])[];

/** Every text by its path. */
const textsOf = (words: object, path = ""): Texts =>
  Object.entries(words).flatMap(([name, value]: [string, unknown]) =>
    typeof value === "string"
      ? [[`${path}${name}`, value] as const]
      : textsOf(value as object, `${path}${name}.`),
  );

const readTexts = async (folder: string, file: string): Promise<Texts> =>
  textsOf({ ...((await import(resolve(folder, `${file}.ts`))) as object) });

/** English has a file a part, any other language one for all. */
async function englishOf(folder: string): Promise<Texts> {
  const files = (await readdir(folder)).filter((file) => /^en(-\w+)?\.ts$/.test(file));
  return (
    await Promise.all(files.map((file) => readTexts(folder, file.replace(".ts", ""))))
  ).flat();
}

const slots = (text: string): string =>
  [...new Set(text.match(/\{\d/g))].sort((left, right) => left.localeCompare(right)).join("");

/** Letters that a language is written in; a text of any length has some. */
const letters: Readonly<Record<string, RegExp>> = {
  ar: /\p{Script=Arabic}/u,
  el: /\p{Script=Greek}/u,
  fa: /\p{Script=Arabic}/u,
  he: /\p{Script=Hebrew}/u,
  hi: /\p{Script=Devanagari}/u,
  ja: /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u,
  ko: /\p{Script=Hangul}/u,
  th: /\p{Script=Thai}/u,
  uk: /\p{Script=Cyrillic}/u,
  zh: /\p{Script=Han}/u,
  "zh-Hant": /\p{Script=Han}/u,
};

test("thirty languages, each a tag that browsers know", () => {
  expect(pageLanguages).toHaveLength(30);
  expect(new Set(pageLanguages).size).toBe(30);
  expect(Intl.getCanonicalLocales(pageLanguages)).toEqual(pageLanguages);
  expect(Intl.PluralRules.supportedLocalesOf(pageLanguages)).toEqual(pageLanguages);
});

for (const [place, folder] of Object.entries(folders))
  test(`${place}: every file is a language's, and none is missing`, async () => {
    const files = (await readdir(folder, { withFileTypes: true })).filter((file) => file.isFile());
    const tags = files
      .map(({ name }) => name.replace(".ts", ""))
      .filter((name) => name !== "words" && !name.startsWith("en-"));
    expect(tags.sort()).toEqual([...pageLanguages].sort());
  });

for (const [place, folder] of Object.entries(folders))
  for (const language of pageLanguages)
    test(`${place} in ${language} says all that English says, and as its own`, async () => {
      const english = await englishOf(folder);
      const own = language === "en" ? english : await readTexts(folder, language);
      const ownOf = new Map(own);
      expect(own.map(([path]) => path).sort()).toEqual(english.map(([path]) => path).sort());
      for (const [path, text] of english) {
        const said = ownOf.get(path) ?? "";
        expect(said.trim(), path).toBe(said);
        expect(said, path).not.toBe("");
        // One line each (packed-words.ts), no markup, no marks of direction: the page isolates by itself.
        expect(said, path).not.toMatch(/[\n\r<>\u200e\u200f\u202a-\u202e\u2066-\u2069]/);
        expect(said, path).toBe(said.normalize("NFC"));
        expect(slots(said), path).toBe(slots(text));
        if (language === "en") continue;
        // Figures, signs and "No" are nobody's.
        if (/\p{L}{3}/u.test(text.replace(/\{.*?\}/g, ""))) expect(said, path).not.toBe(text);
        if (letters[language] && /\p{L}{3}/u.test(text))
          expect(said, path).toMatch(letters[language]);
        // So that it stands where English stood: a button, a line.
        const longest = path.includes("regions.") ? 60 : Math.max(24, text.length * 2.5);
        expect(said.length, path).toBeLessThanOrEqual(longest);
      }
    });

/** Plural forms of a text, by the part that they belong to. */
const formsIn = (text: string): readonly (readonly string[])[] =>
  [...text.matchAll(/\{\d\|(.*?)\}/g)].map(([, forms = ""]) => forms.split("|"));

/** Whole numbers that fall into each category of a language. */
function numbersBy(language: string): ReadonlyMap<string, number> {
  const rules = new Intl.PluralRules(language);
  const found = new Map<string, number>();
  for (const number of [...Array(201).keys(), 1_000_000])
    if (!found.has(rules.select(number))) found.set(rules.select(number), number);
  return found;
}

for (const language of pageLanguages)
  test(`${language}: what is counted has a form for every category of whole numbers up to 200`, async () => {
    const texts = (
      await Promise.all(
        Object.values(folders).map((folder) =>
          language === "en" ? englishOf(folder) : readTexts(folder, language),
        ),
      )
    ).flat();
    const categories = pluralsOf(language);
    const rules = new Intl.PluralRules(language);
    const small = new Set([...Array(201).keys()].map((number) => rules.select(number)));
    let counted = 0;
    for (const [path, text] of texts)
      for (const forms of formsIn(text)) {
        counted += 1;
        expect(forms.length, path).toBeLessThanOrEqual(categories.length);
        for (const [category, number] of numbersBy(language)) {
          const said = filled(`{0|${forms.join("|")}}`, language, [number]);
          expect(said, `${path} ${category}`).not.toMatch(/[#{}|]/);
          expect(said, `${path} ${category}`).not.toBe("");
        }
        // Nouns of these languages do not change after a number.
        if (["fa", "hi", "hu", "tr"].includes(language)) continue;
        const last = categories.length - 1;
        for (const category of small) {
          const index = categories.indexOf(category);
          // A category without a form of its own takes the last one, which only the many and the others may share.
          if (index > forms.length - 1) expect([last, last - 1], path).toContain(index);
        }
        if (small.size > 1) expect(new Set(forms).size, path).toBeGreaterThan(1);
      }
    if (categories.length > 1) expect(counted).toBeGreaterThan(1);
  });
