// What any language but English takes, fetched by those who read it: the choice of one, its words, how it counts.
import { filled } from "../../sdk/filled.ts";
import { chooseLanguage } from "../../sdk/language-choice.ts";
import { pageLanguages } from "../languages.ts";
import type { Speech } from "./page.ts";
import { unpacked, type Packed } from "./unpacked.ts";
import { asking } from "./words/en.ts";
import type { KindsWords } from "./words/kinds/words.ts";
import { fillBy, type FramedWords, type SaidWords } from "./words/words.ts";

export { unpacked };

/** What the build makes of a language's files, or the files themselves. */
const fetchWords = (tag: string) => import(`./words/${tag}.ts`) as Promise<SaidWords>;
const fetchKinds = (tag: string) =>
  import(`./words/kinds/${tag}.ts`) as Promise<{ readonly kinds: Packed<KindsWords> }>;

const fetchFramed = (tag: string) =>
  import(`./words/framed/${tag}.ts`) as Promise<{ readonly framed: Packed<FramedWords> }>;

/** The page's own tag for a language: `pt-BR` is said in `pt`. */
export const tagOf = (language: string): string => chooseLanguage([language], pageLanguages);

/** In the best of `spoken` for a reader who wants `wanted`. */
export async function speechIn(
  wanted: readonly string[],
  spoken: readonly string[] = pageLanguages,
): Promise<Speech> {
  const language = chooseLanguage(wanted, spoken);
  const tag = tagOf(language);
  // The page says in `lang` what it is in.
  fillBy((text, parts) => filled(text, document.documentElement.lang, parts));
  const words = tag === "en" ? undefined : await fetchWords(tag).catch(() => undefined);
  if (words === undefined) return { language, asking };
  return {
    language,
    asking: unpacked(asking, words.asking),
    saidLater: (english) => unpacked(english, words.later),
    saidOfKinds: (english) =>
      fetchKinds(tag).then(
        ({ kinds }) => unpacked(english, kinds),
        () => english,
      ),
    saidOfFrames: (english) =>
      fetchFramed(tag).then(
        ({ framed }) => unpacked(english, framed),
        () => english,
      ),
  };
}
