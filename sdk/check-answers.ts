// Does an answer fit its question? The page asks before sealing, the region server again after opening; no dependencies.
import { questionsOnPath } from "./branching.ts";
import type { Answers, AnswerValue } from "./schema/answer.ts";
import type { Definition, Question } from "./schema/widget.ts";

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
  | "incomplete-ranking";

const dateForm = /^\d{4}-\d{2}-\d{2}$/;

function isDate(text: string): boolean {
  if (!dateForm.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  // Date.parse may accept 31 February and move it to March.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

function checkNumber(
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

function checkText(value: AnswerValue, charactersMax: number): AnswerFault | undefined {
  if (typeof value !== "string" || value.trim() === "") return "wrong-type";
  return Array.from(value).length > charactersMax ? "too-long" : undefined;
}

function checkChoices(value: AnswerValue, optionIds: readonly string[]): AnswerFault | undefined {
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

/** Undefined where `value` fits `question`. */
export function checkAnswer(question: Question, value: AnswerValue): AnswerFault | undefined {
  switch (question.kind) {
    case "single-choice":
    case "dropdown":
    case "yes-no":
    case "consent":
      if (typeof value !== "string") return "wrong-type";
      return optionIdsOf(question).includes(value) ? undefined : "unknown-option";
    case "multiple-choice": {
      const fault = checkChoices(value, optionIdsOf(question));
      if (fault !== undefined || !Array.isArray(value)) return fault;
      if (value.length < (question.atLeast ?? 1)) return "too-few";
      return value.length > (question.atMost ?? question.options.length) ? "too-many" : undefined;
    }
    case "ranking": {
      const fault = checkChoices(value, optionIdsOf(question));
      if (fault !== undefined || !Array.isArray(value)) return fault;
      return value.length === question.options.length ? undefined : "incomplete-ranking";
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
  }
}

/** Every fault by question id, empty where the whole fits: required questions on the path answered, nothing off it. */
export function checkAnswers(definition: Definition, answers: Answers): Map<string, AnswerFault> {
  const faults = new Map<string, AnswerFault>();
  const path = questionsOnPath(definition, answers);
  for (const question of path) {
    const value = answers[question.id];
    const fault =
      value === undefined
        ? question.required
          ? "missing"
          : undefined
        : checkAnswer(question, value);
    if (fault !== undefined) faults.set(question.id, fault);
  }
  for (const id of Object.keys(answers))
    if (!path.some((question) => question.id === id)) faults.set(id, "not-on-path");
  return faults;
}
