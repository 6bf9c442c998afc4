// The page's own words in the reader's language; English is at hand, the others are fetched.
import type { Speech } from "./page.ts";
import { asking } from "./words/en.ts";
import type { AskingWords, LaterWords } from "./words/words.ts";

type Words = { readonly asking: AskingWords; readonly later: LaterWords };

const others: Readonly<Record<string, () => Promise<Words>>> = {
  de: () => import("./words/de.ts"),
  fr: () => import("./words/fr.ts"),
  es: () => import("./words/es.ts"),
  ar: () => import("./words/ar.ts"),
  he: () => import("./words/he.ts"),
  ja: () => import("./words/ja.ts"),
};

/** What the page itself speaks, English first. */
export const pageLanguages: readonly string[] = ["en", ...Object.keys(others)];

/** English words, where a widget speaks a language that the page does not, or its words cannot be fetched. */
export async function speechIn(language: string): Promise<Speech> {
  const fetchWords = others[language.split("-")[0] ?? ""];
  const words = await fetchWords?.().catch(() => undefined);
  return { language, asking, ...words };
}

/** What the reader wants to read: the address, then the browser. */
export const wantedLanguages = (): readonly string[] => {
  const named = new URLSearchParams(location.search).get("lang");
  return named === null ? navigator.languages : [named, ...navigator.languages];
};
