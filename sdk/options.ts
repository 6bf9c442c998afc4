// Which answers of a question are finite, and in which order: what a link's and a sealed choice's option index means.
import { optionIdsOf } from "./check-answers.ts";
import type { AnswerValue } from "./schema/answer.ts";
import type { Definition, Question } from "./schema/widget.ts";

/** Steps of a slider beyond which no mail carries a code for each. */
export const sliderOptionsMax = 101;

/**
 * The answers an option index stands for, from 0 (SPEC §3.4, §3.8): option ids, or the numbers of a scale. Empty for what
 * no index can say: texts, dates, rankings, and sliders of more than 101 steps.
 */
export function optionsOf(question: Question): readonly (string | number)[] {
  switch (question.kind) {
    case "rating":
      return Array.from({ length: question.steps }, (_, step) => step + 1);
    case "nps":
      return Array.from({ length: 11 }, (_, step) => step);
    case "slider": {
      const { from, to, step } = question;
      const count = Math.floor((to - from) / step + 1e-6) + 1;
      // A step such as 0.1 is not exact in binary: rounded to the digits an author can write.
      return count > sliderOptionsMax
        ? []
        : Array.from({ length: count }, (_, index) => Number((from + index * step).toFixed(9)));
    }
    case "ranking":
      return [];
    default:
      return optionIdsOf(question);
  }
}

/** The answer that the options at `indices` give; undefined where they give none, or the question takes only one. */
export function answerOfOptions(
  question: Question,
  indices: readonly number[],
): AnswerValue | undefined {
  const options = optionsOf(question);
  const chosen: (string | number)[] = [];
  for (const index of indices) {
    const option = options[index];
    if (option === undefined) return undefined;
    chosen.push(option);
  }
  // Only multiple choices are lists, and their options are ids.
  if (question.kind === "multiple-choice") return chosen as string[];
  return chosen.length === 1 ? chosen[0] : undefined;
}

/**
 * The first question or option that has another place in `after`, in words. Mails already sent name both by their place: what
 * has one keeps it, and what is new comes after (SPEC §3.4).
 */
export function movedFrom(before: Definition, after: Definition): string | undefined {
  for (const [index, question] of before.questions.entries()) {
    const now = after.questions[index];
    if (now?.id !== question.id || now.kind !== question.kind)
      return `The question \`${question.id}\``;
    const options = optionsOf(now);
    for (const [place, option] of optionsOf(question).entries())
      if (options[place] !== option) return `The option \`${option}\` of \`${question.id}\``;
  }
  return undefined;
}
