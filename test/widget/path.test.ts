import { expect, test } from "vitest";
import type { Answers } from "../../sdk/schema/answer.ts";
import { Definition } from "../../sdk/schema/widget.ts";
import {
  answersOf,
  answersToSend,
  faultOf,
  isOnePage,
  neighbourOf,
} from "../../widget/web/path.ts";
import { allKinds } from "./fixtures/all-kinds.ts";

const { notice: _, ...kinds } = allKinds;

const branching = Definition.parse({
  maily: 1,
  title: "Branches",
  languages: ["en"],
  questions: [
    {
      id: "first",
      kind: "yes-no",
      text: "?",
      next: [{ when: { is: "no" }, go: "last" }, { go: "middle" }],
    },
    { id: "middle", kind: "short-text", text: "?", required: true },
    { id: "last", kind: "nps", text: "?", required: true },
  ],
});

test("the next and the last question follow the answers", () => {
  expect(neighbourOf(branching, { first: "yes" }, "first", 1)).toBe("middle");
  expect(neighbourOf(branching, { first: "no" }, "first", 1)).toBe("last");
  expect(neighbourOf(branching, { first: "no" }, "last", -1)).toBe("first");
  expect(neighbourOf(branching, {}, "last", 1)).toBeUndefined();
  expect(neighbourOf(branching, {}, "first", -1)).toBeUndefined();
});

test("what a reader turned away from is not sent", () => {
  const answers: Answers = { first: "no", middle: "typed before", last: 9 };
  expect(answersToSend(branching, answers)).toEqual({ first: "no", last: 9 });
});

test("an unanswered question holds a reader back only where it is required", () => {
  const [first, middle] = branching.questions;
  expect(first && faultOf(first, {})).toBeUndefined();
  expect(middle && faultOf(middle, {})).toBe("missing");
  expect(middle && faultOf(middle, { middle: "x".repeat(201) })).toBe("too-long");
});

test("one question is one page, whatever the layout says", () => {
  const [first] = branching.questions;
  expect(isOnePage(branching)).toBe(false);
  expect(isOnePage({ ...branching, layout: "all" })).toBe(true);
  expect(first && isOnePage({ ...branching, questions: [first] })).toBe(true);
});

const taps: Readonly<Record<string, readonly [question: string, option: number, value: unknown]>> =
  {
    "a single choice": ["brew", 1, "filter"],
    "one of several": ["tastes", 2, ["cocoa"]],
    "a rating, from 1": ["service", 0, 1],
    "a recommendation, from 0": ["recommend", 10, 10],
    "a yes": ["milk", 0, "yes"],
    "a dropdown's option": ["grind", 2, "fine"],
    "an agreement": ["rules", 0, "agreed"],
    "a slider's step": ["cups", 3, 3],
  };
for (const [what, [id, option, value]] of Object.entries(taps))
  test(`${what} tapped in the mail arrives chosen`, () => {
    const question = kinds.questions.findIndex((each) => each.id === id);
    expect(answersOf(kinds, { question, option })).toEqual({ [id]: value });
  });

const nothings: Readonly<Record<string, readonly [question: number, option: number]>> = {
  "an option that is not there": [0, 9],
  "a step beyond the scale": [2, 5],
  "a question that is not there": [40, 0],
  "a place in a ranking": [6, 0],
  "a text": [8, 0],
};
for (const [what, [question, option]] of Object.entries(nothings))
  test(`${what} is no answer`, () => {
    expect(answersOf(kinds, { question, option })).toEqual({});
  });

test("no tap is no answer", () => {
  expect(answersOf(kinds, undefined)).toEqual({});
});
