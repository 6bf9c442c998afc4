import { assert, constantFrom, integer, option, property, record } from "fast-check";
import { expect, test } from "vitest";
import { contrastOf } from "../../widget/web/contrast.ts";
import { atLightness, oklabOf } from "../../widget/web/oklch.ts";
import { corrections, paletteOf, ratio, sheets } from "../../widget/web/palette.ts";

const colours = integer({ min: 0, max: 0xffffff }).map(
  (value) => `#${value.toString(16).padStart(6, "0")}`,
);
const maybe = option(colours, { nil: undefined });
const hueOf = (colour: string): number => {
  const { a, b } = oklabOf(colour);
  return (Math.atan2(b, a) * 180) / Math.PI;
};
const chromaOf = (colour: string): number => {
  const { a, b } = oklabOf(colour);
  return Math.hypot(a, b);
};

// CSS Color 4's own samples: https://www.w3.org/TR/css-color-4/#ok-lab
test.each([
  ["#ff0000", 0.628, 0.2249, 0.1258],
  ["#00ff00", 0.8664, -0.2339, 0.1795],
  ["#0000ff", 0.452, -0.0325, -0.3115],
  ["#ffffff", 1, 0, 0],
])("OKLab of %s is CSS's", (colour, lightness, a, b) => {
  const found = oklabOf(colour);
  expect(found.lightness).toBeCloseTo(lightness, 3);
  expect(found.a).toBeCloseTo(a, 3);
  expect(found.b).toBeCloseTo(b, 3);
});

test("a colour at its own lightness is itself", () => {
  assert(
    property(colours, (colour) => {
      expect(contrastOf(atLightness(colour, oklabOf(colour).lightness), colour)).toBeLessThan(1.02);
    }),
  );
});

test("a colour made lighter or darker keeps its hue", () => {
  assert(
    property(colours, integer({ min: 30, max: 90 }), (colour, percent) => {
      const shade = atLightness(colour, percent / 100);
      // Of a grey, and of what is nearly one after rounding to whole steps, a hue says nothing.
      if (chromaOf(colour) < 0.05 || chromaOf(shade) < 0.05) return;
      const turned = Math.abs(hueOf(shade) - hueOf(colour));
      expect(Math.min(turned, 360 - turned)).toBeLessThan(4);
      expect(oklabOf(shade).lightness).toBeCloseTo(percent / 100, 1);
    }),
    { numRuns: 2000 },
  );
});

test("whatever colours an author names, every text and every shape can be made out, by day and by night", () => {
  assert(
    property(
      record({ accent: colours, background: maybe, text: maybe }),
      constantFrom("light" as const, "dark" as const),
      (theme, scheme) => {
        const {
          text,
          soft,
          fill,
          onFill,
          rim,
          sheet = sheets[scheme],
          ...more
        } = paletteOf(scheme, theme);
        const texts: [string, string][] = [
          [text, sheet],
          [text, soft],
          [onFill, fill],
        ];
        const { ink, softInk, ground, edge, bad, badGround } = more;
        if (ink !== undefined && softInk !== undefined && ground !== undefined)
          for (const paper of [sheet, soft, ground]) texts.push([ink, paper], [softInk, paper]);
        if (bad !== undefined && badGround !== undefined)
          texts.push([bad, badGround], [bad, sheet]);
        for (const [over, under] of texts)
          expect(contrastOf(over, under), `${over} on ${under}`).toBeGreaterThanOrEqual(4.5);
        for (const shape of [rim, edge])
          if (shape !== undefined)
            expect(contrastOf(shape, sheet), `${shape} on ${sheet}`).toBeGreaterThanOrEqual(3);
      },
    ),
    { numRuns: 5000 },
  );
});

test("a light background is dark by night and keeps its hue; a dark one stays", () => {
  const cream = paletteOf("dark", { accent: "#c1440e", background: "#fbe8c8" }).sheet ?? "";
  expect(contrastOf(cream, "#ffffff")).toBeGreaterThan(14);
  expect(Math.abs(hueOf(cream) - hueOf("#fbe8c8"))).toBeLessThan(8);
  for (const scheme of ["light", "dark"] as const)
    expect(paletteOf(scheme, { accent: "#ffb703", background: "#0b2545" }).sheet).toBe("#0b2545");
});

test("who names only an accent gets the stylesheet's own grounds", () => {
  expect(Object.keys(paletteOf("light", { accent: "#0b6e4f" })).sort()).toEqual([
    "fill",
    "onFill",
    "rim",
    "soft",
    "text",
  ]);
});

test("what is changed of an author's colours is told, and what is not is not", () => {
  expect(corrections({ accent: "#3b4cca" }).map(({ scheme }) => scheme)).toEqual(["dark"]);
  const [yellow] = corrections({ accent: "#ffe600" });
  expect(yellow).toMatchObject({
    scheme: "light",
    what: "accent",
    wanted: "#ffe600",
    against: "#ffffff",
  });
  expect(ratio(yellow?.contrastWanted ?? 0)).toBe("1.2:1");
  expect(yellow?.contrastShown).toBeGreaterThanOrEqual(4.5);
  const told = corrections({ accent: "#0b6e4f", background: "#808080", text: "#8a8a8a" });
  expect(told.map(({ scheme, what }) => `${scheme} ${what}`)).toEqual(
    expect.arrayContaining(["light background", "light text"]),
  );
});

test("a ratio is never said better than it is", () => {
  expect(ratio(4.4999)).toBe("4.4:1");
  expect(ratio(21)).toBe("21.0:1");
});
