// An answer as the warehouse keeps it: one row a value.
import { calculatedOf } from "../sdk/calculated.ts";
import { otherId, otherText } from "../sdk/other-text.ts";
import type { Answers, AnswerValue } from "../sdk/schema/answer.ts";
import type { Definition, Question } from "../sdk/schema/widget.ts";
import type { AnswerRow } from "./warehouse/rows.ts";

/**
 * What was answered, what the link or site brought, and what follows from both by the definition. The answers were checked.
 */
export function answerRows(definition: Definition, answers: Answers): AnswerRow[] {
  const { questions, hidden = [] } = definition;
  return [
    ...questions.flatMap((question) => valuesOf(question, answers[question.id])),
    ...hidden.flatMap(({ id }) => {
      const text = answers[id];
      return typeof text === "string" ? [{ question: id, position: 0, text }] : [];
    }),
    ...Object.entries(calculatedOf(definition, answers)).map(([id, number]) => ({
      question: id,
      position: 0,
      number,
    })),
  ];
}

/** One row a value. The answers were checked: the value is of the question's kind. */
function valuesOf(question: Question, value: AnswerValue | undefined): AnswerRow[] {
  if (value === undefined) return [];
  const values = Array.isArray(value) ? value : [value];
  return values.map((each, position) => ({
    question: question.id,
    position,
    ...cellsOf(question, each),
  }));
}

function cellsOf(
  question: Question,
  value: string | number,
): Omit<AnswerRow, "question" | "position"> {
  if (typeof value === "number") return { number: value };
  switch (question.kind) {
    case "short-text":
    case "long-text":
    case "email":
    case "phone":
      return { text: value };
    case "date":
      return { date: value };
    case "matrix":
      return { option: value }; // A row may be called `other`.
    case "constant-sum": {
      const colon = value.indexOf(":");
      return { option: value.slice(0, colon), number: Number(value.slice(colon + 1)) };
    }
    default: {
      const written = otherText(value);
      return written === undefined ? { option: value } : { option: otherId, text: written };
    }
  }
}
