// Answers of these kinds, in words: for the last look, and for texts that name an earlier answer.
import { otherText } from "../../../sdk/other-text.ts";
import type { AnswerValue } from "../../../sdk/schema/answer.ts";
import type { Question } from "../../../sdk/schema/widget.ts";
import { optionText } from "../answer-text.ts";
import { local, type Open } from "../page.ts";
import { pointsOf } from "./constant-sum.tsx";
import { countryName } from "./countries.ts";
import { otherIn } from "./other.tsx";
import { writeNumber } from "./read-number.ts";

const list = (page: Open, texts: readonly string[]): string =>
  new Intl.ListFormat(page.speech.language).format(texts);

const withUnit = (page: Open, text: string, question: object): string => {
  // A number and a constant sum have one.
  const { unit } = question as { unit?: Parameters<typeof local>[1] };
  return unit === undefined ? text : `${text} ${local(page, unit)}`;
};

function matrixText(page: Open, question: Extract<Question, { kind: "matrix" }>, cells: string[]) {
  const { rows, columns } = question;
  return rows
    .flatMap((row) => {
      const chosen = columns.filter(({ id }) => cells.includes(`${row.id}:${id}`));
      if (chosen.length === 0) return [];
      return `${local(page, row.text)}: ${list(
        page,
        chosen.map(({ text }) => local(page, text)),
      )}`;
    })
    .join("\n");
}

/** Undefined where the page's own words for a value say it. */
export function kindText(page: Open, question: Question, value: AnswerValue): string | undefined {
  const { language } = page.speech;
  switch (question.kind) {
    case "single-choice":
    case "multiple-choice": {
      if (otherIn(value) === undefined) return undefined;
      const texts = (Array.isArray(value) ? value : [value]).map(
        (each) => otherText(each)?.trim() ?? optionText(page, question.options, each),
      );
      return list(page, texts);
    }
    case "number":
      return typeof value === "number"
        ? withUnit(page, writeNumber(value, language, true), question)
        : undefined;
    case "country":
      return countryName(String(value), language);
    case "opinion-scale":
      return [Number(value), question.from + question.steps - 1]
        .map((step) => writeNumber(step, language))
        .join(" / ");
    case "matrix":
      return Array.isArray(value) ? matrixText(page, question, value) : undefined;
    case "constant-sum":
      return [...pointsOf(question, value)]
        .map(([option, points]) => {
          const text = withUnit(page, writeNumber(points, language, true), question);
          return `${optionText(page, question.options, option)}: ${text}`;
        })
        .join("\n");
    default:
      return undefined;
  }
}
