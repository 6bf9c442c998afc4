// How a mail looks: the author's theme as plain values, for light and for dark, readable in both.
import type { Theme } from "../../sdk/schema/widget.ts";
import { accentOn, contrastOf, mix, type Accent } from "../web/contrast.ts";

/** Colours of one scheme, `#rrggbb`. */
export interface Palette extends Accent {
  /** Around the sheet. */
  readonly ground: string;
  readonly sheet: string;
  readonly line: string;
  /** Around an answer. */
  readonly edge: string;
  /** Around the main button: its own fill, unless that is hardly more than the sheet. */
  readonly fillEdge: string;
  readonly ink: string;
  /** Lesser text, readable on the sheet and on `soft`. */
  readonly muted: string;
  /** Lesser text on the ground. */
  readonly onGround: string;
}

export interface Look {
  readonly light: Palette;
  readonly dark: Palette;
  /** Corners of options and buttons, in pixels. */
  readonly radius: number;
  /** CSS font stacks, without double quotes. */
  readonly font: string;
  readonly display: string;
  /** Of the sheet, in pixels; narrower screens narrow it. */
  readonly width: number;
}

/** What a template may say against the theme. Colours `#rrggbb`, the rest as in `Look`. */
export interface LookOverrides {
  readonly accent?: string;
  readonly ground?: string;
  readonly sheet?: string;
  readonly radius?: number;
  readonly font?: string;
  readonly width?: number;
}

type Ground = Pick<Palette, "ground" | "sheet" | "line" | "ink" | "muted">;

// The page's own colours (widget/web/page.css), so that a tap does not change rooms.
const day: Ground = {
  ground: "#f3f1ed",
  sheet: "#ffffff",
  line: "#d9d5cd",
  ink: "#1a1815",
  muted: "#5c564d",
};
const night: Ground = {
  ground: "#100f0e",
  sheet: "#1b1a18",
  line: "#3a3732",
  ink: "#f2efe9",
  muted: "#b5aea3",
};

/** WCAG 2.2 §1.4.3. */
const readable = 4.5;
/** WCAG 2.2 §1.4.11. */
const shape = 3;
/** How much of the accent an answer's border has. */
const edgeShare = 0.3;
const radii = { square: 2, soft: 12, round: 22 } as const;
const sans = "-apple-system,Segoe UI,Roboto,Helvetica Neue,Arial,sans-serif";
const fonts = {
  sans: { font: sans, display: sans },
  serif: { font: sans, display: "Iowan Old Style,Charter,Georgia,Times New Roman,serif" },
  rounded: {
    font: `ui-rounded,SF Pro Rounded,Hiragino Maru Gothic ProN,Nunito,${sans}`,
    display: `ui-rounded,SF Pro Rounded,Hiragino Maru Gothic ProN,Nunito,${sans}`,
  },
} as const;
export const mailWidth = 600;

const firstReadable = (candidate: string, fallback: string, papers: readonly string[]): string =>
  papers.every((paper) => contrastOf(candidate, paper) >= readable) ? candidate : fallback;

function paletteOf(own: Ground, accent: string): Palette {
  // A template may have given a sheet or a ground that this scheme's ink is not made for.
  const inkOn = (paper: string): Ground =>
    contrastOf(own.ink, paper) >= readable ? own : own.ink === day.ink ? night : day;
  const { ink, muted, line } = inkOn(own.sheet);
  const accents = accentOn(own.sheet, accent);
  return {
    ground: own.ground,
    sheet: own.sheet,
    line,
    edge: mix(accents.text, own.sheet, edgeShare),
    fillEdge: contrastOf(accents.fill, own.sheet) >= shape ? accents.fill : accents.text,
    ink,
    muted: firstReadable(muted, ink, [own.sheet, accents.soft]),
    onGround: firstReadable(inkOn(own.ground).muted, inkOn(own.ground).ink, [own.ground]),
    ...accents,
  };
}

/** The look of a theme; overrides hold for the light scheme, and the dark one keeps its own papers. */
export function lookOf(theme: Theme, overrides: LookOverrides = {}): Look {
  const accent = overrides.accent ?? theme.accent;
  const { font, display } = fonts[theme.font];
  const light = {
    ...day,
    ...(overrides.ground !== undefined && { ground: overrides.ground }),
    ...(overrides.sheet !== undefined && { sheet: overrides.sheet }),
  };
  return {
    light: paletteOf(light, accent),
    dark: paletteOf(night, accent),
    radius: overrides.radius ?? radii[theme.corners],
    font: overrides.font ?? font,
    display: overrides.font ?? display,
    width: overrides.width ?? mailWidth,
  };
}
