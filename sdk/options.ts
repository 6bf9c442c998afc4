// Which answers of a question are finite, and in which order: what a link's and a sealed choice's option index means.
import { optionIdsOf } from "./check-answers.ts";
import type { AnswerValue } from "./schema/answer.ts";
import type { Definition, Question } from "./schema/widget.ts";

/** Steps of a slider beyond which no mail carries a code for each. */
export const sliderOptionsMax = 101;

/** A step such as 0.1 is not exact in binary: rounded to the digits an author can write. */
const stepAt = (index: number, count: number, from: number, step = 1): number | undefined =>
  index < count ? Number((from + index * step).toFixed(9)) : undefined;

/** The answer that the option index stands for, from 0, as `optionsOf` lists them; a matrix' cells apart. */
function optionAt(question: Question, index: number): string | number | undefined {
  switch (question.kind) {
    case "rating":
      return stepAt(index, question.steps, 1);
    case "opinion-scale":
      return stepAt(index, question.steps, question.from);
    case "nps":
      return stepAt(index, 11, 0);
    case "slider": {
      const { from, to, step } = question;
      const count = Math.floor((to - from) / step + 1e-6) + 1;
      return stepAt(index, count > sliderOptionsMax ? 0 : count, from, step);
    }
    case "ranking":
    case "constant-sum":
      return undefined;
    default:
      return optionIdsOf(question)[index];
  }
}

const isList = (question: Question): boolean =>
  question.kind === "multiple-choice" || ("multiple" in question && question.multiple);

/** The answer of one option, tapped in a mail: as `answerOfOptions` of that index alone, a matrix' cells apart. */
export function answerOfOption(question: Question, index: number): AnswerValue | undefined {
  const option = optionAt(question, index);
  return typeof option === "string" && isList(question) ? [option] : option;
}

/**
 * The answers an option index stands for, from 0 (SPEC §3.4, §3.8): option ids, the numbers of a scale, a matrix' cells
 * row by row. Empty for what no index can say: what is typed, dates, rankings, shared points, long sliders.
 */
export function optionsOf(question: Question): readonly (string | number)[] {
  if (question.kind === "matrix")
    return question.rows.flatMap((row) =>
      question.columns.map((column) => `${row.id}:${column.id}`),
    );
  const options: (string | number)[] = [];
  // The longest list is a slider's.
  for (let index = 0; index < sliderOptionsMax; index++) {
    const option = optionAt(question, index);
    if (option === undefined) break;
    options.push(option);
  }
  return options;
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
  // What is listed are ids, never numbers.
  if (isList(question) || question.kind === "matrix") return chosen as string[];
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
