// Does an answer fit its question, of any kind? A page fetches this with the kinds that need it; servers always have it.
import { checkAnswer, checkChoices, checkText, type AnswerFault } from "./check-answers.ts";
import { isEmail, isPhone } from "./contact.ts";
import { countryCodes } from "./countries.ts";
import { otherText } from "./other-text.ts";
import type { AnswerValue } from "./schema/answer.ts";
import type { Question } from "./schema/widget.ts";

/** As `widgetLimits`, which a page must not import. */
const otherCharactersMax = 200;
const numberMax = 1_000_000_000_000;

type Of<Kind extends Question["kind"]> = Extract<Question, { kind: Kind }>;

function checkSeveral(
  value: AnswerValue,
  optionIds: readonly string[],
  {
    atLeast = 1,
    atMost = optionIds.length,
  }: { atLeast?: number | undefined; atMost?: number | undefined },
): AnswerFault | undefined {
  const fault = checkChoices(value, optionIds);
  if (fault !== undefined || !Array.isArray(value)) return fault;
  if (value.length < atLeast) return "too-few";
  return value.length > atMost ? "too-many" : undefined;
}

/** Choices where the reader may write one more: its text is checked, the rest is as if `other` were an option. */
function checkWithOther(
  question: Of<"single-choice" | "multiple-choice">,
  value: AnswerValue,
): AnswerFault | undefined {
  for (const choice of Array.isArray(value) ? value : [value]) {
    const written = otherText(choice);
    const fault = written === undefined ? undefined : checkText(written, otherCharactersMax);
    if (fault !== undefined) return fault;
  }
  if (question.kind === "single-choice")
    return otherText(value) === undefined ? checkAnswer(question, value) : undefined;
  if (!Array.isArray(value)) return "wrong-type";
  // No option's id is empty: it stands for what was written.
  const ids = value.map((choice) => (otherText(choice) === undefined ? choice : ""));
  return checkSeveral(ids, [...question.options.map(({ id }) => id), ""], question);
}

function checkMatrix(
  { rows, columns, multiple, required }: Of<"matrix">,
  value: AnswerValue,
): AnswerFault | undefined {
  const fault = checkChoices(
    value,
    rows.flatMap((row) => columns.map((column) => `${row.id}:${column.id}`)),
  );
  if (fault !== undefined || !Array.isArray(value)) return fault;
  const answered = new Set(value.map((cell) => cell.split(":")[0]));
  if (!multiple && answered.size < value.length) return "too-many";
  return required && answered.size < rows.length ? "incomplete-matrix" : undefined;
}

function checkOneNumber(
  { from, to, step }: Of<"number">,
  value: AnswerValue,
): AnswerFault | undefined {
  if (typeof value !== "number") return "wrong-type";
  // NaN is neither.
  if (!(value >= (from ?? -numberMax) && value <= (to ?? numberMax))) return "out-of-range";
  if (step === undefined) return undefined;
  const steps = (value - (from ?? 0)) / step;
  // Steps such as 0.1 are not exact in binary, the less the more of them there are; hence the tolerance.
  const tolerance = Math.max(1e-6, Math.abs(steps) * 4 * Number.EPSILON);
  return Math.abs(steps - Math.round(steps)) < tolerance ? undefined : "off-step";
}

function checkSum(
  { options, total }: Of<"constant-sum">,
  value: AnswerValue,
): AnswerFault | undefined {
  if (!Array.isArray(value)) return "wrong-type";
  const given = value.map((part) => /^([^:]+):(0|[1-9]\d{0,6})$/.exec(part));
  const fault = checkChoices(
    given.map((part) => part?.[1] ?? ""),
    options.map(({ id }) => id),
  );
  if (fault !== undefined) return fault;
  const sum = given.reduce((all, part) => all + Number(part?.[2]), 0);
  return given.length === options.length && sum === total ? undefined : "wrong-sum";
}

/** Undefined where `value` fits `question`, of whatever kind. */
export function checkMore(question: Question, value: AnswerValue): AnswerFault | undefined {
  switch (question.kind) {
    case "single-choice":
    case "multiple-choice":
      return question.other ? checkWithOther(question, value) : checkAnswer(question, value);
    case "picture-choice": {
      const ids = question.options.map(({ id }) => id);
      if (question.multiple) return checkSeveral(value, ids, question);
      if (typeof value !== "string") return "wrong-type";
      return ids.includes(value) ? undefined : "unknown-option";
    }
    case "matrix":
      return checkMatrix(question, value);
    case "number":
      return checkOneNumber(question, value);
    case "opinion-scale": {
      if (typeof value !== "number") return "wrong-type";
      const step = value - question.from;
      return Number.isInteger(step) && step >= 0 && step < question.steps
        ? undefined
        : "out-of-range";
    }
    case "email":
      if (typeof value !== "string") return "wrong-type";
      return isEmail(value) ? undefined : "no-email";
    case "phone":
      if (typeof value !== "string") return "wrong-type";
      return isPhone(value) ? undefined : "no-phone";
    case "country":
      if (typeof value !== "string") return "wrong-type";
      return (question.countries ?? countryCodes).includes(value) ? undefined : "unknown-option";
    case "constant-sum":
      return checkSum(question, value);
    default:
      return checkAnswer(question, value);
  }
}
