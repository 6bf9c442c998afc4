import * as fc from "fast-check";
import { expect, test } from "vitest";
import { questionsOnPath } from "../../sdk/branching.ts";
import { checkAnswers } from "../../sdk/check-all.ts";
import { checkAnswer, type AnswerFault } from "../../sdk/check-answers.ts";
import { outcomeOf } from "../../sdk/scoring.ts";
import type { AnswerValue } from "../../sdk/schema/answer.ts";
import { Definition, Question } from "../../sdk/schema/widget.ts";

const options = ["a", "b", "c"].map((id) => ({ id, text: id }));
const question = (fields: object): Question => Question.parse({ id: "q", text: "?", ...fields });

const cases: [object, AnswerValue, AnswerFault | undefined][] = [
  [{ kind: "single-choice", options }, "a", undefined],
  [{ kind: "single-choice", options }, "d", "unknown-option"],
  [{ kind: "single-choice", options }, ["a"], "wrong-type"],
  [{ kind: "single-choice", options }, 1, "wrong-type"],
  [{ kind: "dropdown", options }, "c", undefined],
  [{ kind: "dropdown", options }, "", "unknown-option"],
  [{ kind: "yes-no" }, "yes", undefined],
  [{ kind: "yes-no" }, "maybe", "unknown-option"],
  [{ kind: "consent", label: "I agree" }, "agreed", undefined],
  [{ kind: "consent", label: "I agree" }, "no", "unknown-option"],
  [{ kind: "multiple-choice", options }, ["a", "c"], undefined],
  [{ kind: "multiple-choice", options }, [], "wrong-type"],
  [{ kind: "multiple-choice", options }, "a", "wrong-type"],
  [{ kind: "multiple-choice", options }, ["a", "a"], "repeated-option"],
  [{ kind: "multiple-choice", options }, ["a", "z"], "unknown-option"],
  [{ kind: "multiple-choice", options, atLeast: 2 }, ["a"], "too-few"],
  [{ kind: "multiple-choice", options, atMost: 1 }, ["a", "b"], "too-many"],
  [{ kind: "ranking", options }, ["c", "a", "b"], undefined],
  [{ kind: "ranking", options }, ["c", "a"], "incomplete-ranking"],
  [{ kind: "ranking", options }, ["c", "a", "a"], "repeated-option"],
  [{ kind: "rating" }, 5, undefined],
  [{ kind: "rating" }, 0, "out-of-range"],
  [{ kind: "rating" }, 6, "out-of-range"],
  [{ kind: "rating" }, 2.5, "out-of-range"],
  [{ kind: "rating" }, "5", "wrong-type"],
  [{ kind: "nps" }, 0, undefined],
  [{ kind: "nps" }, 10, undefined],
  [{ kind: "nps" }, 11, "out-of-range"],
  [{ kind: "slider", from: 0, to: 1, step: 0.1 }, 0.3, undefined],
  [{ kind: "slider", from: 0, to: 1, step: 0.1 }, 0.35, "out-of-range"],
  [{ kind: "slider", from: -5, to: 5 }, -6, "out-of-range"],
  [{ kind: "short-text", charactersMax: 3 }, "äöü", undefined],
  [{ kind: "short-text", charactersMax: 3 }, "👍👍👍", undefined],
  [{ kind: "short-text", charactersMax: 3 }, "abcd", "too-long"],
  [{ kind: "short-text" }, "   ", "wrong-type"],
  [{ kind: "long-text" }, 7, "wrong-type"],
  [{ kind: "date" }, "2028-02-29", undefined],
  [{ kind: "date" }, "2026-02-29", "wrong-type"],
  [{ kind: "date" }, "2026-13-01", "wrong-type"],
  [{ kind: "date" }, "1.1.2026", "wrong-type"],
  [{ kind: "date", earliest: "2026-01-01" }, "2025-12-31", "out-of-range"],
  [{ kind: "date", latest: "2026-01-01" }, "2026-01-02", "out-of-range"],
];
for (const [fields, value, fault] of cases)
  test(`${JSON.stringify(fields).slice(0, 60)} answered ${JSON.stringify(value)}: ${fault ?? "fits"}`, () => {
    expect(checkAnswer(question(fields), value)).toBe(fault);
  });
test("no case is skipped", () => expect(cases).toHaveLength(42));

const branching = Definition.parse({
  maily: 1,
  title: "t",
  languages: ["en"],
  questions: [
    {
      id: "brew",
      kind: "single-choice",
      text: "?",
      required: true,
      options: [
        { id: "press", text: "p" },
        { id: "out", text: "o", next: "rate" },
        { id: "stop", text: "s", next: "end" },
      ],
    },
    {
      id: "taste",
      kind: "multiple-choice",
      text: "?",
      options,
      next: [{ when: { includes: "c" }, go: "end" }],
    },
    {
      id: "rate",
      kind: "nps",
      text: "?",
      next: [
        { when: { atMost: 6 }, go: "why" },
        { when: { answered: false }, go: "last" },
        { go: "end" },
      ],
    },
    { id: "why", kind: "short-text", text: "?", next: "end" },
    { id: "last", kind: "yes-no", text: "?" },
  ],
});
const path = (answers: Record<string, AnswerValue>): string[] =>
  questionsOnPath(branching, answers).map(({ id }) => id);

test("an option's destination wins over the order of the definition", () => {
  expect(path({ brew: "out" })).toEqual(["brew", "rate", "last"]);
  expect(path({ brew: "stop" })).toEqual(["brew"]);
});
test("the first rule that holds wins", () => {
  expect(path({ brew: "press", taste: ["a"], rate: 6 })).toEqual(["brew", "taste", "rate", "why"]);
  expect(path({ brew: "press", taste: ["a"], rate: 7 })).toEqual(["brew", "taste", "rate"]);
  expect(path({ brew: "press", taste: ["c"] })).toEqual(["brew", "taste"]);
});
test("a question left out is not a low number", () => {
  expect(path({ brew: "press", taste: ["a"] })).toEqual(["brew", "taste", "rate", "last"]);
});
test("a required question left open, an answer off the path and a wrong one are each named", () => {
  expect([...checkAnswers(branching, {})]).toEqual([["brew", "missing"]]);
  expect([...checkAnswers(branching, { brew: "stop", rate: 3 })]).toEqual([
    ["rate", "not-on-path"],
  ]);
  expect([...checkAnswers(branching, { brew: "nope" })]).toEqual([["brew", "unknown-option"]]);
  expect([...checkAnswers(branching, { brew: "stop", toString: "x" })]).toEqual([
    ["toString", "not-on-path"],
  ]);
  expect([...checkAnswers(branching, { brew: "out", rate: 9 })]).toEqual([]);
});

test("every path ends, is in the definition's order, and asks no question twice", () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.constantFrom("brew", "taste", "rate", "why", "last"),
        fc.oneof(
          fc.constantFrom("press", "out", "stop"),
          fc.integer({ min: 0, max: 10 }),
          fc.subarray(["a", "b", "c"]),
        ),
      ),
      (answers) => {
        const indices = path(answers).map((id) =>
          branching.questions.findIndex((candidate) => candidate.id === id),
        );
        expect(indices).toEqual([...new Set(indices)].sort((left, right) => left - right));
        expect(indices[0]).toBe(0);
      },
    ),
  );
});

test("the outcome with the most points wins, and the earlier one a tie", () => {
  const quiz = Definition.parse({
    ...branching,
    outcomes: [
      { id: "x", title: "X" },
      { id: "y", title: "Y" },
    ],
    questions: [
      {
        id: "one",
        kind: "single-choice",
        text: "?",
        options: [
          { id: "a", text: "a", scores: { x: 1 } },
          { id: "b", text: "b", scores: { y: 3 } },
        ],
      },
      {
        id: "two",
        kind: "multiple-choice",
        text: "?",
        options: [
          { id: "a", text: "a", scores: { y: 1 } },
          { id: "b", text: "b", scores: { x: 1, y: -1 } },
        ],
      },
    ],
  });
  expect(outcomeOf(quiz, {})?.id).toBe("x");
  expect(outcomeOf(quiz, { one: "a", two: ["a"] })?.id).toBe("x");
  expect(outcomeOf(quiz, { one: "b" })?.id).toBe("y");
  expect(outcomeOf(quiz, { one: "a", two: ["a", "b"] })?.id).toBe("x");
  expect(outcomeOf(branching, { brew: "out" })).toBeUndefined();
});
