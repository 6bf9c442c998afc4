// Kinds that a mail can take, answered there: codes by the same indices as links, checked as the page's answers are.
import { expect, test } from "vitest";
import { mailedQuestions } from "../../sdk/mailed.ts";
import { movedFrom, optionsOf } from "../../sdk/options.ts";
import { Definition } from "../../sdk/schema/widget.ts";
import { choicesOf, codesOf, inMailOf } from "./in-mail.ts";
import { TestRegion } from "./region.ts";
import { definition as roastery, randomId } from "./sealed.ts";

const eu = await TestRegion.start();
const named = (...ids: readonly string[]) => ids.map((id) => ({ id, text: id }));
const image = { source: `${"0".repeat(64)}.webp`, alt: "", width: 10, height: 10 };
const pictures = named("sea", "hills").map((option, points) => ({ ...option, image, points }));

const questions = [
  { id: "place", kind: "picture-choice", text: "?", options: pictures },
  { id: "shots", kind: "picture-choice", text: "?", options: pictures, multiple: true },
  { id: "grid", kind: "matrix", text: "?", rows: named("x", "y"), columns: named("p", "q", "r") },
  { id: "liked", kind: "opinion-scale", text: "?", from: 0, steps: 11 },
  { id: "land", kind: "country", text: "?", required: true },
  {
    id: "thumbs",
    kind: "yes-no",
    text: "?",
    look: "thumbs",
    next: [{ when: { value: "sum", atLeast: 1 }, go: "end" }],
  },
  { id: "stars", kind: "rating", text: "?", required: true },
];
const definition = Definition.parse({
  ...roastery,
  questions,
  outcomes: [],
  calculated: [{ id: "sum", add: [{ question: "place" }] }],
});

async function answeredIn(chosen: Parameters<typeof codesOf>[2]) {
  const id = randomId(8);
  const { mail, root } = await choicesOf(eu.keys, { id, tenant: 7 });
  const campaign = await eu.published({ id, definition, mail });
  const reader = randomId(16);
  const known = new Set((await eu.deadLetters()).map((letter) => letter.id));
  await eu.take(
    await inMailOf(eu.keys, campaign, { reader, choices: codesOf(root, reader, chosen) }),
  );
  await eu.ingested();
  const dead = (await eu.deadLetters()).find((letter) => !known.has(letter.id))?.code;
  return { dead, results: await eu.results(campaign) };
}

test("pictures, cells, opinions and thumbs are read by their indices", async () => {
  const { dead, results } = await answeredIn({
    place: [0, 0],
    shots: [1, 1, 0],
    grid: [2, 1, 5],
    liked: [3, 10],
    thumbs: [5, 0],
  });
  expect(dead).toBeUndefined();
  const [place, shots, grid, liked, , thumbs] = results.questions;
  expect(place?.options?.map(({ count }) => count)).toEqual([1, 0]);
  expect(shots?.options?.map(({ count }) => count)).toEqual([1, 1]);
  expect(grid?.matrix?.rows.map(({ cells }) => cells.map(({ count }) => count))).toEqual([
    [0, 1, 0],
    [0, 0, 1],
  ]);
  expect(liked?.numbers?.mean).toBe(10);
  expect(thumbs?.options?.map(({ count }) => count)).toEqual([1, 0]);
  expect(results.calculated).toEqual([{ id: "sum", answered: 1, mean: 0 }]);
});
test("two cells of a row are refused where one is taken", async () => {
  expect((await answeredIn({ grid: [2, 0, 1] })).dead).toBe("answer-invalid");
});
test("a cell beyond the last is no choice", async () => {
  expect((await answeredIn({ grid: [2, 6] })).dead).toBe("choice-invalid");
});
test("what a mail does not ask may be missing, what it asks is checked", async () => {
  expect(mailedQuestions(definition).map(({ id }) => id)).toEqual([
    "place",
    "shots",
    "grid",
    "liked",
    "thumbs",
  ]);
  // The country is required and has no code; the stars come after a turn on a value.
  expect((await answeredIn({ place: [0, 0] })).dead).toBeUndefined();
});
test("cells keep their places: rows may be added at the end, columns may not", () => {
  const withGrid = (rows: readonly string[], columns: readonly string[]) =>
    Definition.parse({
      ...definition,
      questions: questions.map((question) =>
        question.id === "grid"
          ? { ...question, rows: named(...rows), columns: named(...columns) }
          : question,
      ),
    });
  expect(movedFrom(definition, withGrid(["x", "y", "z"], ["p", "q", "r"]))).toBeUndefined();
  expect(movedFrom(definition, withGrid(["x", "y"], ["p", "q", "r", "s"]))).toMatch(/y:p.*grid/);
  expect(optionsOf(definition.questions[2]!)).toEqual(["x:p", "x:q", "x:r", "y:p", "y:q", "y:r"]);
});
