import type { LocalText } from "./schema/widget.ts";

/** The text in `language`, or in the widget's first language where an author left it out. */
export function inLanguage(text: LocalText, language: string, fallback: string): string {
  if (typeof text === "string") return text;
  return text[language] ?? text[fallback] ?? Object.values(text)[0] ?? "";
}

/** The language that `inLanguage` falls back to; undefined where nothing is left out. */
export const fallenBackTo = (
  text: LocalText,
  language: string,
  fallback: string,
): string | undefined =>
  typeof text === "string" || text[language] !== undefined
    ? undefined
    : [fallback, ...Object.keys(text)].find((each) => text[each] !== undefined);

const rightToLeft = new Set(["ar", "he", "fa", "ur", "ps", "sd", "ug", "yi", "dv", "ckb"]);

export const directionOf = (language: string): "rtl" | "ltr" =>
  rightToLeft.has(language.split("-")[0] ?? "") ? "rtl" : "ltr";
