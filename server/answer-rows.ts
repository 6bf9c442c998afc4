// An answer as the warehouse keeps it: one row a value, its texts normalised and redacted before anything else sees them.
import { calculatedOf } from "../sdk/calculated.ts";
import { otherId, otherText } from "../sdk/other-text.ts";
import type { Answers, AnswerValue } from "../sdk/schema/answer.ts";
import type { Definition, Question } from "../sdk/schema/widget.ts";
import { redact } from "./redact/redact.ts";
import type { AnswerRow } from "./warehouse/rows.ts";

/**
 * What was answered, what the link or site brought, and what follows from both by the definition. The answers were checked.
 */
export function answerRows(
  definition: Definition,
  answers: Answers,
  language: string,
): AnswerRow[] {
  const { questions, hidden = [] } = definition;
  return [
    ...questions.flatMap((question) => valuesOf(question, answers[question.id], language)),
    ...hidden.flatMap(({ id }) => {
      const text = answers[id];
      return typeof text === "string"
        ? [{ question: id, position: 0, ...written(text, language) }]
        : [];
    }),
    ...Object.entries(calculatedOf(definition, answers)).map(([id, number]) => ({
      question: id,
      position: 0,
      number,
    })),
  ];
}

/** One row a value. The answers were checked: the value is of the question's kind. */
function valuesOf(
  question: Question,
  value: AnswerValue | undefined,
  language: string,
): AnswerRow[] {
  if (value === undefined) return [];
  const values = Array.isArray(value) ? value : [value];
  return values.map((each, position) => ({
    question: question.id,
    position,
    ...cellsOf(question, each, language),
  }));
}

/** One form for what reads the same: NFC (UAX #15), line feeds, nothing blank around it. */
const normalised = (text: string): string =>
  text.toWellFormed().normalize("NFC").replaceAll(/\r\n?/g, "\n").trim();

/** What a reader wrote of their own; no recogniser that knows names has looked at it yet. */
function written(text: string, language: string): Pick<AnswerRow, "text" | "redacted" | "cleared"> {
  const { text: said, redacted } = redact(normalised(text), language);
  return { text: said, ...(redacted.length > 0 && { redacted }), cleared: false };
}

function cellsOf(
  question: Question,
  value: string | number,
  language: string,
): Omit<AnswerRow, "question" | "position"> {
  if (typeof value === "number") return { number: value };
  switch (question.kind) {
    case "short-text":
    case "long-text":
      return written(value, language);
    // Asked for as such: it stays in this region's warehouse as it is.
    case "email":
    case "phone":
      return { text: value, contact: question.kind };
    case "date":
      return { date: value };
    case "matrix":
      return { option: value }; // A row may be called `other`.
    case "constant-sum": {
      const colon = value.indexOf(":");
      return { option: value.slice(0, colon), number: Number(value.slice(colon + 1)) };
    }
    default: {
      const other = otherText(value);
      return other === undefined
        ? { option: value }
        : { option: otherId, ...written(other, language) };
    }
  }
}
