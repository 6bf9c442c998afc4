// Which of several languages to speak.

/** Language and script, which a region may imply: `zh-TW` is written in Hant. Norwegian and Nynorsk read Bokmål. */
function written(tag: string): string {
  try {
    const { language, script } = new Intl.Locale(tag.replace(/^n[no]\b/, "nb")).maximize();
    return `${language}-${script}`;
  } catch {
    // Not a tag: an address may say anything.
    return tag;
  }
}

const looks = [
  (tag: string) => tag.toLowerCase(),
  written,
  (tag: string) => written(tag).split("-")[0],
];

/** The first of `wanted` that is spoken: exactly, in its script, or at all (RFC 4647 §3.4); else the first spoken. */
export function chooseLanguage(wanted: readonly string[], spoken: readonly string[]): string {
  for (const tag of wanted)
    for (const look of looks) {
      const match = spoken.find((language) => look(language) === look(tag));
      if (match !== undefined) return match;
    }
  return spoken[0] ?? "en";
}
