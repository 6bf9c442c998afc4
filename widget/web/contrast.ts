// An author's accent colour, made readable. Colours are sRGB, `#rrggbb`; contrast is WCAG 2.2's ratio, 1 to 21.
import { atLightness, linearOf, oklabOf } from "./oklch.ts";

/** `share` of `over` laid on `under`, 0 to 1. */
export const mix = (over: string, under: string, share: number): string => {
  const [top, bottom] = [over, under].map((colour) => Number.parseInt(colour.slice(1), 16)) as [
    number,
    number,
  ]; // map keeps the length.
  let mixed = 0;
  for (const shift of [16, 8, 0]) {
    const from = (bottom >> shift) & 255;
    mixed = mixed * 256 + Math.round(from + (((top >> shift) & 255) - from) * share);
  }
  return `#${mixed.toString(16).padStart(6, "0")}`;
};

/** WCAG 2.2, relative luminance. */
export function luminanceOf(colour: string): number {
  const [red, green, blue] = linearOf(colour);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

export function contrastOf(one: string, other: string): number {
  const [first, second] = [luminanceOf(one) + 0.05, luminanceOf(other) + 0.05];
  return first > second ? first / second : second / first;
}

/** WCAG 2.2 §1.4.3 asks 4.5; a little more, because the mixes are rounded to whole steps. */
export const textContrast = 4.6;
/** WCAG 2.2 §1.4.11. */
export const shapeContrast = 3;
/** The last is a hundredth of all lightness. */
const halvings = 7;
const white = "#ffffff";
const black = "#000000";

/** Black or white, whichever is read better on `ground`. One of the two is always at 4.58 or more. */
export const readableOn = (ground: string): string =>
  contrastOf(white, ground) > contrastOf(black, ground) ? white : black;

/**
 * `colour` itself where it `reads`, else its shade towards black or white that just does; black or white where none does.
 * Only the lightness changes, and no further than reading needs.
 */
export function shadeThat(
  reads: (shade: string) => boolean,
  colour: string,
  towards: string,
): string {
  if (reads(colour)) return colour;
  let best = towards;
  let [unread, read] = [oklabOf(colour).lightness, towards === white ? 1 : 0];
  for (let halving = 0; halving < halvings; halving++) {
    const middle = (unread + read) / 2;
    const shade = atLightness(colour, middle);
    if (reads(shade)) [best, read] = [shade, middle];
    else unread = middle;
  }
  return best;
}

export interface Accent {
  /** Text, borders and marks on the sheet and on `soft`. */
  readonly text: string;
  /** The ground of what is selected. */
  readonly soft: string;
  /** The ground of the main button. */
  readonly fill: string;
  /** Text on `fill`. */
  readonly onFill: string;
}

/** The ground of what is selected, in the accent's own tint. */
export const tintOn =
  (sheet: string) =>
  (shade: string): string =>
    mix(shade, sheet, readableOn(sheet) === white ? 0.15 : 0.08);

/**
 * The accent for one scheme: moved away from the ground only as far as reading needs. `softOf` lies between the sheet and
 * the text, so that what can be read on it can be read on the sheet.
 */
export function accentOn(
  sheet: string,
  accent: string,
  softOf: (shade: string) => string = tintOn(sheet),
): Accent {
  const towards = readableOn(sheet);
  const text = shadeThat(
    (shade) => contrastOf(shade, softOf(shade)) >= textContrast,
    accent,
    towards,
  );
  // The author's own colour stays on the button, unless a dark sheet would swallow it.
  const swallowed = towards === white && contrastOf(accent, sheet) < shapeContrast;
  const fill = swallowed ? text : accent;
  return { text, soft: softOf(text), fill, onFill: readableOn(fill) };
}
