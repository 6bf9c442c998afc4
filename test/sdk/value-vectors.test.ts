// values.json: every kind's answers, as any implementation must take and refuse them.
import { expect, test } from "vitest";
import { checkAnswers } from "../../sdk/check-all.ts";
import { checkAnswer } from "../../sdk/check-answers.ts";
import { checkMore } from "../../sdk/check-more.ts";
import { AnswerValue } from "../../sdk/schema/answer.ts";
import { Definition, Question, type QuestionKind } from "../../sdk/schema/widget.ts";
import { readVectors } from "../vectors/read.ts";
import type { ValueCase } from "../vectors/value-cases.ts";

const cases = (readVectors("values.json") as { cases: ValueCase[] }).cases; // See readVectors.
const questionOf = (fields: object): Question => Question.parse({ id: "q", text: "?", ...fields });

/** What the page knows before it has fetched anything. */
const basic: readonly QuestionKind[] = [
  ...(["single-choice", "multiple-choice", "dropdown", "ranking", "rating", "nps"] as const),
  ...(["yes-no", "slider", "short-text", "long-text", "date", "consent"] as const),
];

for (const { comment, expect: expected, question: fields, value } of cases) {
  const fault = expected === "fits" ? undefined : expected;
  const question = questionOf(fields);
  test(`${String(fields["kind"])}, ${comment}: ${expected}`, () => {
    expect(checkMore(question, value)).toBe(fault);
    if (basic.includes(question.kind) && !("other" in question && question.other))
      expect(checkAnswer(question, value)).toBe(fault);
  });
  test(`${String(fields["kind"])}, ${comment}: as one answer among others`, () => {
    const definition = Definition.parse({
      maily: 1,
      title: "T",
      languages: ["en"],
      questions: [question],
    });
    expect(checkAnswers(definition, { q: value }).get("q")).toBe(fault);
    // What fits can be sealed: the payload's schema takes it.
    if (fault === undefined) expect(AnswerValue.parse(value)).toEqual(value);
  });
}

test("every kind has a case that fits and one that does not", () => {
  for (const { shape } of Question.options) {
    const own = cases.filter(({ question }) => question["kind"] === shape.kind.value);
    expect(
      own.some((each) => each.expect === "fits"),
      shape.kind.value,
    ).toBe(true);
    expect(
      own.some((each) => each.expect !== "fits"),
      shape.kind.value,
    ).toBe(true);
  }
});
test("no vector is skipped", () => {
  expect(cases.filter((each) => each.expect === "fits")).toHaveLength(45);
  expect(cases).toHaveLength(123);
});
