// One question in text/html. Each answer that an index can say is a link to the page, which arrives with it chosen;
// what no link can say has a button to the page.
import { button, forWord, gapRow, layoutTable, line, sidesOf } from "./html-pieces.ts";
import type { Look } from "./look.ts";
import { shapeOf, stepMeanings } from "./asked.ts";
import { shuffledTokens } from "../../sdk/mail-plan.ts";
import { inHtml, linesInHtml } from "./prose.ts";
import type { MailView, OptionView, QuestionView } from "./view.ts";

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

const listed = (view: MailView, option: OptionView, look: Look): string =>
  `<tr><td class="m-option" style="${cellStyle(look)};mso-padding-alt:${optionPadding}"><a class="m-ink" href="${option.link}" target="_blank" style="display:block;padding:${optionPadding};font:500 16px/22px ${look.font};color:${look.light.ink};text-decoration:none;text-align:${sidesOf(view).start}">${optionLabel(option, look)}</a></td></tr>${gapRow(8)}`;

function list(view: MailView, { question, index, options }: QuestionView, look: Look): string {
  const rows = options.map((option) => listed(view, option, look));
  const shuffles = "shuffle" in question && question.shuffle === true;
  return layoutTable(shuffles ? shuffledTokens(index, rows) : rows.join(""));
}

function halves({ options }: QuestionView, look: Look): string {
  const cells = options.map(
    (option) =>
      `<td class="m-option" width="50%" align="center" style="${cellStyle(look)};mso-padding-alt:${optionPadding}"><a class="m-ink" href="${option.link}" target="_blank" style="display:block;padding:${optionPadding};font:600 16px/22px ${look.font};color:${look.light.ink};text-decoration:none;text-align:center">${inHtml(option.label)}</a></td>`,
  );
  const gap = `<td style="padding:0 4px;font-size:0;line-height:0">&nbsp;</td>`;
  return layoutTable(`<tr>${cells.join(gap)}</tr>${gapRow(8)}`);
}

/** Targets of 44 pixels that wrap where the row is wider than the screen; Word, which cannot wrap them, gets a table. */
function steps(view: MailView, { options }: QuestionView, look: Look): string {
  const { light, radius, font } = look;
  const { end } = sidesOf(view);
  const last = options.at(-1)?.label ?? "";
  const corner = Math.min(radius, 14);
  const links = options.map(({ link, label }) => {
    const numbered = /^\d+$/.test(last) ? ` aria-label="${label} / ${last}"` : "";
    return `<a class="m-option m-ink" href="${link}" target="_blank"${numbered} style="display:inline-block;min-width:26px;margin:0 0 6px;margin-${end}:4px;padding:10px 8px;border:1px solid ${light.edge};border-radius:${corner}px;background:${light.soft};font:600 16px/22px ${font};color:${light.ink};text-decoration:none;text-align:center">${label}</a>`;
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
  return `${heading}${description}<div role="group" aria-labelledby="${id}">${answers(view, question, look)}</div>`;
}

/** A question in short: its text, and a button to the page. For one whose answers alone would fill the mail. */
export function htmlQuestionOnPage(view: MailView, question: QuestionView, look: Look): string {
  return htmlQuestion(view, { ...question, options: [] }, look);
}
