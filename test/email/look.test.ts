import { assert, constantFrom, integer, property, record } from "fast-check";
import { expect, test } from "vitest";
import { Theme } from "../../sdk/schema/widget.ts";
import { lookOf, mailWidth, type Palette } from "../../widget/email/look.ts";
import { contrastOf } from "../../widget/web/contrast.ts";

const colours = integer({ min: 0, max: 0xffffff }).map(
  (value) => `#${value.toString(16).padStart(6, "0")}`,
);
const themes = record({
  accent: colours,
  corners: constantFrom("square" as const, "soft" as const, "round" as const),
  font: constantFrom("sans" as const, "serif" as const, "rounded" as const),
});

function expectReadable(palette: Palette): void {
  const { sheet, soft, ground, ink, muted, text, fill, onFill, onGround } = palette;
  for (const [one, other] of [
    [ink, sheet],
    [ink, soft],
    [muted, sheet],
    [muted, soft],
    [text, sheet],
    [onFill, fill],
    [onGround, ground],
  ] as const)
    expect(contrastOf(one, other), `${one} on ${other}`).toBeGreaterThanOrEqual(4.5);
  // WCAG 2.2 §1.4.11: where the main button ends can be seen.
  expect(contrastOf(palette.fillEdge, sheet)).toBeGreaterThanOrEqual(3);
}

test("whatever the theme, everything can be read, in light and in dark", () => {
  assert(
    property(themes, (theme) => {
      const look = lookOf(theme);
      expectReadable(look.light);
      expectReadable(look.dark);
    }),
    { numRuns: 3000 },
  );
});

test("a template's own papers, however dark, keep the text readable", () => {
  assert(
    property(
      themes,
      constantFrom("#ffffff", "#000000", "#222222", "#fff7ed", "#0b1f3a"),
      (theme, paper) => {
        const { light } = lookOf(theme, { sheet: paper, ground: paper });
        expectReadable(light);
        expect(light.sheet).toBe(paper);
      },
    ),
    { numRuns: 1000 },
  );
});

test("a template may say every value, and says nothing without it", () => {
  const theme = Theme.parse({ accent: "#9a3b12", corners: "round", font: "serif" });
  expect(lookOf(theme)).toMatchObject({ radius: 22, width: mailWidth, light: { fill: "#9a3b12" } });
  const own = { accent: "#0b5fff", radius: 3, font: "Verdana,sans-serif", width: 480 };
  expect(lookOf(theme, own)).toMatchObject({
    radius: 3,
    width: 480,
    font: "Verdana,sans-serif",
    display: "Verdana,sans-serif",
    light: { fill: "#0b5fff" },
  });
});

test("no font stack has a quote, which would end the attribute it stands in", () => {
  for (const font of ["sans", "serif", "rounded"] as const) {
    const look = lookOf(Theme.parse({ font }));
    expect(look.font + look.display).not.toMatch(/["'<>]/);
  }
});
