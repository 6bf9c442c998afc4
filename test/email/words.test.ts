import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { filled } from "../../sdk/filled.ts";
import { english, wordsIn, type MailWords } from "../../widget/email/words.ts";
import { pageLanguages } from "../../widget/languages.ts";

const slots = (text: string): string => [...new Set(text.match(/\{\d/g))].sort().join("");
// An object with exactly these keys: its type says so.
const keys = Object.keys(english) as (keyof MailWords)[];

for (const language of pageLanguages)
  test(`the mail in ${language} says everything that English says, with the same parts filled in`, () => {
    const words = wordsIn(language);
    expect(Object.keys(words).sort()).toEqual([...keys].sort());
    for (const key of keys) {
      expect(words[key].trim(), key).toBe(words[key]);
      expect(words[key], key).not.toBe("");
      expect(slots(words[key]), key).toBe(slots(english[key]));
      // Words go into HTML, text and JSON alike.
      expect(words[key], key).not.toMatch(/[<>&"\n~]/);
      // In AMP the reader's device fills these in, and knows no plural forms.
      if (key === "progress") expect(words[key]).not.toContain("|");
    }
  });

test("every language has words of its own", () => {
  const hints = pageLanguages.map((language) => wordsIn(language).tapHint);
  expect(new Set(hints).size).toBe(pageLanguages.length);
});

test("every file of words is one that a language leads to", async () => {
  const files = await readdir(new URL("../../widget/email/words/", import.meta.url));
  const tags = files.map((file) => file.replace(".ts", "").replace("hant", "Hant"));
  expect([...tags, "en"].sort()).toEqual([...pageLanguages].sort());
  for (const tag of tags) expect(wordsIn(tag)).not.toBe(english);
});

const kept = (language: string, days: number): string =>
  filled(wordsIn(language).retention, language, [days]);

test("how long answers are kept is said as each language counts", () => {
  expect([1, 30].map((days) => kept("en", days))).toEqual(["Kept for 1 day.", "Kept for 30 days."]);
  expect([1, 2, 5, 90].map((days) => kept("cs", days))).toEqual([
    "Uchováváme 1 den.",
    "Uchováváme 2 dny.",
    "Uchováváme 5 dní.",
    "Uchováváme 90 dní.",
  ]);
  expect(new Set([1, 2, 5, 90].map((days) => kept("ar", days))).size).toBe(4);
  expect(kept("fa", 90)).toContain("۹۰");
});

test("a tag finds its own words, then its language's, then English", () => {
  expect(wordsIn("pt-BR")).toBe(wordsIn("pt"));
  expect(wordsIn("de-AT")).toBe(wordsIn("de"));
  expect(wordsIn("zh-Hant-TW")).toBe(wordsIn("zh-Hant"));
  expect(wordsIn("zh-Hant")).not.toBe(wordsIn("zh"));
  expect(wordsIn("zh-TW")).toBe(wordsIn("zh-Hant"));
  expect(wordsIn("zh-Hans-CN")).toBe(wordsIn("zh"));
  expect(wordsIn("no")).toBe(wordsIn("nb"));
  expect(wordsIn("tlh")).toBe(english);
  expect(wordsIn("")).toBe(english);
});
