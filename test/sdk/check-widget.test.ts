// What a schema cannot say: each fault at its place, with what to write instead.
import { describe, expect, test } from "vitest";
import { checkWidget } from "../../sdk/check-widget.ts";
import type { Widget } from "../../sdk/schema/widget.ts";
import { nps, options, said, widgetOf } from "./authored.ts";

const image = { source: "./cup.webp", alt: "A cup" };
const long = (count: number, digits = 31) =>
  Array.from({ length: count }, (_, index) => {
    const id = `x${String(index).padStart(digits, "0")}`;
    return { id, text: id };
  });
type Case = readonly [what: string, widget: Widget, place: string, says: RegExp];
const sum = (question: string) => [{ id: "sum", add: [{ question }] }];
const pipe = (text: string, more: object = {}) => widgetOf([nps, { kind: "nps", text }], more);

const site = (byCountry: object) => ({
  site: { origins: ["https://shop.example"], region: { byCountry } },
});

const faults: readonly Case[] = [
  [
    "a country of visitors that is none",
    widgetOf([nps], site({ GB: "eu", UK: "eu" })),
    "site.region.byCountry.UK",
    /GB/,
  ],
  [
    "an option looked for among shared points",
    widgetOf([{ kind: "constant-sum", options, next: [{ when: { includes: "a" }, go: "end" }] }]),
    "questions.0.next.0.when.includes",
    /answered/,
  ],
  [
    "a hidden field that every link of a mail has already",
    widgetOf([nps], { hidden: [{ id: "lang" }] }),
    "hidden.0.id",
    /language/,
  ],
  [
    "a picture of an option in a menu",
    widgetOf([{ kind: "dropdown", options: [...options, { id: "d", text: "d", image }] }]),
    "questions.0.options.3.image",
    /picture-choice/,
  ],
  [
    "an image choice of several that moves on",
    widgetOf([
      {
        kind: "picture-choice",
        multiple: true,
        advance: "tap",
        options: options.map((option) => ({ ...option, image })),
      },
    ]),
    "questions.0.advance",
    /no tap is the last/,
  ],
  [
    "counts where one picture is chosen",
    widgetOf([
      {
        kind: "picture-choice",
        atMost: 2,
        options: options.map((option) => ({ ...option, image })),
      },
    ]),
    "questions.0.atMost",
    /multiple: true/,
  ],
  [
    "more pictures than there are",
    widgetOf([
      {
        kind: "picture-choice",
        multiple: true,
        atMost: 4,
        options: options.map((option) => ({ ...option, image })),
      },
    ]),
    "questions.0.atMost",
    /only 3/,
  ],
  [
    "a row twice",
    widgetOf([{ kind: "matrix", rows: [options[0], options[0]], columns: options }]),
    "questions.0.rows.1.id",
    /twice/,
  ],
  [
    "a column twice",
    widgetOf([{ kind: "matrix", rows: options, columns: [options[0], options[0]] }]),
    "questions.0.columns.1.id",
    /twice/,
  ],
  [
    "too many boxes",
    widgetOf([{ kind: "matrix", rows: long(20, 2), columns: long(10, 2), multiple: true }]),
    "questions.0.rows",
    /200 boxes of at most 100/,
  ],
  [
    "boxes that no answer holds",
    widgetOf([{ kind: "matrix", rows: long(10), columns: long(10), multiple: true }]),
    "questions.0",
    /shorter ids/,
  ],
  [
    "faces of four steps",
    widgetOf([{ kind: "rating", look: "emoji", steps: 4 }]),
    "questions.0.steps",
    /3 or 5/,
  ],
  [
    "a middle of an even scale",
    widgetOf([{ kind: "opinion-scale", steps: 6, middle: "so so" }]),
    "questions.0.middle",
    /no middle/,
  ],
  [
    "numbers from high to low",
    widgetOf([{ kind: "number", from: 3, to: 2 }]),
    "questions.0.to",
    /greater/,
  ],
  [
    "a step that fits nowhere",
    widgetOf([{ kind: "number", from: 1, to: 2, step: 5 }]),
    "questions.0.step",
    /smaller/,
  ],
  [
    "a country that is none",
    widgetOf([{ kind: "country", countries: ["FR", "ZZ"] }]),
    "questions.0.countries.1",
    /ISO 3166-1/,
  ],
  [
    "a country twice",
    widgetOf([{ kind: "country", countries: ["FR", "FR"] }]),
    "questions.0.countries.1",
    /once/,
  ],
  [
    "a telephone's country that is none",
    widgetOf([{ kind: "phone", country: "QQ" }]),
    "questions.0.country.0",
    /ISO 3166-1/,
  ],
  [
    "an option called other beside one to write",
    widgetOf([
      { kind: "single-choice", other: true, options: [...options, { id: "other", text: "o" }] },
    ]),
    "questions.0.options.3.id",
    /choose another id/,
  ],
  [
    "points in a ranking",
    widgetOf([{ kind: "ranking", options: [...options, { id: "d", text: "d", points: 1 }] }]),
    "questions.0.options.3.points",
    /take them away/,
  ],
  [
    "scores in a constant sum",
    widgetOf(
      [{ kind: "constant-sum", options: [...options, { id: "d", text: "d", scores: { o: 1 } }] }],
      { outcomes: [{ id: "o", title: "O" }] },
    ),
    "questions.0.options.3.scores",
    /take `scores` away/,
  ],
  [
    "a hidden field called as a question",
    widgetOf([nps], { hidden: [{ id: "a" }] }),
    "hidden.0.id",
    /used elsewhere/,
  ],
  [
    "a value called as a hidden field",
    widgetOf([nps], { hidden: [{ id: "sum" }], calculated: sum("a") }),
    "calculated.0.id",
    /used elsewhere/,
  ],
  [
    "two hidden fields of a name",
    widgetOf([nps], { hidden: [{ id: "x" }, { id: "x" }] }),
    "hidden.1.id",
    /twice/,
  ],
  [
    "a value of no question",
    widgetOf([nps], { calculated: sum("z") }),
    "calculated.0.add.0.question",
    /no question "z"/,
  ],
  [
    "a value of texts",
    widgetOf([{ kind: "short-text" }], { calculated: sum("a") }),
    "calculated.0.add.0.question",
    /no number/,
  ],
  [
    "a rule on a value that is not there",
    widgetOf([{ kind: "nps", next: [{ when: { value: "sum", atLeast: 1 }, go: "end" }] }]),
    "questions.0.next.0.when.value",
    /add it under/,
  ],
  [
    "a rule on a value made later",
    widgetOf(
      [{ kind: "nps", next: [{ when: { value: "sum", atLeast: 1 }, go: "end" }] }, { kind: "nps" }],
      { calculated: sum("b") },
    ),
    "questions.0.next.0.when.value",
    /asked later/,
  ],
  [
    "a rule that compares nothing",
    widgetOf([{ kind: "nps", next: [{ when: { value: "sum" }, go: "end" }] }], {
      calculated: sum("a"),
    }),
    "questions.0.next.0.when.value",
    /atLeast/,
  ],
  [
    "a rule on two things",
    widgetOf(
      [{ kind: "nps", next: [{ when: { value: "sum", atLeast: 1, answered: true }, go: "end" }] }],
      { calculated: sum("a") },
    ),
    "questions.0.next.0.when.answered",
    /two rules/,
  ],
  [
    "an outcome by a value that is not there",
    widgetOf([nps], { outcomes: [{ id: "o", title: "O", when: { value: "sum", atLeast: 1 } }] }),
    "outcomes.0.when.value",
    /no calculated value/,
  ],
  [
    "a cell that is not there",
    widgetOf([
      {
        kind: "matrix",
        rows: options,
        columns: options,
        next: [{ when: { includes: "a:z" }, go: "end" }],
      },
    ]),
    "questions.0.next.0.when.includes",
    /has no option "a:z"; it has a:a/,
  ],
  [
    "words where none are written",
    widgetOf([{ kind: "single-choice", options, next: [{ when: { is: "other" }, go: "end" }] }]),
    "questions.0.next.0.when.is",
    /no option "other"/,
  ],
  [
    "a pipe to nothing",
    pipe("Hi [[z|you]]"),
    "questions.1.text",
    /no question, hidden field or calculated value "z"/,
  ],
  ["a pipe to itself", pipe("Hi [[b|you]]"), "questions.1.text", /not answered by then/],
  ["a pipe without a fallback", pipe("Hi [[a]]"), "questions.1.text", /\[\[id\|/],
  ["a pipe with nothing after the bar", pipe("Hi [[a|]]"), "questions.1.text", /\[\[id\|/],
  ["a pipe in a pipe", pipe("Hi [[a|[[a|x]]]]"), "questions.1.text", /\[\[id\|/],
  ["a pipe in the title", pipe("Hi", { title: "For [[a|you]]" }), "title", /not here/],
  [
    "a pipe in an option",
    widgetOf([nps, { kind: "dropdown", options: [...options, { id: "d", text: "[[a|x]]" }] }]),
    "questions.1.options.3.text",
    /not here/,
  ],
  [
    "a pipe to a matrix",
    widgetOf([
      { kind: "matrix", rows: options, columns: options },
      { kind: "nps", text: "[[a|x]]" },
    ]),
    "questions.1.text",
    /does not read as a text/,
  ],
  [
    "a pipe to a value made later",
    pipe("[[sum|x]]", { calculated: sum("b") }),
    "questions.1.text",
    /not answered by then/,
  ],
  [
    "a pipe gone wrong in one language",
    widgetOf([{ kind: "nps", text: { en: "x", de: "[[z|x]]" } }], { languages: ["en", "de"] }),
    "questions.0.text.de",
    /"z"/,
  ],
  [
    "a tap that sends two questions",
    widgetOf([nps, { kind: "nps" }], { send: "tap", review: false }),
    "send",
    /one question/,
  ],
  ["a tap that sends after a review", widgetOf([nps], { send: "tap" }), "send", /review: false/],
  [
    "a tap that sends a text",
    widgetOf([{ kind: "short-text" }], { send: "tap", review: false }),
    "send",
    /not answered by one tap/,
  ],
  [
    "a tap that sends before words are written",
    widgetOf([{ kind: "single-choice", options, other: true }], { send: "tap", review: false }),
    "send",
    /may write/,
  ],
  [
    "a picture's words in a language not listed",
    widgetOf([{ kind: "nps", image: { ...image, alt: { en: "x", fr: "y" } } }]),
    "questions.0.image.alt.fr",
    /not among `languages`/,
  ],
];
describe("refuses", () => {
  for (const [what, widget, place, says] of faults)
    test(what, () => {
      const own = checkWidget(widget).filter(({ path }) => path.join(".") === place);
      expect(said(own).join("\n")).toMatch(says);
    });
  test("nothing else of them: each is one fault", () => {
    for (const [what, widget] of faults) expect(said(checkWidget(widget)), what).toHaveLength(1);
  });
});

test("takes everything new at once", () => {
  const widget = widgetOf(
    [
      {
        kind: "single-choice",
        options: [{ ...options[0], points: 2, keepPlace: true }, options[1]],
        other: { text: "Something else" },
        shuffle: true,
        next: [{ when: { is: "other" }, go: "c" }],
      },
      {
        kind: "matrix",
        rows: options,
        columns: [{ ...options[0], points: 1 }, options[1]],
        next: [
          { when: { includes: "a:b" }, go: "end" },
          { when: { value: "sum", atLeast: 2 }, go: "end" },
        ],
      },
      {
        kind: "short-text",
        text: "Why [[a|that]], and not [[sum|more]] of [[from|there]]?",
        placeholder: "[[a|It]] is…",
      },
      { kind: "rating", look: "emoji", steps: 3, advance: "tap", image },
    ],
    {
      hidden: [{ id: "from", charactersMax: 20 }],
      calculated: [{ id: "sum", start: 1, add: [{ question: "a", times: 2 }, { question: "b" }] }],
      outcomes: [
        {
          id: "o",
          title: "[[sum|Some]] points",
          when: { value: "sum", atMost: 3 },
          share: true,
          colour: "#112233",
          image,
        },
      ],
      thanks: { title: "Thank you, [[c|dear reader]]" },
    },
  );
  expect(checkWidget(widget)).toEqual([]);
});

const pictured = (own: object) => () => widgetOf([{ kind: "nps", image: own }]);

test("refuses in its schema a picture from elsewhere, and one without words", () => {
  for (const source of [
    "https://x.example/a.png",
    "/etc/a.png",
    "../a.png",
    "./a/../../b.png",
    "./a.svg",
    "a.png",
  ])
    expect(pictured({ source, alt: "" }), source).toThrow(/must be a file beside/);
  expect(pictured({ source: "./a.png" })).toThrow(/alt/);
  for (const source of ["./a.png", "./shots/big one.jpeg", `${"0f".repeat(32)}.avif`])
    expect(pictured({ source, alt: "" }), source).not.toThrow();
});
