// What can be told of a part's looks from inline styles alone: contrast of texts, size of what is tapped. Best effort: where
// a colour or size is not written in a way that is understood here, nothing is said.
import { contrastOf } from "../web/contrast.ts";
import { reporter, type Finding, type Linted } from "./lint-finding.ts";
import type { Markup, MarkupElement } from "./lint-markup.ts";

/** WCAG 2.2 §1.4.3. */
const textContrast = 4.5;
const largeTextContrast = 3;
/** WCAG 2.2 §2.5.5 and §2.5.8, in pixels. */
const targetPixels = 44;
const targetPixelsMin = 24;

type Declarations = ReadonlyMap<string, string>;

/** Declarations of a style attribute, the last of two winning; `!important` is dropped. */
export const declarationsOf = (style: string): Declarations =>
  new Map(
    style.split(/;(?![^(]*\))/).flatMap((declaration) => {
      const colon = declaration.indexOf(":");
      if (colon < 0) return [];
      const value = declaration
        .slice(colon + 1)
        .replace("!important", "")
        .trim();
      return [[declaration.slice(0, colon).trim().toLowerCase(), value] as const];
    }),
  );

const named: Readonly<Record<string, string>> = {
  black: "#000000",
  white: "#ffffff",
  red: "#ff0000",
  green: "#008000",
  blue: "#0000ff",
  gray: "#808080",
  grey: "#808080",
  silver: "#c0c0c0",
  navy: "#000080",
  yellow: "#ffff00",
  orange: "#ffa500",
  teal: "#008080",
  purple: "#800080",
  maroon: "#800000",
};

/** `#rrggbb`, or undefined for what is not opaque or not understood. */
function colourOf(value: string): string | undefined {
  const text = value.trim().toLowerCase();
  if (/^#[0-9a-f]{6}$/.test(text)) return text;
  if (/^#[0-9a-f]{3}$/.test(text)) return text.replace(/[0-9a-f]/g, "$&$&");
  const rgb = /^rgb\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})\s*\)$/.exec(text);
  if (rgb === null) return named[text];
  return `#${rgb
    .slice(1, 4)
    .map((part) => Math.min(255, Number(part)).toString(16).padStart(2, "0"))
    .join("")}`;
}

const pixelsOf = (value: string | undefined): number | undefined => {
  const [, number] = /^(\d{1,4}(?:\.\d{1,4})?)(?:px)?$/.exec(value?.trim() ?? "") ?? [];
  return number === undefined ? undefined : Number(number);
};

/** What an element's texts look like; undefined is not known. */
interface Look {
  readonly colour: string | undefined;
  readonly background: string | undefined;
  readonly fontPixels: number;
  readonly bold: boolean;
  /** In pixels, or as a share of the font's size. */
  readonly lineHeight: { readonly pixels: number } | { readonly share: number };
  readonly hidden: boolean;
}

const plain: Look = {
  colour: "#000000",
  background: "#ffffff",
  fontPixels: 16,
  bold: false,
  lineHeight: { share: 1.2 },
  hidden: false,
};

function backgroundOf(
  styles: Declarations,
  element: MarkupElement,
  above: Look,
): string | undefined {
  const written =
    styles.get("background-color") ?? styles.get("background") ?? element.attributes.get("bgcolor");
  if (styles.has("background-image") || element.attributes.has("background")) return undefined;
  if (written === undefined || /^(?:transparent|none|inherit)$/i.test(written))
    return above.background;
  return colourOf(written.split(/\s+/)[0] ?? "") ?? undefined;
}

function lineHeightOf(value: string | undefined, above: Look["lineHeight"]): Look["lineHeight"] {
  if (value === undefined) return above;
  const [, share, unit] = /^(\d{1,4}(?:\.\d{1,4})?)(%|em)?$/.exec(value) ?? [];
  if (share !== undefined) return { share: Number(share) / (unit === "%" ? 100 : 1) };
  const pixels = pixelsOf(value);
  return pixels === undefined ? { share: 1.2 } : { pixels };
}

const hides = (styles: Declarations): boolean =>
  styles.get("display") === "none" ||
  styles.get("visibility") === "hidden" ||
  ["font-size", "opacity", "max-height"].some((name) => /^0(?:px)?$/.test(styles.get(name) ?? ""));

const bolds = new Set(["b", "strong", "h1", "h2", "h3", "h4", "th"]);

function lookOf(element: MarkupElement, above: Look, styles: Declarations): Look {
  const { name, attributes } = element;
  const [, weight, size, height] =
    /^(?:(bold|\d{3})\s+)?(?:italic\s+)?(\d{1,3}(?:\.\d+)?px)(?:\/([\d.]+(?:px|%|em)?))?\s/.exec(
      styles.get("font") ?? "",
    ) ?? [];
  const bold = styles.get("font-weight") ?? weight;
  const fontColour = name === "font" ? attributes.get("color") : undefined;
  const colour = styles.get("color") ?? fontColour;
  const linked = name === "a" && attributes.has("href") ? "#0000ee" : above.colour;
  return {
    colour: colour === undefined || colour === "inherit" ? linked : colourOf(colour),
    background: backgroundOf(styles, element, above),
    fontPixels: pixelsOf(styles.get("font-size")) ?? pixelsOf(size) ?? above.fontPixels,
    bold:
      bold === undefined ? above.bold || bolds.has(name) : bold === "bold" || Number(bold) >= 700,
    lineHeight: lineHeightOf(styles.get("line-height") ?? height, above.lineHeight),
    hidden: above.hidden || hides(styles) || attributes.has("hidden"),
  };
}

/** Pixels above and below: of a shorthand of one to four lengths. */
function verticalOf(styles: Declarations, property: "padding" | "border"): number {
  if (property === "border") {
    const [, width] = /(?:^|\s)(\d{1,2})px\b/.exec(styles.get("border") ?? "") ?? [];
    return 2 * Number(width ?? 0);
  }
  const [top, , bottom = top] = (styles.get("padding") ?? "").split(/\s+/);
  return (
    (pixelsOf(styles.get("padding-top")) ?? pixelsOf(top) ?? 0) +
    (pixelsOf(styles.get("padding-bottom")) ?? pixelsOf(bottom) ?? 0)
  );
}

function* lintTarget(
  report: ReturnType<typeof reporter>,
  markup: Markup,
  element: MarkupElement,
  styles: Declarations,
  look: Look,
): Generator<Finding> {
  const display = styles.get("display") ?? "";
  const boxed = [...styles.keys()].some((name) => /^(?:padding|border|background)/.test(name));
  if (element.name !== "a" || !/^(?:inline-)?block$/.test(display) || !boxed || look.hidden) return;
  const line =
    "pixels" in look.lineHeight ? look.lineHeight.pixels : look.fontPixels * look.lineHeight.share;
  const written = pixelsOf(styles.get("height")) ?? pixelsOf(styles.get("min-height")) ?? 0;
  const pixels = Math.round(
    Math.max(line, written) + verticalOf(styles, "padding") + verticalOf(styles, "border"),
  );
  if (pixels >= targetPixels) return;
  yield report(
    pixels < targetPixelsMin ? "error" : "warning",
    "target-size",
    `A button is ${pixels} pixels high; a thumb wants ${targetPixels} (WCAG 2.5.5), and fewer than ${targetPixelsMin} are missed (2.5.8).`,
    `Raise its padding by ${Math.ceil((targetPixels - pixels) / 2)}px above and below, or its line-height.`,
    markup.at(element.offset),
  );
}

/** Contrast and target size. */
export function* lintLook(linted: Linted, markup: Markup): Generator<Finding> {
  const report = reporter(linted);
  const looks = new Map<MarkupElement | undefined, Look>([[undefined, plain]]);
  for (const element of markup.elements) {
    const styles = declarationsOf(element.attributes.get("style") ?? "");
    const look = lookOf(element, looks.get(element.parent) ?? plain, styles);
    looks.set(element, look);
    yield* lintTarget(report, markup, element, styles, look);
  }
  const told = new Set<string>();
  for (const { offset, parent, text } of markup.texts) {
    const look = looks.get(parent) ?? plain;
    const { colour, background, fontPixels, bold, hidden } = look;
    if (colour === undefined || background === undefined || hidden || !/[\p{L}\p{N}]/u.test(text))
      continue;
    const large = fontPixels >= 24 || (bold && fontPixels >= 18.66);
    const wanted = large ? largeTextContrast : textContrast;
    const contrast = contrastOf(colour, background);
    const pair = `${colour} ${background} ${large}`;
    if (contrast >= wanted || told.has(pair)) continue;
    // Told once for each pair of colours, at its first text.
    told.add(pair);
    yield report(
      "warning",
      "contrast",
      `Text in ${colour} on ${background} has a contrast of ${contrast.toFixed(1)}; reading it wants ${wanted} (WCAG 1.4.3).`,
      "Darken the text or lighten its ground.",
      markup.at(offset),
    );
  }
}
