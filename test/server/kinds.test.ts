// Every kind that is asked, from the sealed answer to rows, results, a terminal and the reader's own copy.
import { expect, test } from "vitest";
import { resultLines } from "../../cli/campaign-results.ts";
import { resultsPage } from "../../demo/results-page.ts";
import { base64url, textOf } from "../../sdk/bytes.ts";
import { parseInvitation } from "../../sdk/invitation.ts";
import { generateSeed, regionPublicKey } from "../../sdk/node/region-key.ts";
import { openCopy } from "../../sdk/own-copy.ts";
import type { AnswerValue } from "../../sdk/schema/answer.ts";
import { Results, type QuestionResult } from "../../sdk/schema/results.ts";
import { SealedCopy } from "../../sdk/schema/submission.ts";
import { Definition } from "../../sdk/schema/widget.ts";
import { TestRegion } from "./region.ts";
import { answerOf, bytesOf, invite, randomId } from "./sealed.ts";

interface CopyOfAnswers {
  readonly answers: readonly { answers: readonly { question: string; answer: unknown }[] }[];
}

const eu = await TestRegion.start();

const options = ["a", "b", "c"].map((id, points) => ({ id, text: id.toUpperCase(), points }));
const plain = options.map(({ id, text }) => ({ id, text }));
const image = { source: `${"0".repeat(64)}.webp`, alt: "", width: 10, height: 10 };

const definition = Definition.parse({
  maily: 1,
  title: "All kinds",
  languages: ["de", "en"],
  hidden: [{ id: "source" }],
  calculated: [{ id: "sum", add: [{ question: "tea" }, { question: "many", times: 2 }] }],
  questions: [
    { id: "tea", kind: "single-choice", text: "Tea?", options, other: { text: "Mine" } },
    { id: "extras", kind: "multiple-choice", text: "Extras?", options: plain, other: true },
    {
      id: "shot",
      kind: "picture-choice",
      text: "Shot?",
      multiple: true,
      options: plain.map((option) => ({ ...option, image })),
    },
    {
      id: "grid",
      kind: "matrix",
      text: "Grid?",
      required: true,
      rows: [
        { id: "taste", text: "Taste" },
        { id: "other", text: "Smell" },
      ],
      columns: [
        { id: "bad", text: "Bad" },
        { id: "good", text: "Good" },
      ],
    },
    { id: "many", kind: "number", text: "How many?" },
    { id: "age", kind: "number", text: "Age?", from: 0, to: 100 },
    { id: "mail", kind: "email", text: "Mail?" },
    { id: "phone", kind: "phone", text: "Phone?" },
    { id: "land", kind: "country", text: "Land?" },
    { id: "liked", kind: "opinion-scale", text: "Liked?" },
    { id: "split", kind: "constant-sum", text: "Split?", options: plain, total: 10 },
  ],
  outcomes: [
    { id: "much", title: "Much", when: { value: "sum", atLeast: 20 } },
    { id: "little", title: "Little" },
  ],
});

const secrets = ["ann@private.example", "+493012345678", "a tea of mine", "poster-7"];
const [mail = "", phone = "", words = "", source = ""] = secrets;
const first: Record<string, AnswerValue> = {
  tea: "c",
  extras: ["a", `other:${words}`],
  shot: ["b", "a"],
  grid: ["taste:good", "other:bad"],
  many: 12.5,
  age: 30,
  mail,
  phone,
  land: "FR",
  liked: 7,
  split: ["a:7", "b:3", "c:0"],
  source,
};
const second: Record<string, AnswerValue> = {
  tea: `other:${words}`,
  grid: ["taste:good", "other:good"],
  many: -0.5,
  age: 100,
  land: "FR",
  liked: 4,
  split: ["c:10", "a:0", "b:0"],
};

const reader = randomId(16);
const campaign = await eu.published({ definition });
await eu.take(
  await answerOf(eu.keys, campaign, { reader, answers: first }),
  await answerOf(eu.keys, campaign, { answers: second }),
  // None of them fits, so none of them counts.
  ...(await Promise.all(
    [
      { ...second, grid: ["taste:good"] },
      { ...second, split: ["a:1", "b:1", "c:1"] },
      { ...second, sum: 5 },
      { ...second, mail: "no address" },
    ].map((answers) => answerOf(eu.keys, campaign, { answers })),
  )),
);
await eu.ingested();
const results = await eu.results(campaign);
const of = (id: string): QuestionResult => {
  const found = results.questions.find((question) => question.id === id);
  if (found === undefined) throw new Error(`no question ${id}`);
  return found;
};
const counts = (id: string) => of(id).options?.map((option) => [option.id, option.count]);

test("answers that do not fit count nowhere", () => {
  expect(results.answers).toBe(2);
});
test("what readers wrote is counted under other, by the author's name for it", () => {
  expect(counts("tea")).toEqual([
    ["a", 0],
    ["b", 0],
    ["c", 1],
    ["other", 1],
  ]);
  expect(of("tea").options?.at(-1)?.text).toBe("Mine");
  expect(counts("extras")).toEqual([
    ["a", 1],
    ["b", 0],
    ["c", 0],
    ["other", 1],
  ]);
});
test("pictures are counted as options, opinions as numbers", () => {
  expect(counts("shot")).toEqual([
    ["a", 1],
    ["b", 1],
    ["c", 0],
  ]);
  expect(of("liked").numbers).toMatchObject({ mean: 5.5 });
  expect(of("liked").numbers?.histogram.map(({ count }) => count)).toEqual([0, 0, 0, 1, 0, 0, 1]);
});
test("a matrix is counted by cell", () => {
  expect(of("grid")).toMatchObject({
    answered: 2,
    matrix: {
      columns: [
        { id: "bad", text: "Bad" },
        { id: "good", text: "Good" },
      ],
      rows: [
        {
          id: "taste",
          text: "Taste",
          cells: [
            { count: 0, share: 0 },
            { count: 2, share: 1 },
          ],
        },
        {
          id: "other",
          text: "Smell",
          cells: [
            { count: 1, share: 0.5 },
            { count: 1, share: 0.5 },
          ],
        },
      ],
    },
  });
});
test("numbers have a mean, and between bounds ranges", () => {
  expect(of("many").numbers).toEqual({ mean: 6, histogram: [] });
  expect(of("age").numbers?.mean).toBe(65);
  expect(of("age").numbers?.histogram).toHaveLength(21);
  expect(of("age").numbers?.histogram.filter(({ count }) => count > 0)).toEqual([
    { value: 30, count: 1 },
    { value: 100, count: 1 },
  ]);
});
test("countries are named in the widget's language", () => {
  expect(of("land").options).toEqual([{ id: "FR", text: "Frankreich", count: 2, share: 1 }]);
});
test("points have a mean and a share of all points", () => {
  expect(of("split").options).toEqual([
    { id: "a", text: "A", count: 2, share: 0.35, meanPoints: 3.5 },
    { id: "b", text: "B", count: 2, share: 0.15, meanPoints: 1.5 },
    { id: "c", text: "C", count: 2, share: 0.5, meanPoints: 5 },
  ]);
});
test("calculated values are worked out here, and lead to outcomes; hidden fields are counted", () => {
  expect(results.calculated).toEqual([{ id: "sum", answered: 2, mean: 13 }]);
  expect(results.outcomes).toEqual([
    { id: "much", title: "Much", count: 1 },
    { id: "little", title: "Little", count: 1 },
  ]);
  expect(results.hidden).toEqual([{ id: "source", answered: 1 }]);
});
test("addresses, telephone numbers and whatever was written or brought leave in no result", () => {
  const everywhere = [
    JSON.stringify(results),
    [...resultLines(results)].join("\n"),
    resultsPage("eu", [results]).text,
  ];
  for (const text of everywhere)
    for (const secret of secrets) expect(text.includes(secret), secret).toBe(false);
  expect(of("mail")).toMatchObject({ answered: 1, texts: { count: 1 } });
});
test("a page of results shows points as points, and outcomes by name", () => {
  const page = resultsPage("eu", [results]).text;
  expect(page).toMatch(/data-value="split\/c"\s*>\s*5\.0\s*</);
  expect(page).not.toContain("by scores");
});
test("a terminal shows cells, points and values", () => {
  const lines = [...resultLines(Results.parse(results))].join("\n");
  expect(lines).toMatch(/Outcomes\n {7}1 {2}Much\n {7}1 {2}Little/);
  expect(lines).toContain("1 Bad · 2 Good");
  expect(lines).toMatch(/ {5}1 {5}1 {2}Smell/);
  expect(lines).toMatch(/C \(5\.0 on average\)/);
  expect(lines).toContain("sum, calculated — 2 readers, mean 13.00");
  expect(lines).toContain("source, hidden — 1 readers, withheld");
});
test("the reader's own copy has every value whole, in words", async () => {
  const invitation = await invite(eu.keys, campaign, { reader });
  const seed = generateSeed();
  const response = await eu.signed("POST", "/v1/intake/my-data", {
    invitation,
    publicKey: base64url(regionPublicKey(seed)),
  });
  const { envelope } = SealedCopy.parse(await response.json());
  const aad = parseInvitation(invitation).bytes;
  const bytes = await openCopy(bytesOf(envelope), seed, aad);
  if (bytes === undefined) throw new Error("the copy cannot be opened");
  const { answers } = JSON.parse(textOf(bytes)) as CopyOfAnswers; // Our own server's document.
  const said = new Map(answers[0]?.answers.map(({ question, answer }) => [question, answer]));
  expect(Object.fromEntries(said)).toEqual({
    tea: "C",
    extras: ["A", words],
    shot: ["B", "A"],
    grid: ["Taste: Good", "Smell: Bad"],
    many: 12.5,
    age: 30,
    mail,
    phone,
    land: "FR",
    liked: 7,
    split: ["A: 7", "B: 3", "C: 0"],
    source,
    sum: 27,
  });
});
test("a number beyond every range of a later revision breaks no result", async () => {
  const question = { id: "many", kind: "number", text: "?" };
  const base = { maily: 1, title: "T", languages: ["en"] };
  const wide = await eu.published({
    definition: Definition.parse({ ...base, questions: [question] }),
  });
  await eu.take(await answerOf(eu.keys, wide, { answers: { many: 1e12 } }));
  await eu.ingested();
  const narrow = await eu.published({
    ...wide,
    revision: 2,
    definition: Definition.parse({
      ...base,
      questions: [{ ...question, from: 0, to: 1, step: 0.001 }],
    }),
  });
  expect((await eu.results(narrow)).questions[0]).toMatchObject({
    answered: 1,
    numbers: { mean: 1e12 },
  });
});
