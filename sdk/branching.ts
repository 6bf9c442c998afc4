// Which questions a reader meets. Runs on the page, in the mail's compiler and on the region server; no dependencies.
import type { Answers, AnswerValue } from "./schema/answer.ts";
import type { Condition, Definition, Question } from "./schema/widget.ts";

/** Where a question's `next` leads when there is nothing more to ask. */
export const end = "end";

function holds(condition: Condition, value: AnswerValue | undefined): boolean {
  const { is, includes, atLeast, atMost, answered } = condition;
  if (answered !== undefined && answered !== (value !== undefined)) return false;
  if (is !== undefined && value !== is) return false;
  if (includes !== undefined && !(Array.isArray(value) && value.includes(includes))) return false;
  if (atLeast !== undefined && !(typeof value === "number" && value >= atLeast)) return false;
  return atMost === undefined || (typeof value === "number" && value <= atMost);
}

function destinationOf(question: Question, answers: Answers): string | undefined {
  const value = answers[question.id];
  if ("options" in question && typeof value === "string") {
    const chosen = question.options.find((option) => option.id === value);
    if (chosen?.next !== undefined) return chosen.next;
  }
  return question.next?.find(
    ({ when }) => when === undefined || holds(when, answers[when.value ?? question.id]),
  )?.go;
}

/**
 * The questions on this reader's way, in order, given the answers so far: an option's `next` wins over the question's
 * rules, those over the order of the definition. Destinations only lead forward, so it ends. Where a definition has
 * calculated values or `other`, `answers` are those that `answersForRules` gives.
 */
export function questionsOnPath(definition: Definition, answers: Answers): Question[] {
  const path: Question[] = [];
  let index = 0;
  while (index < definition.questions.length) {
    const question = definition.questions[index];
    if (question === undefined) break;
    path.push(question);
    const destination = destinationOf(question, answers);
    if (destination === end) break;
    const target =
      destination === undefined
        ? -1
        : definition.questions.findIndex((candidate) => candidate.id === destination);
    index = target > index ? target : index + 1;
  }
  return path;
}
