// All colours of one scheme from the few that an author names. Whatever those are, texts and shapes can be made out (WCAG
// 2.2 §1.4.3 and §1.4.11), and `corrections` says what had to be changed for it.
import type { Theme } from "../../sdk/schema/widget.ts";
import {
  accentOn,
  contrastOf,
  mix,
  readableOn,
  shadeThat,
  shapeContrast,
  textContrast,
  tintOn,
  type Accent,
} from "./contrast.ts";
import { atLightness } from "./oklch.ts";

/** The sheets of page.css, light and dark. */
export const sheets = { light: "#ffffff", dark: "#1b1a18" } as const;
export type Scheme = keyof typeof sheets;

/** What an author may say about colours. */
export type Colours = Pick<Theme, "accent"> & {
  readonly background?: string | undefined;
  readonly text?: string | undefined;
};

/** Custom properties of page.css, without their scheme. */
export interface Palette extends Accent {
  /** Around what is filled: the fill, unless that is hardly more than the sheet. */
  readonly rim: string;
  readonly sheet?: string;
  readonly ground?: string;
  readonly line?: string;
  readonly edge?: string;
  readonly ink?: string;
  readonly softInk?: string;
  readonly bad?: string;
  readonly badGround?: string;
}

const white = "#ffffff";
const black = "#000000";
/** Whether white is read better on it than black. */
export const isDark = (sheet: string): boolean => readableOn(sheet) === white;

/** Of black or white on a sheet, so that an accent and lesser text still find room between. */
const sheetContrast = 7.5;
/** Of a brand's ground by night: as light as our own, and hardly coloured, since large coloured grounds glow. */
const night = { lightness: 0.217, chromaMax: 0.035 };
const inks = { light: "#1a1815", dark: "#f2efe9" };
const nightText = { lightness: 0.95, chromaMax: 0.04 };
const reds = { light: "#b3261e", dark: "#ffb4a9" };

/** A sheet in the author's colour, away from the middle greys that neither black nor white is read well on. */
function sheetOf(scheme: Scheme, background: string | undefined): string {
  if (background === undefined) return sheets[scheme];
  const best = readableOn(background);
  const sheet = shadeThat(
    (shade) => contrastOf(best, shade) >= sheetContrast,
    background,
    best === white ? black : white,
  );
  return scheme === "light" || isDark(sheet)
    ? sheet
    : atLightness(sheet, night.lightness, night.chromaMax);
}

/** `over` laid on `under`, as thin as `reads` allows. */
function thinnest(
  over: string,
  under: string,
  least: number,
  reads: (mixed: string) => boolean,
): string {
  for (let share = least; share < 1; share += 0.05) {
    const mixed = mix(over, under, share);
    if (reads(mixed)) return mixed;
  }
  return over;
}

/** The author's text on these papers; by night turned light first, so that a dark brand colour keeps its hue. */
function inkOn(papers: readonly string[], text: string | undefined, dark: boolean): string {
  const reads = (shade: string): boolean =>
    papers.every((paper) => contrastOf(shade, paper) >= textContrast);
  if (text === undefined) return dark ? inks.dark : inks.light;
  const turned =
    dark && !reads(text) ? atLightness(text, nightText.lightness, nightText.chromaMax) : text;
  return shadeThat(reads, turned, dark ? white : black);
}

/** Without a background and a text of the author's only the accent's colours: the stylesheet has the rest. */
export function paletteOf(scheme: Scheme, { accent, background, text }: Colours): Palette {
  const sheet = sheetOf(scheme, background);
  const dark = isDark(sheet);
  // An accent's tint on a dark ground of another colour is mud.
  const neutral = background !== undefined && dark;
  const accents = accentOn(sheet, accent, neutral ? () => mix(white, sheet, 0.1) : tintOn(sheet));
  const own: Palette = {
    ...accents,
    rim: contrastOf(accents.fill, sheet) >= shapeContrast ? accents.fill : accents.text,
  };
  if (background === undefined && text === undefined) return own;
  const ground = mix(black, sheet, dark ? 0.4 : 0.05);
  const papers = [sheet, accents.soft, ground];
  const ink = inkOn(papers, text, dark);
  const bad = accentOn(sheet, dark ? reds.dark : reds.light);
  return {
    ...own,
    sheet,
    ground,
    line: mix(ink, sheet, 0.17),
    edge: thinnest(ink, sheet, 0.45, (edge) => contrastOf(edge, sheet) >= shapeContrast),
    ink,
    softInk: thinnest(ink, sheet, 0.7, (soft) =>
      papers.every((paper) => contrastOf(soft, paper) >= textContrast),
    ),
    bad: bad.text,
    badGround: bad.soft,
  };
}

/** One of an author's colours that could not be shown as it is. */
export interface Correction {
  readonly scheme: Scheme;
  readonly what: "accent" | "background" | "text";
  readonly wanted: string;
  readonly shown: string;
  /** What it is read on, or what is read on it. */
  readonly against: string;
  readonly contrastWanted: number;
  readonly contrastShown: number;
}

/** What is changed of an author's colours. A light background made dark for readers who prefer dark is no correction. */
export function corrections(colours: Colours): Correction[] {
  const { accent, background, text } = colours;
  const found: Correction[] = [];
  for (const scheme of ["light", "dark"] as const) {
    const { text: accentText, sheet = sheets[scheme], ink } = paletteOf(scheme, colours);
    const note = (what: Correction["what"], wanted: string, shown: string, against: string) => {
      if (wanted !== shown)
        found.push({
          scheme,
          what,
          wanted,
          shown,
          against,
          contrastWanted: contrastOf(wanted, against),
          contrastShown: contrastOf(shown, against),
        });
    };
    if (background !== undefined && scheme === "light")
      note("background", background, sheet, readableOn(background));
    // By night a text is turned light on purpose.
    if (text !== undefined && ink !== undefined && scheme === "light")
      note("text", text, ink, sheet);
    note("accent", accent, accentText, sheet);
  }
  return found;
}

/** To one decimal and never rounded up: 4.48 is not 4.5. */
export const ratio = (contrast: number): string =>
  `${(Math.floor(contrast * 10) / 10).toFixed(1)}:1`;
