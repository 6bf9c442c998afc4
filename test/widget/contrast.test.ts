import { assert, integer, property } from "fast-check";
import { expect, test } from "vitest";
import { accentOn, contrastOf } from "../../widget/web/contrast.ts";
import { sheets } from "../../widget/web/palette.ts";

// Reference values of WCAG 2.2's formula, computed by hand.
test("contrast is WCAG's", () => {
  expect(contrastOf("#000000", "#ffffff")).toBeCloseTo(21, 5);
  expect(contrastOf("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
  expect(contrastOf("#ffffff", "#777777")).toBeCloseTo(4.48, 2);
});

const colours = integer({ min: 0, max: 0xffffff }).map(
  (value) => `#${value.toString(16).padStart(6, "0")}`,
);

for (const [scheme, sheet] of Object.entries(sheets))
  test(`whatever an author's accent is, it can be read on the ${scheme} sheet`, () => {
    assert(
      property(colours, (accent) => {
        const { text, soft, fill, onFill } = accentOn(sheet, accent);
        expect(contrastOf(text, sheet)).toBeGreaterThanOrEqual(4.5);
        expect(contrastOf(text, soft)).toBeGreaterThanOrEqual(4.5);
        expect(contrastOf(onFill, fill)).toBeGreaterThanOrEqual(4.5);
      }),
      { numRuns: 5000 },
    );
  });

test("an accent that can be read already stays as it is", () => {
  expect(accentOn(sheets.light, "#0b6e4f")).toMatchObject({ text: "#0b6e4f", fill: "#0b6e4f" });
});

test("a bright accent keeps its colour on the button, and is darkened only where it is text", () => {
  const { text, fill, onFill } = accentOn(sheets.light, "#ffd400");
  expect(fill).toBe("#ffd400");
  expect(contrastOf(onFill, fill)).toBeGreaterThan(10);
  expect(text).not.toBe("#ffd400");
});

test("a button in a colour that a dark sheet would swallow is lightened", () => {
  expect(contrastOf(accentOn(sheets.dark, "#101030").fill, sheets.dark)).toBeGreaterThanOrEqual(3);
});
