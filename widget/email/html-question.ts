// One question in text/html. Each answer that an index can say is a link to the page, which arrives with it chosen;
// what no link can say has a button to the page.
import { escapeHtml, shuffledTokens } from "../../sdk/mail-plan.ts";
import { shapeOf, stepMeanings } from "./asked.ts";
import { button, forWord, gapRow, layoutTable, line, sidesOf } from "./html-pieces.ts";
import { picture, pictureCards } from "./html-pictures.ts";
import type { Look } from "./look.ts";
import { inHtml, linesInHtml } from "./prose.ts";
import { isShuffled, keptIn, type MailView, type OptionView, type QuestionView } from "./view.ts";

const cellStyle = ({ light, radius }: Look): string =>
  `border:1px solid ${light.edge};border-radius:${radius}px;background:${light.soft}`;

/** 22 pixels of text and twice 12 around: a target of 48 with its border. Word ignores a link's padding, not a cell's. */
const optionPadding = "12px 16px";

function optionLabel(option: OptionView, look: Look): string {
  const description =
    option.description === undefined
      ? ""
      : `<br /><span class="m-muted" style="font-size:14px;color:${look.light.muted}">${inHtml(option.description)}</span>`;
  return `${inHtml(option.label)}${description}`;
}

/** One answer over the whole width. */
const listed = (
  view: MailView,
  option: Pick<OptionView, "link">,
  look: Look,
  label: string,
): string =>
  `<tr><td class="m-option" style="${cellStyle(look)};mso-padding-alt:${optionPadding}"><a class="m-ink" href="${escapeHtml(option.link)}" target="_blank" style="display:block;padding:${optionPadding};font:500 16px/22px ${look.font};color:${look.light.ink};text-decoration:none;text-align:${sidesOf(view).start}">${label}</a></td></tr>${gapRow(8)}`;

function list(view: MailView, question: QuestionView, look: Look): string {
  const { index, options, other } = question;
  const rows = options.map((option) => listed(view, option, look, optionLabel(option, look)));
  const own = other === undefined ? "" : listed(view, { link: view.page }, look, inHtml(other));
  const shown = isShuffled(question)
    ? shuffledTokens(index, rows, keptIn(question))
    : rows.join("");
  return layoutTable(shown + own);
}

function halves({ options }: QuestionView, look: Look): string {
  const cells = options.map(({ link, label, glyph }) => {
    const drawn = glyph === undefined ? "" : `<span aria-hidden="true">${glyph}&nbsp; </span>`;
    return `<td class="m-option" width="50%" align="center" style="${cellStyle(look)};mso-padding-alt:${optionPadding}"><a class="m-ink" href="${escapeHtml(link)}" target="_blank" style="display:block;padding:${optionPadding};font:600 16px/22px ${look.font};color:${look.light.ink};text-decoration:none;text-align:center">${drawn}${inHtml(label)}</a></td>`;
  });
  const gap = `<td style="padding:0 4px;font-size:0;line-height:0">&nbsp;</td>`;
  return layoutTable(`<tr>${cells.join(gap)}</tr>${gapRow(8)}`);
}

/** Targets of 44 pixels that wrap where the row is wider than the screen; Word, which cannot wrap them, gets a table. */
function steps(view: MailView, { options }: QuestionView, look: Look): string {
  const { light, radius, font } = look;
  const { end } = sidesOf(view);
  const last = options.at(-1)?.label ?? "";
  const corner = Math.min(radius, 14);
  const links = options.map(({ link, label, glyph }) => {
    const numbered = /^\d+$/.test(last) ? ` aria-label="${label} / ${last}"` : "";
    const [size, shown] =
      glyph === undefined
        ? ["16px/22px", label]
        : ["22px/26px", `${glyph}<br /><span style="font:600 13px/16px ${font}">${label}</span>`];
    return `<a class="m-option m-ink" href="${escapeHtml(link)}" target="_blank"${numbered} style="display:inline-block;min-width:26px;margin:0 0 6px;margin-${end}:4px;padding:10px 8px;border:1px solid ${light.edge};border-radius:${corner}px;background:${light.soft};font:600 ${size} ${font};color:${light.ink};text-decoration:none;text-align:center">${shown}</a>`;
  });
  const cell = `<td align="center" width="40" bgcolor="${light.soft}" style="padding:10px 4px;border:1px solid ${light.edge}">`;
  const word = links.map((link, rank) => `${forWord(rank === 0 ? cell : `</td>${cell}`)}${link}`);
  return `<div style="text-align:${sidesOf(view).start};font-size:0">${forWord(`<table role="presentation" cellspacing="4"><tr>`)}${word.join("")}${forWord("</td></tr></table>")}</div>`;
}

const meanings = (view: MailView, question: QuestionView, look: Look): string =>
  stepMeanings(view, question)
    .map((text) => line(view, look, inHtml(text), meaning))
    .join("");

const meaning = { tag: "p", kind: "muted", font: "14px/20px", below: 4 } as const;

const onPage = (view: MailView, look: Look): string =>
  layoutTable(
    `<tr><td align="${sidesOf(view).start}">${button(look, { href: view.page, label: view.words.onPage, weight: "quiet" })}</td></tr>${gapRow(6)}`,
  );

function answers(view: MailView, question: QuestionView, look: Look): string {
  switch (shapeOf(question)) {
    case "list":
      return list(view, question, look);
    case "pictures":
      return pictureCards(view, question, look);
    case "halves":
      return halves(question, look);
    case "steps":
      return steps(view, question, look) + meanings(view, question, look);
    case "page":
      return onPage(view, look);
  }
}

/** A question with its answers as links, as HTML with slot tokens; wants a cell around it. */
export function htmlQuestion(view: MailView, question: QuestionView, look: Look): string {
  const id = `m-q${question.index}`;
  const description =
    question.description === undefined
      ? ""
      : line(view, look, linesInHtml(question.description), {
          tag: "p",
          kind: "muted",
          font: "15px/22px",
          below: 14,
        });
  const heading = line(view, look, linesInHtml(question.text), {
    tag: "h2",
    kind: "ink",
    font: "600 18px/26px",
    below: question.description === undefined ? 14 : 4,
    id,
  });
  const shown = picture(question.picture, look);
  return `${heading}${description}${shown}<div role="group" aria-labelledby="${id}">${answers(view, question, look)}</div>`;
}

/** A question in short: its text, and a button to the page. For one whose answers alone would fill the mail. */
export function htmlQuestionOnPage(view: MailView, question: QuestionView, look: Look): string {
  return htmlQuestion(view, { ...question, options: [] }, look);
}
