// What only a framed page says.
import { speechIn, wantedLanguages } from "../speech.ts";
import { framed } from "../words/framed/en.ts";
import type { AskingWords, FramedWords } from "../words/words.ts";

export interface Words extends FramedWords, Pick<AskingWords, "offline" | "reload"> {
  readonly language: string;
}

/** In the language that the reader wants most of those that the page speaks. */
export async function framedWords(): Promise<Words> {
  const { asking, language, saidOfFrames } = await speechIn(wantedLanguages());
  const { offline, reload } = asking;
  return { ...((await saidOfFrames?.(framed)) ?? framed), offline, reload, language };
}
