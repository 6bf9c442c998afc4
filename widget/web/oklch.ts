// A colour made lighter or darker as eyes see it: OKLCH (CSS Color 4 §9.2) changes lightness and leaves the hue, where
// mixing with black or white in sRGB turns yellow into olive and blue into violet. Colours are sRGB, `#rrggbb`.

type Three = readonly [number, number, number];

const share = (part: number): number =>
  part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
const part = (light: number): number =>
  light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055;

/** Linear light, 0 to 1. */
export const linearOf = (colour: string): Three => {
  const value = Number.parseInt(colour.slice(1), 16);
  return [
    share((value >> 16) / 255),
    share(((value >> 8) & 255) / 255),
    share((value & 255) / 255),
  ];
};

const colourOf = (light: Three): string =>
  `#${light
    .map((each) =>
      Math.round(part(Math.min(1, Math.max(0, each))) * 255)
        .toString(16)
        .padStart(2, "0"),
    )
    .join("")}`;

/** Lightness 0 to 1, and two axes whose angle is the hue and whose length the chroma. */
export interface Oklab {
  readonly lightness: number;
  readonly a: number;
  readonly b: number;
}

/** CSS Color 4 §17, `lin_sRGB_to_XYZ` and `XYZ_to_OKLab` in one. */
export function oklabOf(colour: string): Oklab {
  const [red, green, blue] = linearOf(colour);
  const long = Math.cbrt(0.4122215 * red + 0.5363325 * green + 0.051446 * blue);
  const middle = Math.cbrt(0.2119035 * red + 0.6806995 * green + 0.107397 * blue);
  const short = Math.cbrt(0.0883025 * red + 0.2817188 * green + 0.6299787 * blue);
  return {
    lightness: 0.2104543 * long + 0.7936178 * middle - 0.0040721 * short,
    a: 1.9779985 * long - 2.4285922 * middle + 0.4505937 * short,
    b: 0.025904 * long + 0.7827718 * middle - 0.8086758 * short,
  };
}

function lightOf({ lightness, a, b }: Oklab): Three {
  const long = (lightness + 0.3963378 * a + 0.2158038 * b) ** 3;
  const middle = (lightness - 0.1055613 * a - 0.0638542 * b) ** 3;
  const short = (lightness - 0.0894842 * a - 1.2914855 * b) ** 3;
  return [
    4.0767417 * long - 3.3077116 * middle + 0.2309699 * short,
    -1.268438 * long + 2.6097574 * middle - 0.3413194 * short,
    -0.0041961 * long - 0.7034186 * middle + 1.7076147 * short,
  ];
}

/** How far outside sRGB still counts as inside: less than half a step of 255. */
const slack = 0.0005;
const inGamut = (light: Three): boolean =>
  light.every((each) => each >= -slack && each <= 1 + slack);

const halvings = 10;

/** The colour at another lightness: the same hue, and as much of its chroma (at most `chromaMax`) as sRGB has there. */
export function atLightness(colour: string, lightness: number, chromaMax = Infinity): string {
  const { a, b } = oklabOf(colour);
  const chroma = Math.hypot(a, b);
  const whole = chroma > chromaMax ? chromaMax / chroma : 1;
  const scaled = (by: number): Three => lightOf({ lightness, a: a * by, b: b * by });
  if (inGamut(scaled(whole))) return colourOf(scaled(whole));
  let [least, most] = [0, whole];
  for (let halving = 0; halving < halvings; halving++) {
    const middle = (least + most) / 2;
    if (inGamut(scaled(middle))) least = middle;
    else most = middle;
  }
  return colourOf(scaled(least));
}
