import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { parseWidget, readWidget, type PlacedFault } from "../../cli/widget-file.ts";
import { Problem } from "../../sdk/problem.ts";
import { Question, Widget } from "../../sdk/schema/widget.ts";

const notice =
  "notice: { version: 1, controller: { name: Orchard, contact: a@b.example }, retentionDays: 30, text: hi, purposes: [{ id: results, text: count }] }";
const widget = (questions: string, more = ""): string =>
  `maily: 1\ntitle: Hi\nlanguages: [en, de]\n${more}questions:\n${questions}\n${notice}\n`;

function faultsOf(text: string): PlacedFault[] {
  try {
    parseWidget(text);
  } catch (error) {
    if (error instanceof Problem) return error.members["errors"] as PlacedFault[];
    throw error;
  }
  return [];
}

test("the demo's widgets are valid, and parse to themselves", async () => {
  for (const name of ["coffee-match", "topics"]) {
    const parsed = await readWidget(`demo/widgets/${name}.yaml`);
    expect(Widget.parse(parsed)).toEqual(parsed);
  }
});
test("JSON is read as YAML is", async () => {
  const parsed = await readWidget("demo/widgets/topics.yaml");
  expect(parseWidget(JSON.stringify(parsed))).toEqual(parsed);
});

const faulty: [what: string, text: string, line: number, place: string, says: RegExp][] = [
  [
    "an unknown kind",
    widget("  - { id: a, kind: singel, text: x }"),
    5,
    "questions.0.kind",
    /write one of: single-choice/,
  ],
  [
    "a missing list",
    widget("  - { id: a, kind: ranking, text: x }"),
    5,
    "questions.0.options",
    /is missing; write a list/,
  ],
  [
    "a misspelt key",
    widget("  - { id: a, kind: nps, text: x }\n  - { id: b, kind: nps, txt: y, text: x }"),
    6,
    "questions.1.txt",
    /no `txt` here/,
  ],
  [
    "an id with a capital",
    widget("  - { id: Aa, kind: nps, text: x }"),
    5,
    "questions.0.id",
    /a-z/,
  ],
  [
    "an id used twice",
    widget("  - { id: a, kind: nps, text: x }\n  - { id: a, kind: nps, text: y }"),
    6,
    "questions.1.id",
    /used twice/,
  ],
  [
    "a loop",
    widget("  - { id: a, kind: nps, text: x }\n  - { id: b, kind: nps, text: y, next: a }"),
    6,
    "questions.1.next.0.go",
    /round in a loop/,
  ],
  [
    "a question that leads to itself",
    widget("  - { id: a, kind: nps, text: x, next: a }"),
    5,
    "questions.0.next.0.go",
    /round in a loop/,
  ],
  [
    "a destination that is not there",
    widget("  - { id: a, kind: nps, text: x, next: z }"),
    5,
    "questions.0.next.0.go",
    /no question "z"/,
  ],
  [
    "a condition on an option that is not there",
    widget("  - { id: a, kind: yes-no, text: x, next: [{ when: { is: perhaps }, go: end }] }"),
    5,
    "questions.0.next.0.when.is",
    /it has yes, no/,
  ],
  [
    "a text without the first language",
    widget("  - { id: a, kind: nps, text: { de: x } }"),
    5,
    "questions.0.text",
    /first language/,
  ],
  [
    "a text in a language not listed",
    widget("  - { id: a, kind: nps, text: { en: x, fr: y } }"),
    5,
    "questions.0.text.fr",
    /not among `languages`/,
  ],
  [
    "points for no outcome",
    widget(
      "  - { id: a, kind: dropdown, text: x, options: [{ id: o, text: o, scores: { z: 1 } }, { id: p, text: p }] }",
    ),
    5,
    "questions.0.options.0.scores.z",
    /no outcome "z"/,
  ],
  [
    "a slider from high to low",
    widget("  - { id: a, kind: slider, from: 3, to: 2, text: x }"),
    5,
    "questions.0.to",
    /greater than/,
  ],
  [
    "more choices than options",
    widget(
      "  - { id: a, kind: multiple-choice, atMost: 5, text: x, options: [{ id: o, text: o }, { id: p, text: p }] }",
    ),
    5,
    "questions.0.atMost",
    /only 2 options/,
  ],
  [
    "the id `end`",
    widget("  - { id: end, kind: nps, text: x }"),
    5,
    "questions.0.id",
    /kept for the end/,
  ],
  [
    "a colour that is none",
    widget("  - { id: a, kind: nps, text: x }", "theme: { accent: red }\n"),
    4,
    "theme.accent",
    /such as #/,
  ],
  [
    "no notice",
    "maily: 1\ntitle: Hi\nlanguages: [en]\nquestions: [{ id: a, kind: nps, text: x }]\n",
    1,
    "notice",
    /is missing/,
  ],
  ["a key twice", "maily: 1\nmaily: 1\n", 2, "", /unique/i],
  ["no YAML", "maily: [1\n", 2, "", /./],
];
test("every kind that there is, is named to who misspells one", () => {
  const [fault] = faultsOf(widget("  - { id: a, kind: singel, text: x }"));
  for (const { shape } of Question.options) expect(fault?.message).toContain(shape.kind.value);
});
for (const [what, text, line, place, says] of faulty)
  test(`names the line of ${what} and what to write instead`, () => {
    const fault = faultsOf(text).find((candidate) => candidate.place === place);
    expect(fault?.message).toMatch(says);
    expect(fault?.line).toBe(line);
  });

test("refuses aliases, which can name a billion nodes in ten lines", () => {
  const [fault] = faultsOf("maily: &a [1]\ntitle: *a\n");
  expect(fault).toMatchObject({ line: 2, message: expect.stringContaining("alias") });
});
test("refuses a file that is too large before reading it as YAML", () => {
  expect(faultsOf(" ".repeat(300_000))).toHaveLength(1);
});
test("a file that is not there is said so", async () => {
  await expect(readWidget("demo/widgets/none.yaml")).rejects.toMatchObject({
    code: "widget-invalid",
  });
  expect(await readFile("demo/widgets/topics.yaml", "utf8")).toContain("maily: 1");
});
