// What docs/segments.md tells marketers to write is taken, fits the campaign it speaks of, and finds the readers it says.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseSegments } from "../../../cli/segments/file.ts";
import { compileQuery } from "../../../server/segments/sql/compile.ts";
import { unknownNames } from "../../../server/segments/sql/known.ts";
import { parseSegmentSql } from "../../../server/segments/sql/parse.ts";
import type { ActivityCell, AnswerCell, ReaderRows } from "../../../server/segments/sql/rows.ts";
import { publishedCampaign } from "./world.ts";

const page = readFileSync(new URL("../../../docs/segments.md", import.meta.url), "utf8");
const blocksOf = (language: string): string[] =>
  Array.from(
    page.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, "g")),
    ([, text]) => text ?? "",
  );
const examples = blocksOf("sql");

const cell = (question: string, rest: Partial<AnswerCell>): AnswerCell => ({
  question,
  position: 0,
  option: null,
  number: null,
  date: null,
  ...rest,
});
const head = {
  channel: "amp",
  language: "en",
  outcome: "espresso",
  revision: 1,
  admittedAt: Date.UTC(2026, 10, 20),
};
const bought = (amount: number): ActivityCell => ({
  kind: "purchase",
  label: null,
  amount,
  currency: "EUR",
  happenedAt: 0,
});

/** Of each example a reader who belongs, and one who does not. */
const readers: readonly (readonly [ReaderRows, ReaderRows])[] = [
  [
    { head, answers: [cell("stars", { number: 4 })], activities: [] },
    { head, answers: [cell("stars", { number: 3 })], activities: [] },
  ],
  [
    {
      head,
      answers: [
        cell("extras", { option: "milk" }),
        cell("extras", { option: "sugar", position: 1 }),
      ],
      activities: [],
    },
    {
      head,
      answers: [cell("extras", { option: "milk" }), cell("extras", { option: "oat", position: 1 })],
      activities: [],
    },
  ],
  [
    {
      head,
      answers: [cell("again", { option: "yes" }), cell("stars", { number: 1 })],
      activities: [],
    },
    {
      head,
      answers: [cell("again", { option: "yes" }), cell("stars", { number: 5 })],
      activities: [],
    },
  ],
  [
    {
      head,
      answers: [cell("roast", {}), cell("stars", { number: 1 }), cell("why", {})],
      activities: [],
    },
    {
      head: { ...head, admittedAt: Date.UTC(2026, 11, 1) },
      answers: [cell("roast", {}), cell("stars", { number: 1 }), cell("why", {})],
      activities: [],
    },
  ],
  [
    { head, answers: [], activities: [] },
    { head, answers: [], activities: [bought(1)] },
  ],
  [
    {
      head,
      answers: [cell("order", { option: "price" })],
      activities: [bought(3000), bought(2500)],
    },
    { head, answers: [cell("order", { option: "price" })], activities: [bought(5000)] },
  ],
];

test("every example has its readers here", () => {
  expect(examples).toHaveLength(readers.length);
});

test.each(examples.map((sql, index) => [sql, index] as const))("%s", (sql, index) => {
  const query = parseSegmentSql(sql);
  expect(unknownNames(sql, query, publishedCampaign())).toEqual([]);
  const belongs = compileQuery(query);
  const [member, other] = readers[index]!;
  expect(belongs(member)).toBe(true);
  expect(belongs(other)).toBe(false);
});

test("the file is one that `maily segments push` takes", () => {
  const [file = ""] = blocksOf("yaml");
  expect(parseSegments(file).segments).toMatchObject([
    { id: "dark-roast", floor: 20, owner: "ask@roastery.example" },
  ]);
});
