import { expect, test } from "vitest";
import { asking } from "../../widget/web/words/en.ts";
import { later } from "../../widget/web/words/en-later.ts";
import { words as preferences } from "../../widget/preferences/words/en.ts";

const languages = ["de", "fr", "es", "ar", "he", "ja"] as const;

/** Every text by its path. */
function textsOf(words: object, path = ""): [path: string, text: string][] {
  return Object.entries(words).flatMap(([name, value]: [string, unknown]) =>
    typeof value === "string"
      ? [[`${path}${name}`, value] as [string, string]]
      : textsOf(value as object, `${path}${name}.`),
  );
}

const slots = (text: string): string => (text.match(/\{\d\}/g) ?? []).sort().join("");

for (const language of languages)
  test(`${language} says everything that English says, with the same parts filled in`, async () => {
    const words = (await import(`../../widget/web/words/${language}.ts`)) as object;
    const own = new Map(textsOf({ ...words }));
    for (const [path, english] of textsOf({ asking, later })) {
      const text = own.get(path) ?? "";
      expect(text, path).not.toBe("");
      expect(slots(text), path).toBe(slots(english));
    }
    expect(own.size).toBe(textsOf({ asking, later }).length);
  });

for (const language of languages)
  test(`the preference page says in ${language} all that it says in English`, async () => {
    const { words } = (await import(`../../widget/preferences/words/${language}.ts`)) as {
      words: object;
    };
    const own = new Map(textsOf(words));
    for (const [path, english] of textsOf(preferences)) {
      const text = own.get(path) ?? "";
      expect(text, path).not.toBe("");
      expect(text, path).not.toBe(english);
      expect(slots(text), path).toBe(slots(english));
    }
    expect(own.size).toBe(textsOf(preferences).length);
  });
