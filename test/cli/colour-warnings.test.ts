import { expect, test } from "vitest";
import { parseWidget, widgetWarnings, type PlacedFault } from "../../cli/widget-file.ts";

const widget = (theme: string, outcome = ""): string => `maily: 1
title: Hi
languages: [en]
theme:
  ${theme}
questions:
  - id: a
    kind: single-choice
    text: x
    options:
      - { id: one, text: One, scores: { best: 1 } }
      - { id: two, text: Two }
outcomes:
  - id: best
    title: Best
${outcome}
notice: { version: 1, controller: { name: Orchard, contact: a@b.example }, retentionDays: 30, text: hi, purposes: [{ id: results, text: count }] }
`;
const warned = (text: string): PlacedFault[] => widgetWarnings(parseWidget(text), text);

test("an accent that cannot be read is told with what readers see instead, at its line", () => {
  const [only, ...more] = warned(widget('accent: "#ffe600"'));
  expect(more).toEqual([]);
  expect(only).toMatchObject({ line: 5, place: "theme.accent" });
  expect(only?.message).toMatch(
    /^text in #ffe600 on #ffffff is 1\.2:1; shown as #[0-9a-f]{6} \((?:4\.[6-9]|5\.\d):1\); buttons keep #ffe600$/,
  );
});

test("background, text and an outcome's colour are told of as well", () => {
  const told = warned(
    widget(
      '{ accent: "#0b6e4f", background: "#777777", text: "#7a7a7a" }',
      '    colour: "#fff176"',
    ),
  );
  expect(told.map(({ place }) => place)).toEqual([
    "theme.background",
    "theme.text",
    "theme.accent",
    "outcomes.0.colour",
  ]);
  expect(told[0]?.message).toMatch(/^#000000 text on #777777 is 4\.6:1; shown as #/);
});

test("colours that can be read are not spoken of", () => {
  expect(warned(widget('accent: "#0b6e4f"'))).toEqual([]);
});
