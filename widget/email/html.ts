// text/html of a mail: every question that the clip budget holds, the rest on the page. No script, no form, no picture.
import { filled } from "../../sdk/filled.ts";
import { askableQuestions, hasTaps } from "./asked.ts";
import { htmlDocument } from "./html-frame.ts";
import { htmlNotice, htmlPreferences } from "./html-notice.ts";
import { button, gapRow, layoutTable, line, sidesOf } from "./html-pieces.ts";
import { htmlQuestion, htmlQuestionOnPage } from "./html-question.ts";
import type { Look } from "./look.ts";
import { filledBytes, inHtml, linesInHtml } from "./prose.ts";
import type { MailView } from "./view.ts";

/** Bytes of a filled part. Gmail clips at about 102,000, counted after what the sending service adds. */
export const htmlBytesMax = 90_000;
/** Of which a template around a block may take this much before the block gives way. */
const templateBytes = 20_000;

export interface BlockOptions {
  readonly look: Look;
  /** Bytes of the filled block: questions that do not fit are left to the page. */
  readonly bytesMax?: number;
  /** Defaults to true: a template that has the notice, or the links to preferences, elsewhere says false. */
  readonly notice?: boolean;
  readonly preferences?: boolean;
}

const row = (look: Look, content: string, top: number, rule = false): string => {
  const edge = rule ? ` class="m-rule m-pad" ` : ` class="m-pad" `;
  const border = rule ? `;border-top:1px solid ${look.light.line}` : "";
  return `<tr><td${edge}style="padding:${top}px 32px 18px${border}">${content}</td></tr>`;
};

function opening(view: MailView, look: Look): string {
  const { words, title, intro, campaign } = view;
  const { name } = campaign.notice.controller;
  return [
    line(view, look, inHtml(name), {
      tag: "p",
      kind: "muted",
      font: "600 14px/20px",
      below: 14,
    }),
    line(view, look, linesInHtml(title), {
      tag: "h1",
      kind: "ink",
      font: "700 28px/35px",
      below: 10,
      display: true,
    }),
    intro === undefined
      ? ""
      : line(view, look, linesInHtml(intro), {
          tag: "p",
          kind: "muted",
          font: "16px/25px",
          below: 12,
        }),
    hasTaps(view)
      ? line(view, look, inHtml(words.tapHint), {
          tag: "p",
          kind: "ink",
          font: "500 15px/23px",
          below: 6,
        })
      : "",
  ].join("");
}

/** Questions in order while they fit; one that is too large alone becomes a link, and after the budget all do, together. */
function fitting(
  view: MailView,
  look: Look,
  bytesMax: number,
): { readonly rows: string; readonly left: number } {
  const questions = askableQuestions(view);
  let rows = "";
  let bytes = 0;
  for (const [shown, question] of questions.entries()) {
    const whole = row(look, htmlQuestion(view, question, look), 24, true);
    const size = filledBytes(whole);
    const next =
      bytes + size <= bytesMax
        ? whole
        : size > bytesMax / 2
          ? row(look, htmlQuestionOnPage(view, question, look), 24, true)
          : "";
    bytes += filledBytes(next);
    if (next === "" || bytes > bytesMax) return { rows, left: questions.length - shown };
    rows += next;
  }
  return { rows, left: 0 };
}

function toPage(view: MailView, look: Look, left: number): string {
  const { words, page, questions } = view;
  const only = questions.length === 1 ? words.openPage : words.allQuestions;
  const label = left > 0 ? filled(words.moreOnPage, view.language, [left]) : only;
  return layoutTable(
    `<tr><td align="${sidesOf(view).start}">${button(look, { href: page, label, weight: "main" })}</td></tr>${gapRow(6)}`,
  );
}

/** The widget's rows for a layout table of its own sheet. */
function sheetRows(
  view: MailView,
  { look, bytesMax, notice = true }: Required<Pick<BlockOptions, "bytesMax">> & BlockOptions,
): string {
  const head = row(look, opening(view, look), 32);
  const tail = (left: number): string =>
    row(look, toPage(view, look, left), 24, true) +
    (notice ? row(look, htmlNotice(view, look), 24, true) : "");
  // The count is a few digits longer or shorter than any other.
  const room = bytesMax - filledBytes(head) - filledBytes(tail(99));
  const { rows, left } = fitting(view, look, room);
  return head + rows + tail(left);
}

/**
 * The widget alone, to be pasted into any template: tables and inline styles, as HTML with slot tokens. Give the
 * template's head the rules of `htmlStyle` for dark mode.
 */
export function htmlBlock(view: MailView, options: BlockOptions): string {
  const { look, preferences = true } = options;
  const { light, radius } = look;
  const footer = preferences
    ? `<tr><td style="padding:20px 0 0">${htmlPreferences(view, look)}</td></tr>`
    : "";
  const around = (rows: string): string =>
    `<div lang="${view.language}" dir="${view.direction}">${layoutTable(
      `<tr><td class="m-sheet" bgcolor="${light.sheet}" style="word-break:break-word;background:${light.sheet};border:1px solid ${light.line};border-radius:${Math.min(radius + 4, 20)}px">${layoutTable(rows)}</td></tr>${footer}`,
      `width="100%" align="center" style="max-width:${look.width}px;margin:0 auto"`,
    )}</div>`;
  const bytesMax = (options.bytesMax ?? htmlBytesMax - templateBytes) - filledBytes(around(""));
  return around(sheetRows(view, { ...options, bytesMax }));
}

/** The whole part: a document with preheader, questions, notice and footer, as HTML with slot tokens. */
export function htmlPart(view: MailView, options: BlockOptions): string {
  const { look, bytesMax = htmlBytesMax } = options;
  const footer = `<tr><td>${htmlPreferences(view, look)}</td></tr>`;
  const around = (rows: string): string => htmlDocument(view, look, rows, footer);
  return around(sheetRows(view, { ...options, bytesMax: bytesMax - filledBytes(around("")) }));
}
