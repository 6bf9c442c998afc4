import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { english, wordsIn, type MailWords } from "../../widget/email/words.ts";

const twelve = ["en", "de", "fr", "es", "it", "pt", "nl", "pl", "ar", "he", "ja", "zh"];
const slots = (text: string): string => (text.match(/\{\d\}/g) ?? []).sort().join("");
// An object with exactly these keys: its type says so.
const keys = Object.keys(english) as (keyof MailWords)[];

for (const language of [...twelve, "zh-Hant"])
  test(`${language} says everything that English says, with the same parts filled in`, () => {
    const words = wordsIn(language);
    expect(Object.keys(words).sort()).toEqual([...keys].sort());
    for (const key of keys) {
      expect(words[key].trim(), key).toBe(words[key]);
      expect(words[key], key).not.toBe("");
      expect(slots(words[key]), key).toBe(slots(english[key]));
      // Words go into HTML, text and JSON alike.
      expect(words[key], key).not.toMatch(/[<>&"\n~]/);
    }
  });

test("every language has words of its own", () => {
  const thanks = twelve.map((language) => wordsIn(language).tapHint);
  expect(new Set(thanks).size).toBe(twelve.length);
});

test("every file of words is one that a language leads to", async () => {
  const files = await readdir(new URL("../../widget/email/words/", import.meta.url));
  const tags = files.map((file) => file.replace(".ts", "").replace("hant", "Hant"));
  for (const tag of tags) expect(wordsIn(tag)).not.toBe(english);
});

test("a tag finds its own words, then its language's, then English", () => {
  expect(wordsIn("pt-BR")).toBe(wordsIn("pt"));
  expect(wordsIn("de-AT")).toBe(wordsIn("de"));
  expect(wordsIn("zh-Hant-TW")).toBe(wordsIn("zh-Hant"));
  expect(wordsIn("zh-Hant")).not.toBe(wordsIn("zh"));
  expect(wordsIn("zh-TW")).toBe(wordsIn("zh-Hant"));
  expect(wordsIn("zh-Hans-CN")).toBe(wordsIn("zh"));
  expect(wordsIn("tlh")).toBe(english);
  expect(wordsIn("")).toBe(english);
});
