// What a reader's eye meets: colours as the browser drew them, with WCAG's formula written down a second time, so that a
// mistake in the page's own does not prove itself.
import type { Page } from "playwright-core";

type Rgb = readonly [number, number, number];

const light = (part: number): number => {
  const share = part / 255;
  return share <= 0.03928 ? share / 12.92 : Math.pow((share + 0.055) / 1.055, 2.4);
};
const luminance = ([red, green, blue]: Rgb): number =>
  0.2126 * light(red) + 0.7152 * light(green) + 0.0722 * light(blue);

const ratioOf = (one: Rgb, other: Rgb): number => {
  const [dark, bright] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [
    number,
    number,
  ];
  return (bright + 0.05) / (dark + 0.05);
};

const rgbOf = (colour: string): Rgb => {
  const [red = NaN, green = NaN, blue = NaN, alpha = 1] = [...colour.matchAll(/[\d.]+/g)].map(
    Number,
  );
  if (!(alpha === 1)) throw new Error(`${colour} is not opaque`);
  return [red, green, blue];
};

export interface Drawn {
  readonly what: string;
  readonly over: string;
  readonly under: string;
}

/** Of each selector's first element: its text, or with `border` its border, and the first opaque ground below it. */
export async function drawn(
  page: Page,
  parts: readonly { readonly of: string; readonly property?: "color" | "borderTopColor" }[],
): Promise<Drawn[]> {
  return page.evaluate(
    (asked) =>
      asked.map(({ of, property = "color" }) => {
        const element = document.querySelector(of);
        if (element === null) throw new Error(`nothing is ${of}`);
        let ground: Element | null = property === "color" ? element : element.parentElement;
        while (ground !== null && /^rgba\(.*, 0\)$/.test(getComputedStyle(ground).backgroundColor))
          ground = ground.parentElement;
        return {
          what: of,
          over: getComputedStyle(element)[property],
          under: ground === null ? "rgb(255, 255, 255)" : getComputedStyle(ground).backgroundColor,
        };
      }),
    parts,
  );
}

export const contrastIn = ({ over, under }: Drawn): number => ratioOf(rgbOf(over), rgbOf(under));
