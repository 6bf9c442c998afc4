import type { LocalText } from "./schema/widget.ts";

/** The text in `language`, or in the widget's first language where an author left it out. */
export function inLanguage(text: LocalText, language: string, fallback: string): string {
  if (typeof text === "string") return text;
  return text[language] ?? text[fallback] ?? Object.values(text)[0] ?? "";
}

const rightToLeft = new Set(["ar", "he", "fa", "ur", "ps", "sd", "ug", "yi", "dv", "ckb"]);

export const directionOf = (language: string): "rtl" | "ltr" =>
  rightToLeft.has(language.split("-")[0] ?? "") ? "rtl" : "ltr";

/** The first of `wanted` that the widget speaks, exactly or by its primary subtag (RFC 4647 §3.4), or its first language. */
export function chooseLanguage(wanted: readonly string[], spoken: readonly string[]): string {
  for (const tag of wanted) {
    const primary = tag.split("-")[0];
    const match =
      spoken.find((language) => language.toLowerCase() === tag.toLowerCase()) ??
      spoken.find((language) => language.split("-")[0] === primary);
    if (match !== undefined) return match;
  }
  return spoken[0] ?? "en";
}
