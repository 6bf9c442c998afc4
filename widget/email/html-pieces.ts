// Pieces of text/html that every client shows: tables and links with inline styles, and VML for Outlook on Windows,
// whose engine is Word's. Classes serve dark mode alone; a client that drops them shows the light look.
import { escapeHtml } from "../../sdk/mail-plan.ts";
import { inHtml } from "./prose.ts";
import type { Look } from "./look.ts";
import type { MailView } from "./view.ts";

export interface Sides {
  readonly start: "left" | "right";
  readonly end: "left" | "right";
}

/** Logical margins and paddings are unknown to many clients: physical sides, mirrored by hand. */
export const sidesOf = ({ direction }: Pick<MailView, "direction">): Sides =>
  direction === "rtl" ? { start: "right", end: "left" } : { start: "left", end: "right" };

/** Templates collapse the borders of every table, which would square our corners. */
const separate = "border-collapse:separate";

/** A layout table: rows are `<tr>`s. */
export function layoutTable(rows: string, attributes = 'width="100%"'): string {
  const styled = attributes.includes('style="')
    ? attributes.replace('style="', `style="${separate};`)
    : `${attributes} style="${separate}"`;
  return `<table role="presentation" cellpadding="0" cellspacing="0" border="0" ${styled}>${rows}</table>`;
}

/** Space between rows, which Word keeps only where a cell has something in it. */
export const gapRow = (pixels: number): string =>
  `<tr><td height="${pixels}" style="height:${pixels}px;font-size:${pixels}px;line-height:${pixels}px">&nbsp;</td></tr>`;

/** Shown to Outlook on Windows alone, and to everybody else. */
export const forWord = (markup: string): string => `<!--[if mso]>${markup}<![endif]-->`;
export const forOthers = (markup: string): string => `<!--[if !mso]><!-->${markup}<!--<![endif]-->`;

const wide = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/gu;

/** About as many pixels as a label of 16 pixels bold takes. */
const labelPixels = (label: string): number =>
  label.length * 9 + (label.match(wide)?.length ?? 0) * 7;

const buttonHeight = 48;
const buttonPadding = 26;
/** Half the height is round; Word counts corners as a share of the shorter side. */
const arcOf = (radius: number): number => Math.min(50, Math.round((radius / buttonHeight) * 100));

export interface ButtonParts {
  readonly href: string;
  readonly label: string;
  /** `main` is filled with the accent, `quiet` has its outline. */
  readonly weight: "main" | "quiet";
}

/** A button that is a button in Outlook on Windows too. */
export function button(look: Look, { href: address, label, weight }: ButtonParts): string {
  const href = escapeHtml(address);
  const { light, radius, font } = look;
  const main = weight === "main";
  const text = main ? light.onFill : light.text;
  const fill = main ? light.fill : light.sheet;
  const edge = main ? light.fillEdge : light.text;
  const shown = inHtml(label);
  const pixels = Math.min(look.width - 80, labelPixels(label) + 2 * buttonPadding);
  const vml = `<v:roundrect xmlns:v="urn:schemas-microsoft-com:vml" xmlns:w="urn:schemas-microsoft-com:office:word" href="${href}" style="height:${buttonHeight}px;v-text-anchor:middle;width:${pixels}px" arcsize="${arcOf(radius)}%" strokecolor="${edge}" fillcolor="${fill}"><w:anchorlock/><center style="color:${text};font:bold 16px Arial,sans-serif">${shown}</center></v:roundrect>`;
  const link = `<a class="${main ? "m-main" : "m-quiet"}" href="${href}" target="_blank" style="display:inline-block;padding:12px ${buttonPadding - 2}px;border:2px solid ${edge};border-radius:${radius}px;background:${fill};color:${text};font:600 16px/22px ${font};text-decoration:none;text-align:center">${shown}</a>`;
  return `${forWord(vml)}${forOthers(link)}`;
}

/** A link in running text. */
export const textLink = (look: Look, href: string, label: string, colour?: string): string =>
  `<a class="${colour === undefined ? "m-accent" : "m-ground-text"}" href="${escapeHtml(href)}" target="_blank" style="color:${colour ?? look.light.text};text-decoration:underline">${inHtml(label)}</a>`;

interface Line {
  readonly tag: "h1" | "h2" | "h3" | "p";
  readonly kind: "ink" | "muted";
  /** CSS font without its family, such as `600 18px/26px`. */
  readonly font: string;
  /** Pixels below. */
  readonly below: number;
  readonly display?: boolean;
  readonly id?: string;
}

/** One heading or paragraph; `markup` is escaped already. */
export function line(view: MailView, look: Look, markup: string, parts: Line): string {
  const { light } = look;
  const colour = parts.kind === "ink" ? light.ink : light.muted;
  const id = parts.id === undefined ? "" : ` id="${parts.id}"`;
  const family = parts.display === true ? look.display : look.font;
  return `<${parts.tag}${id} class="m-${parts.kind}" style="margin:0 0 ${parts.below}px;font:${parts.font} ${family};color:${colour};text-align:${sidesOf(view).start}">${markup}</${parts.tag}>`;
}
