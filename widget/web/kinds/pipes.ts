// Author's texts that name an earlier answer.
import { checkMore } from "../../../sdk/check-more.ts";
import { piped, saidBy } from "../../../sdk/piping.ts";
import type { Answers, AnswerValue } from "../../../sdk/schema/answer.ts";
import type { Open } from "../page.ts";

/** What is said so far; an answer that does not fit is not said again. */
function fitting({ answers, visit: { manifest } }: Open): Answers {
  const fits = ([id, value]: [string, AnswerValue]): boolean => {
    const question = manifest.definition.questions.find((each) => each.id === id);
    return question === undefined || checkMore(question, value) === undefined;
  };
  return Object.fromEntries(Object.entries(answers).filter(fits));
}

/** `text` with what the reader said in the place of its pipes. */
export function withAnswers(page: Pick<Open, "speech">, text: string): string {
  if (!text.includes("[[")) return text;
  // The preference page says authors' texts too, and knows no answers; none of its texts has a pipe.
  const open = page as Open;
  return piped(text, saidBy(open.visit.manifest.definition, fitting(open), open.speech.language));
}
