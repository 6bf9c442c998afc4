// How the page speaks: English is at hand; what any other language takes is fetched, while the campaign is.
import type { Speech } from "./page.ts";
import { asking } from "./words/en.ts";

const isEnglish = (tag = ""): boolean => /^en\b/.test(tag);

const fetchTongues = () => import("./tongues.ts").catch(() => undefined);

/** What the reader wants to read: the address, then the browser. What that takes begins to be fetched. */
export function wantedLanguages(): readonly string[] {
  const named = new URLSearchParams(location.search).get("lang");
  const wanted = named === null ? navigator.languages : [named, ...navigator.languages];
  if (!isEnglish(wanted[0])) void fetchTongues();
  return wanted;
}

/** In the best of `spoken`, or of what the page itself speaks; the page's words in English where no others can be fetched. */
export async function speechIn(
  wanted: readonly string[],
  spoken?: readonly string[],
): Promise<Speech> {
  const english = { language: "en", asking };
  // Of several kinds of English one may fit better.
  if (isEnglish(wanted[0]) && (spoken?.filter(isEnglish) ?? ["en"]).join() === "en") return english;
  return (await fetchTongues())?.speechIn(wanted, spoken) ?? english;
}
