// Which answers of a question are finite, and in which order: what a link's and a sealed choice's option index means.
import { optionIdsOf } from "./check-answers.ts";
import type { AnswerValue } from "./schema/answer.ts";
import type { Question } from "./schema/widget.ts";

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
