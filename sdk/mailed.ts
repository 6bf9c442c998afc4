// Which questions a mail can take an answer to; the page takes the others. The mail's compiler asks, and the region's server.
import { optionsOf } from "./options.ts";
import type { Definition, Question } from "./schema/widget.ts";

const turnsOnValue = ({ next = [] }: Question): boolean =>
  next.some(({ when }) => when?.value !== undefined);

/** Those up to the first whose rules compare a calculated value: a mail counts nothing, so it cannot know what comes after. */
export function questionsBeforeTurn({ questions }: Pick<Definition, "questions">): Question[] {
  const turn = questions.findIndex(turnsOnValue);
  return turn < 0 ? questions : questions.slice(0, turn + 1);
}

/** Of these, those whose answers are finite; all others are asked on the page (SPEC §3.9). */
export const mailedQuestions = (definition: Definition): Question[] =>
  questionsBeforeTurn(definition).filter((question) => optionsOf(question).length > 0);
