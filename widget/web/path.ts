// The way through the questions. Pure: what is asked next, what goes out, what an arrival from the mail already says.
import { questionsOnPath } from "../../sdk/branching.ts";
import { checkAnswer, type AnswerFault } from "../../sdk/check-answers.ts";
import { answerOfOption } from "../../sdk/options.ts";
import type { Answers } from "../../sdk/schema/answer.ts";
import type { Definition, Question } from "../../sdk/schema/widget.ts";
import type { Choice } from "./address.ts";
import { more } from "./more.ts";

/** All on one page: as the author wishes, or because there is only one thing to ask. */
export const isOnePage = ({ layout, questions }: Definition): boolean =>
  layout === "all" || questions.length === 1;

/** What keeps a reader from going on from this question; undefined where nothing does. */
export function faultOf(question: Question, answers: Answers): AnswerFault | undefined {
  const value = answers[question.id];
  if (value === undefined) return question.required ? "missing" : undefined;
  return (more ? more.checkMore : checkAnswer)(question, value);
}

/** The questions that this reader is asked, by the answers so far. */
export const pathOf = (definition: Definition, answers: Answers): Question[] =>
  (more ? more.pathOf : questionsOnPath)(definition, answers);

/** The answers on the path, and hidden fields: what a reader turned away from is not sent. */
export function answersToSend(definition: Definition, answers: Answers): Answers {
  const sent: Answers = {};
  for (const { id } of [...pathOf(definition, answers), ...(definition.hidden ?? [])]) {
    const value = answers[id];
    if (value !== undefined) sent[id] = value;
  }
  return sent;
}

/** The question before or after this one on the path; undefined at its ends. */
export function neighbourOf(
  definition: Definition,
  answers: Answers,
  id: string,
  offset: -1 | 1,
): string | undefined {
  const path = pathOf(definition, answers);
  const index = path.findIndex((question) => question.id === id);
  return index < 0 ? undefined : path[index + offset]?.id;
}

/** The answer that a tap in the mail already gave; empty where the link names nothing that fits. */
export function answersOf(definition: Definition, choice: Choice | undefined): Answers {
  if (choice === undefined) return {};
  const question = definition.questions[choice.question];
  if (question === undefined) return {};
  const value = answerOfOption(question, choice.option);
  return value === undefined ? {} : { [question.id]: value };
}
