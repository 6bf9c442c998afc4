import { expect, test } from "vitest";
import { directionOf, fallenBackTo, inLanguage } from "../../sdk/local-text.ts";

const text = { de: "Hallo", ar: "مرحبا" };

test("a text that an author left out falls back, and says to which language", () => {
  for (const [language, fallback, said, to] of [
    ["de", "ar", "Hallo", undefined],
    ["ja", "ar", "مرحبا", "ar"],
    // Not even the first language has it: the first that does.
    ["ja", "en", "Hallo", "de"],
  ] as const) {
    expect(inLanguage(text, language, fallback)).toBe(said);
    expect(fallenBackTo(text, language, fallback)).toBe(to);
  }
});

test("one text for every language falls back to none", () => {
  expect(inLanguage("Maily", "ja", "en")).toBe("Maily");
  expect(fallenBackTo("Maily", "ja", "en")).toBeUndefined();
});

test("Arabic, Persian and Hebrew are written from right to left, wherever they are spoken", () => {
  for (const tag of ["ar", "ar-EG", "fa", "fa-AF", "he", "ur-PK"])
    expect(directionOf(tag)).toBe("rtl");
  for (const tag of ["en", "de-AT", "zh-Hant", "hi", "th"]) expect(directionOf(tag)).toBe("ltr");
});
