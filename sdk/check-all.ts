// Does a whole answer fit its definition? The region's server asks after opening.
import { pathOf } from "./calculated.ts";
import { checkText, type AnswerFault } from "./check-answers.ts";
import { checkMore } from "./check-more.ts";
import type { Answers } from "./schema/answer.ts";
import type { Definition } from "./schema/widget.ts";

/** Characters of a hidden field whose author names no other number. */
export const hiddenCharactersDefault = 200;

/** Every fault by id, empty where the whole fits: required questions on the path answered, nothing but hidden fields off it. */
export function checkAnswers(definition: Definition, answers: Answers): Map<string, AnswerFault> {
  const faults = new Map<string, AnswerFault>();
  const path = pathOf(definition, answers);
  for (const question of path) {
    const value = answers[question.id];
    const fault =
      value === undefined
        ? question.required
          ? "missing"
          : undefined
        : checkMore(question, value);
    if (fault !== undefined) faults.set(question.id, fault);
  }
  for (const [id, value] of Object.entries(answers)) {
    if (path.some((question) => question.id === id)) continue;
    const field = definition.hidden?.find((candidate) => candidate.id === id);
    const fault =
      field === undefined
        ? "not-on-path"
        : checkText(value, field.charactersMax ?? hiddenCharactersDefault);
    if (fault !== undefined) faults.set(id, fault);
  }
  return faults;
}
