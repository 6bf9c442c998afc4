// An author's accent colour, made readable. Colours are sRGB, `#rrggbb`; contrast is WCAG 2.2's ratio, 1 to 21.

type Rgb = readonly [red: number, green: number, blue: number];

const rgbOf = (colour: string): Rgb => {
  const value = Number.parseInt(colour.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
};

const colourOf = (rgb: Rgb): string =>
  `#${rgb.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;

/** `share` of `over` laid on `under`, 0 to 1. */
export const mix = (over: string, under: string, share: number): string => {
  const [red, green, blue] = rgbOf(under);
  const [overRed, overGreen, overBlue] = rgbOf(over);
  return colourOf([
    red + (overRed - red) * share,
    green + (overGreen - green) * share,
    blue + (overBlue - blue) * share,
  ]);
};

/** WCAG 2.2, relative luminance. */
function luminanceOf(colour: string): number {
  const [red, green, blue] = rgbOf(colour).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number]; // map keeps the length.
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

export function contrastOf(one: string, other: string): number {
  const [light, dark] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => b - a) as [
    number,
    number,
  ];
  return (light + 0.05) / (dark + 0.05);
}

/** WCAG 2.2 §1.4.3 asks 4.5; a little more, because the mixes are rounded to whole steps. */
const textContrast = 4.6;
/** WCAG 2.2 §1.4.11. */
const shapeContrast = 3;
const steps = 20;
const white = "#ffffff";
const black = "#000000";

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

/** The accent for one scheme: moved away from the ground only as far as reading needs. */
export function accentOn(sheet: string, accent: string): Accent {
  const dark = luminanceOf(sheet) < 0.2;
  let text = accent;
  let soft = sheet;
  for (let step = 0; step <= steps; step++) {
    text = mix(dark ? white : black, accent, step / steps);
    soft = mix(text, sheet, dark ? 0.2 : 0.08);
    // `soft` lies between the sheet and the text: what can be read on it can be read on the sheet.
    if (contrastOf(text, soft) >= textContrast) break;
  }
  // The author's own colour stays on the button, unless a dark sheet would swallow it.
  const fill = dark && contrastOf(accent, sheet) < shapeContrast ? text : accent;
  // One of the two is always at 4.58 or more.
  const onFill = contrastOf(white, fill) > contrastOf(black, fill) ? white : black;
  return { text, soft, fill, onFill };
}
