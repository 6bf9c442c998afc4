// Numbers made of answers. The page works them out while a reader answers, and the region server again: they are never sent.
import { questionsOnPath } from "./branching.ts";
import { otherId, otherText } from "./other-text.ts";
import type { Answers, AnswerValue } from "./schema/answer.ts";
import type { Calculated, Definition, Question } from "./schema/widget.ts";

/** What one answer counts: the number itself, or the points of what was chosen. */
function countOf(question: Question, value: AnswerValue): number {
  if (typeof value === "number") return value;
  const chosen = Array.isArray(value) ? value : [value];
  if (question.kind === "yes-no" || question.kind === "consent")
    return chosen[0] === "yes" || chosen[0] === "agreed" ? 1 : 0;
  if (question.kind === "matrix")
    return chosen.reduce((sum, cell) => {
      const column = cell.slice(cell.indexOf(":") + 1);
      return sum + (question.columns.find(({ id }) => id === column)?.points ?? 0);
    }, 0);
  if (!("options" in question)) return 0;
  return question.options.reduce(
    (sum, { id, points = 0 }) => sum + (chosen.includes(id) ? points : 0),
    0,
  );
}

// 0.1 + 0.2 is not 0.3 in binary, and 0.1 + 0.2 - 0.3 not 0: an author's `atLeast: 0.3` and `atMost: 0` mean it.
const rounded = (value: number): number => Number(value.toFixed(9));

function sumOf(
  { start = 0, add }: Calculated,
  path: readonly Question[],
  answers: Answers,
): number {
  let sum = start;
  for (const { question: id, times = 1 } of add) {
    const question = path.find((candidate) => candidate.id === id);
    const value = answers[id];
    if (question !== undefined && value !== undefined) sum += times * countOf(question, value);
  }
  return rounded(sum);
}

/** A choice as rules name it. */
const chosenOf = <Choice extends string | number>(choice: Choice): Choice | typeof otherId =>
  otherText(choice) === undefined ? choice : otherId;

/**
 * `answers` as branching rules look at them: with every calculated value under its id, and `other` for what a reader
 * wrote. Only answers on the reader's way count. A rule's value is made of answers no later than the rule's question
 * (`checkWidget`), so each round settles one more turn of the way: rounds are no more than questions.
 */
export function answersForRules(definition: Definition, answers: Answers): Answers {
  const { calculated = [], questions } = definition;
  const seen: Answers = { ...answers };
  for (const question of questions) {
    const value = answers[question.id];
    if (value === undefined || !("other" in question) || question.other === undefined) continue;
    seen[question.id] = Array.isArray(value) ? value.map(chosenOf) : chosenOf(value);
  }
  if (calculated.length === 0) return seen;
  let path: readonly Question[] = [];
  for (let round = 0; round <= questions.length; round++) {
    for (const each of calculated) seen[each.id] = sumOf(each, path, answers);
    const next = questionsOnPath(definition, seen);
    if (next.length === path.length && next.every((question, index) => question === path[index]))
      break;
    path = next;
  }
  return seen;
}

/** The questions on the reader's way, whatever the definition's rules look at. */
export const pathOf = (definition: Definition, answers: Answers): Question[] =>
  questionsOnPath(definition, answersForRules(definition, answers));

/** Every calculated value by its id, of the answers on the reader's way. */
export function calculatedOf(definition: Definition, answers: Answers): Record<string, number> {
  const { calculated = [] } = definition;
  if (calculated.length === 0) return {};
  const path = pathOf(definition, answers);
  return Object.fromEntries(calculated.map((each) => [each.id, sumOf(each, path, answers)]));
}
