// The document around a block: head, preheader, ground and sheet.
import { forWord, gapRow, layoutTable } from "./html-pieces.ts";
import type { Look, Palette } from "./look.ts";
import { inHtml, shortened } from "./prose.ts";
import type { MailView } from "./view.ts";

/** What an inbox shows of a mail beside its subject, at most. */
const preheaderCharacters = 200;
/** Shorter preheaders are padded, or the inbox would go on with what the mail says first. */
const paddedTo = 110;

/** `!important`, because it stands against inline styles. */
const rule = (selector: string, declarations: string): string =>
  `${selector}{${declarations.replaceAll(";", "!important;")}}`;

/** Colours of one scheme by class. */
function schemeRules(palette: Palette, within: string, papers = within): string {
  const { ground, sheet, line, edge, ink, muted, text, soft, fill, fillEdge, onFill, onGround } =
    palette;
  return [
    rule(`${papers}.m-ground`, `background:${ground};`),
    rule(`${papers}.m-sheet`, `background:${sheet};border-color:${line};`),
    rule(`${papers}.m-option`, `background:${soft};border-color:${edge};`),
    rule(`${papers}.m-rule`, `border-color:${line};`),
    rule(`${papers}.m-main`, `background:${fill};border-color:${fillEdge};`),
    rule(`${papers}.m-quiet`, `background:${sheet};border-color:${text};`),
    rule(`${within}.m-ink`, `color:${ink};`),
    rule(`${within}.m-muted`, `color:${muted};`),
    rule(`${within}.m-ground-text`, `color:${onGround};`),
    rule(`${within}.m-accent,${within}.m-quiet`, `color:${text};`),
    rule(`${within}.m-main`, `color:${onFill};`),
  ].join("");
}

/** On a phone: smaller margins, and two cards in a row. */
export const narrowStyle =
  "@media (max-width:480px){.m-pad{padding-left:20px!important;padding-right:20px!important}.m-card{max-width:47%!important}}";

/**
 * The rules of a block, for the head of whatever document it stands in: dark mode where clients have it, and a mark
 * under the pointer. Without them the block is light. Outlook's apps and outlook.com mark what they darken by themselves.
 */
export function htmlStyle(look: Look): string {
  return [
    ":root{color-scheme:light dark;supported-color-schemes:light dark}",
    `.m-option:hover{border-color:${look.light.text}!important}`,
    narrowStyle,
    `@media (prefers-color-scheme:dark){${schemeRules(look.dark, "")}.m-option:hover{border-color:${look.dark.text}!important}}`,
    schemeRules(look.dark, "[data-ogsc] ", "[data-ogsb] "),
  ].join("\n");
}

/** Word knows none of the stacks and would take Times. */
const wordStyle = forWord(
  "<style>body,table,td,a,p,h1,h2,h3{font-family:Arial,sans-serif!important}</style><noscript><xml><o:OfficeDocumentSettings><o:PixelsPerInch>96</o:PixelsPerInch></o:OfficeDocumentSettings></xml></noscript>",
);

function preheader(view: MailView): string {
  const text = shortened(view.preheader, preheaderCharacters);
  const padding = "&#847;&zwnj;&nbsp;".repeat(Math.max(0, paddedTo - text.length));
  return `<div style="display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;mso-hide:all;font-size:1px;line-height:1px" aria-hidden="true">${inHtml(text)}${padding}</div>`;
}

/** The whole document of a mail. `sheet` and `footer` are rows of layout tables. */
export function htmlDocument(view: MailView, look: Look, sheet: string, footer: string): string {
  const { light, width, radius } = look;
  const { language, direction } = view;
  const inner = layoutTable(sheet);
  return `<!doctype html>
<html lang="${language}" dir="${direction}" xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width,initial-scale=1" />
<meta name="format-detection" content="telephone=no,date=no,address=no,email=no" />
<meta name="color-scheme" content="light dark" />
<meta name="supported-color-schemes" content="light dark" />
<title>${inHtml(view.subject)}</title>
<style>
${htmlStyle(look)}
</style>
${wordStyle}
</head>
<body class="m-ground" style="margin:0;padding:0;background:${light.ground};-webkit-text-size-adjust:100%;-ms-text-size-adjust:100%">
${preheader(view)}
<div role="main" lang="${language}" dir="${direction}">
${layoutTable(
  `<tr><td class="m-ground" align="center" bgcolor="${light.ground}" style="padding:24px 12px;background:${light.ground}">${forWord(`<table role="presentation" width="${width}" cellpadding="0" cellspacing="0"><tr><td>`)}${layoutTable(
    `<tr><td class="m-sheet" bgcolor="${light.sheet}" style="word-break:break-word;background:${light.sheet};border:1px solid ${light.line};border-radius:${Math.min(radius + 4, 20)}px">${inner}</td></tr>${gapRow(20)}${footer}`,
    `width="100%" style="max-width:${width}px;table-layout:fixed"`,
  )}${forWord("</td></tr></table>")}</td></tr>`,
)}
</div>
</body>
</html>
`;
}
