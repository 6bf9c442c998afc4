import { array, assert, constantFrom, property, string } from "fast-check";
import { expect, test } from "vitest";
import { chooseLanguage } from "../../sdk/language-choice.ts";

const cases: readonly (readonly [wanted: string, spoken: string, chosen: string])[] = [
  ["de", "en de", "de"],
  ["de-AT fr", "fr de", "de"],
  ["DE", "en de", "de"],
  ["en-GB", "en-US en-GB", "en-GB"],
  ["pt-BR", "en pt", "pt"],
  ["pt", "en pt-BR", "pt-BR"],
  // A region implies a script.
  ["zh-TW", "zh zh-Hant", "zh-Hant"],
  ["zh-HK", "zh zh-Hant", "zh-Hant"],
  ["zh-CN", "zh-Hant zh", "zh"],
  ["zh-SG", "zh-Hant zh-Hans", "zh-Hans"],
  ["zh-TW", "en zh-CN", "zh-CN"],
  ["sr-Latn", "sr sr-Latn-RS", "sr-Latn-RS"],
  ["sr-Latn", "en sr", "sr"],
  // One written Norwegian serves all of it, and old tags their language.
  ["no", "en nb", "nb"],
  ["nn-NO", "en nb", "nb"],
  ["nn", "nb nn", "nn"],
  ["iw", "en he", "he"],
  ["in-ID", "en id", "id"],
  // The order of what is wanted comes before how well it fits.
  ["fr-CA de", "de fr", "fr"],
  ["tlh", "en de", "en"],
  ["not a tag, de", "en de", "en"],
];

for (const [wanted, spoken, chosen] of cases)
  test(`who wants ${wanted} of ${spoken} gets ${chosen}`, () => {
    const tags = wanted.includes(",") ? [wanted] : wanted.split(" ");
    expect(chooseLanguage(tags, spoken.split(" "))).toBe(chosen);
  });

test("whatever an address says, one of those spoken is chosen, or English where there is none", () => {
  assert(
    property(
      array(string()),
      array(constantFrom("en", "de", "zh-Hant", "ar"), { minLength: 1 }),
      (wanted, spoken) => {
        expect(spoken).toContain(chooseLanguage(wanted, spoken));
      },
    ),
  );
  expect(chooseLanguage([], [])).toBe("en");
});
