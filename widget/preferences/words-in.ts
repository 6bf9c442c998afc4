import type { Speech } from "../web/page.ts";
import type { Packed } from "../web/unpacked.ts";
import { words as english } from "./words/en.ts";
import type { PreferenceWords } from "./words/words.ts";

type Said = { readonly words: Packed<PreferenceWords> };

/** The words beside a page's speech: English is at hand, the others are fetched; English again where they are not to be had. */
export async function wordsIn({ language, saidLater }: Speech): Promise<PreferenceWords> {
  if (saidLater === undefined) return english;
  try {
    // It is here already: the speech came by it.
    const { tagOf, unpacked } = await import("../web/tongues.ts");
    const tag = tagOf(language);
    const { words } = (await import(`./words/${tag}.ts`)) as Said;
    return unpacked(english, words);
  } catch {
    return english;
  }
}
