// Does an answer fit its question, of the kinds that every page knows? The others are in check-more.ts; no dependencies.
import type { AnswerValue } from "./schema/answer.ts";
import type { Question } from "./schema/widget.ts";

export type AnswerFault =
  | "missing"
  | "not-on-path"
  | "wrong-type"
  | "unknown-option"
  | "repeated-option"
  | "too-few"
  | "too-many"
  | "out-of-range"
  | "too-long"
  | "incomplete-ranking"
  | "incomplete-matrix"
  | "off-step"
  | "wrong-sum"
  | "no-email"
  | "no-phone";

function isDate(text: string): boolean {
  const time = Date.parse(text);
  // Date.parse takes more than ISO dates, and may move 31 February to March.
  return !Number.isNaN(time) && new Date(time).toISOString().slice(0, 10) === text;
}

export function checkNumber(
  value: AnswerValue,
  from: number,
  to: number,
  step: number,
): AnswerFault | undefined {
  if (typeof value !== "number") return "wrong-type";
  const steps = (value - from) / step;
  // Steps such as 0.1 are not exact in binary, hence the tolerance.
  const onStep = Math.abs(steps - Math.round(steps)) < 1e-6;
  return value >= from && value <= to && onStep ? undefined : "out-of-range";
}

export function checkText(value: AnswerValue, charactersMax: number): AnswerFault | undefined {
  if (typeof value !== "string" || value.trim() === "") return "wrong-type";
  return Array.from(value).length > charactersMax ? "too-long" : undefined;
}

export function checkChoices(
  value: AnswerValue,
  optionIds: readonly string[],
): AnswerFault | undefined {
  if (!Array.isArray(value) || value.length === 0) return "wrong-type";
  if (value.some((id) => !optionIds.includes(id))) return "unknown-option";
  return new Set(value).size === value.length ? undefined : "repeated-option";
}

/** The option ids an answer to this question may name; empty for kinds that have none. */
export function optionIdsOf(question: Question): readonly string[] {
  if ("options" in question) return question.options.map((option) => option.id);
  if (question.kind === "yes-no") return ["yes", "no"];
  return question.kind === "consent" ? ["agreed"] : [];
}

/** Undefined where `value` fits `question`, whose kind is none of check-more.ts and which has no `other`. */
export function checkAnswer(question: Question, value: AnswerValue): AnswerFault | undefined {
  switch (question.kind) {
    case "single-choice":
    case "dropdown":
    case "yes-no":
    case "consent":
      if (typeof value !== "string") return "wrong-type";
      return optionIdsOf(question).includes(value) ? undefined : "unknown-option";
    case "multiple-choice":
    case "ranking": {
      const fault = checkChoices(value, optionIdsOf(question));
      if (fault !== undefined || !Array.isArray(value)) return fault;
      const { length } = question.options;
      if (question.kind === "ranking")
        return value.length === length ? undefined : "incomplete-ranking";
      if (value.length < (question.atLeast ?? 1)) return "too-few";
      return value.length > (question.atMost ?? length) ? "too-many" : undefined;
    }
    case "rating":
      return checkNumber(value, 1, question.steps, 1);
    case "nps":
      return checkNumber(value, 0, 10, 1);
    case "slider":
      return checkNumber(value, question.from, question.to, question.step);
    case "short-text":
    case "long-text":
      return checkText(value, question.charactersMax);
    case "date":
      if (typeof value !== "string" || !isDate(value)) return "wrong-type";
      // ISO dates compare as text.
      return value < (question.earliest ?? value) || value > (question.latest ?? value)
        ? "out-of-range"
        : undefined;
    default:
      return "wrong-type";
  }
}
