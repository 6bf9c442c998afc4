import type { Open, Speech } from "../page.ts";
import { redraw } from "../page.ts";
import { kinds as english } from "../words/kinds/en.ts";
import type { KindsWords } from "../words/kinds/words.ts";

const fetched = new WeakMap<Speech, KindsWords>();

/** Fetches what `speech` says here, unless it is here. */
export async function fetchWords(speech: Speech): Promise<void> {
  if (fetched.has(speech)) return;
  fetched.set(speech, english);
  const words = await speech.saidOfKinds?.(english);
  if (words === undefined) return;
  fetched.set(speech, words);
  redraw();
}

/** English, until the reader's language has come. */
export function wordsOf({ speech }: Pick<Open, "speech">): KindsWords {
  void fetchWords(speech);
  return fetched.get(speech) ?? english;
}
