// What an author is shown of a widget that may be published all the same.
import { describe, expect, test } from "vitest";
import { checkWidget } from "../../sdk/check-widget.ts";
import type { Widget } from "../../sdk/schema/widget.ts";
import { warningsOf } from "../../sdk/widget-warnings.ts";
import { nps, options, said, widgetOf } from "./authored.ts";

type Case = readonly [what: string, widget: Widget, place: string, says: RegExp];

const half = { en: "x", de: "y" };
const warned: readonly Case[] = [
  [
    "a language left out",
    widgetOf([{ kind: "nps", text: { en: "x", de: "y" } }], {
      languages: ["en", "de", "fr", "ja"],
    }),
    "questions.0.text",
    /no text in fr, ja; readers of these see the one in en/,
  ],
  [
    "a description that is not translated",
    widgetOf([{ kind: "nps", text: half, description: "z" }], { languages: ["en", "de"] }),
    "questions.0.description",
    /same in every language/,
  ],
  [
    "an option's way on where several are chosen",
    widgetOf([{ kind: "multiple-choice", options: [{ ...options[0], next: "end" }, options[1]] }]),
    "questions.0.options.0.next",
    /leads nowhere/,
  ],
  [
    "a list compared with one option",
    widgetOf([{ kind: "multiple-choice", options, next: [{ when: { is: "a" }, go: "end" }] }]),
    "questions.0.next.0.when.is",
    /includes/,
  ],
  [
    "one option looked for in a list",
    widgetOf([{ kind: "single-choice", options, next: [{ when: { includes: "a" }, go: "end" }] }]),
    "questions.0.next.0.when.includes",
    /write `is`/,
  ],
  [
    "a text compared with a number",
    widgetOf([{ kind: "short-text", next: [{ when: { atLeast: 1 }, go: "end" }] }]),
    "questions.0.next.0.when.atLeast",
    /no number/,
  ],
  [
    "a chosen option compared with a number",
    widgetOf([{ kind: "single-choice", options, next: [{ when: { atMost: 1 }, go: "end" }] }]),
    "questions.0.next.0.when.atMost",
    /no number/,
  ],
  [
    "a place that is kept where nothing moves",
    widgetOf([
      { kind: "single-choice", options: [...options, { id: "d", text: "d", keepPlace: true }] },
    ]),
    "questions.0.options.3.keepPlace",
    /shuffle/,
  ],
  [
    "a value of options that have no points",
    widgetOf([{ kind: "single-choice", options }], {
      calculated: [{ id: "sum", add: [{ question: "a" }] }],
    }),
    "calculated.0.add.0.question",
    /points/,
  ],
  [
    "a question nobody is asked",
    widgetOf([{ kind: "nps", next: "c" }, { kind: "nps" }, { kind: "nps" }]),
    "questions.1",
    /nothing leads to "b"/,
  ],
  [
    "moving on where all stand on one page",
    widgetOf([{ kind: "nps", advance: "tap" }, { kind: "nps" }], { layout: "all" }),
    "questions.0.advance",
    /does nothing/,
  ],
  [
    "more to write than is taken",
    widgetOf(Array.from({ length: 5 }, () => ({ kind: "long-text" }))),
    "questions",
    /5\d\d\d bytes/,
  ],
];
describe("warns of", () => {
  for (const [what, widget, place, says] of warned)
    test(what, () => {
      expect(checkWidget(widget)).toEqual([]);
      const own = warningsOf(widget);
      expect(said(own)).toHaveLength(1);
      expect(own[0]?.path.join(".")).toBe(place);
      expect(own[0]?.message).toMatch(says);
    });
  test("nothing where all is well", () => {
    expect(
      warningsOf(
        widgetOf([
          nps,
          {
            kind: "single-choice",
            required: true,
            options: [
              { ...options[0], next: "end" },
              { ...options[1], next: "c" },
            ],
          },
          { kind: "nps" },
        ]),
      ),
    ).toEqual([]);
  });
});
