// What anybody with an invitation may seal: the text inside, of every kind, from its bytes to rows.
import { checkAnswers } from "../../../sdk/check-all.ts";
import { countryCodes } from "../../../sdk/countries.ts";
import { Payload } from "../../../sdk/schema/answer.ts";
import { Definition } from "../../../sdk/schema/widget.ts";
import { answerRows } from "../../../server/answer-rows.ts";
import type { AnswerRow } from "../../../server/warehouse/rows.ts";
import type { Target } from "../fuzz.ts";
import { jsonBody } from "../mutate.ts";

const named = (...ids: readonly string[]) => ids.map((id) => ({ id, text: id }));
const options = named("a", "b", "c").map((option, points) => ({ ...option, points }));
const image = { source: `${"0".repeat(64)}.webp`, alt: "" };

const definition = Definition.parse({
  maily: 1,
  title: "T",
  languages: ["en"],
  hidden: [{ id: "source" }],
  calculated: [{ id: "sum", add: [{ question: "tea" }, { question: "many" }] }],
  questions: [
    { id: "tea", kind: "single-choice", text: "?", options, other: true },
    { id: "extras", kind: "multiple-choice", text: "?", options, other: true },
    {
      id: "shot",
      kind: "picture-choice",
      text: "?",
      options: options.map((option) => ({ ...option, image })),
    },
    {
      id: "grid",
      kind: "matrix",
      text: "?",
      rows: named("x", "y"),
      columns: named("p", "q"),
      multiple: true,
    },
    {
      id: "many",
      kind: "number",
      text: "?",
      next: [{ when: { value: "sum", atLeast: 3 }, go: "mail" }],
    },
    { id: "why", kind: "long-text", text: "?" },
    { id: "mail", kind: "email", text: "?" },
    { id: "phone", kind: "phone", text: "?" },
    { id: "land", kind: "country", text: "?" },
    { id: "liked", kind: "opinion-scale", text: "?" },
    { id: "split", kind: "constant-sum", text: "?", options: named("a", "b"), total: 10 },
    { id: "when", kind: "date", text: "?" },
    { id: "order", kind: "ranking", text: "?", options: named("a", "b") },
  ],
});

const language = "en";
const first = {
  tea: "c",
  extras: ["a", "other:Milk"],
  shot: "b",
  grid: ["x:p", "y:q"],
  many: 12.5,
  mail: "ann@example.com",
  phone: "+493012345678",
  land: "FR",
  liked: 7,
  split: ["a:7", "b:3"],
  when: "2026-11-21",
  order: ["b", "a"],
  source: "poster",
};
const genuine = [
  { answers: first, language },
  { answers: { tea: "other:Tea", many: -1, why: "Because", liked: 1 }, language },
  { answers: {}, language },
];

/** What a cell may hold, said without the code that checks answers. */
const choices: Readonly<Record<string, readonly string[]>> = {
  tea: ["a", "b", "c", "other"],
  extras: ["a", "b", "c", "other"],
  shot: ["a", "b", "c"],
  grid: ["x:p", "x:q", "y:p", "y:q"],
  land: countryCodes,
  split: ["a", "b"],
  order: ["a", "b"],
};
const texts: Readonly<Record<string, number>> = {
  tea: 200,
  extras: 200,
  why: 1000,
  mail: 254,
  phone: 16,
  source: 200,
};
const numbers: Readonly<Record<string, readonly [from: number, to: number]>> = {
  many: [-1e12, 1e12],
  sum: [-2e12, 2e12],
  liked: [1, 7],
  split: [0, 10],
};

function whyUnsound({ question, position, option, number, text, date }: AnswerRow): string {
  if (position > 99) return `a place of ${position}`;
  if (option !== undefined && choices[question]?.includes(option) !== true) return "an option";
  if (text !== undefined && !(Array.from(text).length <= (texts[question] ?? 0))) return "a text";
  const [from, to] = numbers[question] ?? [1, 0];
  if (number !== undefined && !(number >= from && number <= to)) return "a number";
  if (date !== undefined && !/^\d{4}-\d\d-\d\d$/.test(date)) return "a date";
  return [option, number, text, date].every((cell) => cell === undefined) ? "an empty row" : "";
}

export const payload: Target = {
  name: "payload",
  about:
    "what was sealed, of every kind, as the region reads it: whatever fits becomes rows of the definition, the rest answer-invalid",
  prepare() {
    return Promise.resolve({
      make: (random) => jsonBody(random, random.pick(genuine), random.pick(genuine)),
      judge(input) {
        const refused = Promise.resolve({ is: "refused", code: "answer-invalid" } as const);
        let value: unknown;
        try {
          value = JSON.parse(Buffer.from(input).toString());
        } catch {
          return refused;
        }
        const parsed = Payload.safeParse(value);
        if (!parsed.success || checkAnswers(definition, parsed.data.answers).size > 0)
          return refused;
        const rows = answerRows(definition, parsed.data.answers, parsed.data.language);
        const unsound = rows.map(whyUnsound).find((why) => why !== "");
        return Promise.resolve(
          unsound === undefined ? { is: "same" } : { is: "accepted", why: `took ${unsound}` },
        );
      },
    });
  },
};
