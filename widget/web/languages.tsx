// The choice of a language, by its own name. Not before the first drawing: a browser's first such name takes longer than
// all the rest.
import { directionOf } from "../../sdk/local-text.ts";
import type { Speech } from "./page.ts";
import { speechIn } from "./speech.ts";

const nameOf = (language: string): string =>
  new Intl.DisplayNames([language], { type: "language" }).of(language) ?? language;

/** The address keeps what was chosen, for a reload. */
function nameLanguage(language: string): void {
  const address = new URL(location.href);
  address.searchParams.set("lang", language);
  history.replaceState(history.state, "", address);
}

export function Languages({
  languages,
  speech,
  choose,
}: {
  languages: readonly string[];
  speech: Speech;
  choose: (speech: Speech) => void;
}) {
  if (languages.length < 2) return null;
  return (
    <select
      class="languages"
      aria-label={speech.asking.language}
      value={speech.language}
      onChange={({ currentTarget: { value } }) => {
        nameLanguage(value);
        void speechIn([value], languages).then(choose);
      }}
    >
      {languages.map((language) => (
        <option key={language} value={language} lang={language} dir={directionOf(language)}>
          {nameOf(language)}
        </option>
      ))}
    </select>
  );
}
