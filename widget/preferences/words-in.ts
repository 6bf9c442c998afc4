import { words } from "./words/en.ts";
import type { PreferenceWords } from "./words/words.ts";

const others: Readonly<Record<string, () => Promise<{ readonly words: PreferenceWords }>>> = {
  de: () => import("./words/de.ts"),
  fr: () => import("./words/fr.ts"),
  es: () => import("./words/es.ts"),
  ar: () => import("./words/ar.ts"),
  he: () => import("./words/he.ts"),
  ja: () => import("./words/ja.ts"),
};

/** English is at hand, the others are fetched; English again where they are not to be had. */
export async function wordsIn(language: string): Promise<PreferenceWords> {
  const fetchWords = others[language.split("-")[0] ?? ""];
  return (await fetchWords?.().catch(() => undefined))?.words ?? words;
}
