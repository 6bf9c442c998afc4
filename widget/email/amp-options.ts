// The options of a question in the AMP part: a list, cards with pictures, a row of steps, the rows of a matrix.
import { escapeHtml, shuffledTokens, slotToken } from "../../sdk/mail-plan.ts";
import {
  attribute,
  chooseCell,
  chooseOption,
  chooseValue,
  chosenOf,
  isChosen,
  isFull,
  keyOf,
  toggleOption,
} from "./amp-bind.ts";
import { holdsCodes, nameOf, type AmpForm } from "./amp-codes.ts";
import { cardPicture } from "./amp-pictures.ts";
import { rowsOf, type AmpQuestion } from "./amp-questions.ts";
import { scaleClasses } from "./amp-style.ts";
import { stepMarks } from "./asked.ts";
import { fillsUp } from "./pictures.ts";
import { inHtml, linesInHtml } from "./prose.ts";
import { isShuffled, keptIn, type MailView, type OptionView } from "./view.ts";

export const idOf = (question: AmpQuestion, what: string | number): string =>
  `${keyOf(question)}-${what}`;

/** What is set when an option is chosen, or a box turned. */
function actOf(question: AmpQuestion, index: number): string {
  const { control, columns = 1 } = question;
  switch (control) {
    case "checks":
      return toggleOption(question, index);
    case "agree":
      return chooseValue(question, `event.checked?${index}:-1`);
    case "grid":
      return chooseCell(question, Math.floor(index / columns), index % columns);
    default:
      return chooseOption(question, index);
  }
}

/** Outside the form the name makes radios a group, and is never posted; of a matrix each row is one. */
const groupOf = ({ control, columns = 1, ...question }: AmpQuestion, index: number): string =>
  `q${question.index}${control === "grid" ? `r${Math.floor(index / columns)}` : ""}`;

/** The input of one option, without its label. */
function optionInput(form: AmpForm, question: AmpQuestion, { index }: OptionView): string {
  const { control, view } = question;
  const code = slotToken({ slot: "code", question: question.index, option: index });
  const type = control === "checks" || control === "agree" ? "checkbox" : "radio";
  const posted = holdsCodes(form, question)
    ? ` name="${nameOf(question)}" value="${code}"`
    : ` name="${groupOf(question, index)}"`;
  const full =
    control === "checks" && question.atMost < view.options.length
      ? attribute("[disabled]", `${isFull(question)}&&!(${isChosen(question, index)})`)
      : "";
  return `<input type="${type}" id="${idOf(question, index)}"${posted}${full}${attribute("on", `change:${actOf(question, index)}`)}>`;
}

/** What is drawn says the same as the label beside it, which alone is read out. */
const drawn = (glyph: string): string => `<span class="glyph" aria-hidden="true">${glyph}</span>`;

function optionLabel(question: AmpQuestion, option: OptionView, more = ""): string {
  const { label, description, glyph } = option;
  const about = description === undefined ? "" : `<span>${linesInHtml(description)}</span>`;
  const mark = glyph === undefined ? "" : drawn(glyph);
  return `<label for="${idOf(question, option.index)}">${more}${mark}${inHtml(label)}${about}</label>`;
}

function cardLabel(question: AmpQuestion, option: OptionView, more: string): string {
  const { label, description, picture, index } = option;
  const about = description === undefined ? "" : `<span>${linesInHtml(description)}</span>`;
  const shown = picture === undefined ? "" : cardPicture(picture);
  return `<label for="${idOf(question, index)}">${shown}<b class="name">${more}${inHtml(label)}${about}</b></label>`;
}

/** A step of a scale; of stars and hearts those below the chosen one are lit as well. */
function stepMark(form: AmpForm, question: AmpQuestion, option: OptionView): string {
  const { index } = option;
  const lit = fillsUp(question.view.question)
    ? attribute("[class]", `${chosenOf(question)}>=${index}?'mark lit':'mark'`)
    : "";
  return `<div class="mark"${lit}>${optionInput(form, question, option)}${optionLabel(question, option)}</div>`;
}

function optionItem(form: AmpForm, question: AmpQuestion, option: OptionView): string {
  const { control, view } = question;
  if (control === "scale" || control === "grid" || question.columns !== undefined)
    return stepMark(form, question, option);
  const box = control === "checks" || control === "agree";
  const tick = box ? '<b class="tick"></b>' : "";
  const label = view.question.kind === "picture-choice" ? cardLabel : optionLabel;
  return `<div class="option ${box ? "box" : "round"}">${optionInput(form, question, option)}${label(question, option, tick)}</div>`;
}

/** Options in the reader's own order where the mail is made for one reader, and the author asks for it. */
export function optionList(form: AmpForm, question: AmpQuestion): string {
  const { view, index } = question;
  const items = view.options.map((option) => optionItem(form, question, option));
  const list =
    isShuffled(view) && form.codes === "direct"
      ? shuffledTokens(index, items, keptIn(view))
      : items.join("\n");
  const { kind } = view.question;
  if (question.control === "scale") {
    const glyphs = view.options.some(({ glyph }) => glyph !== undefined) ? " drawn" : "";
    return `<div class="${scaleClasses(items.length)}${glyphs}">${list}</div>${scaleEnds(form.view, question)}`;
  }
  const look = kind === "yes-no" ? " pair" : kind === "picture-choice" ? " cards" : "";
  return `<div class="options${look}">${list}</div>${otherWay(form, question)}`;
}

/** An answer of the reader's own is written on the page. */
const otherWay = ({ view: { page } }: AmpForm, { view: { other } }: AmpQuestion): string =>
  other === undefined
    ? ""
    : `<p class="other"><a href="${escapeHtml(page)}" target="_blank">${inHtml(other)}</a></p>`;

/** A matrix row by row: what a row asks, and a column's answer beside the other. */
export function rowList(form: AmpForm, question: AmpQuestion): string {
  const { view } = question;
  const asked = view.question.kind === "matrix" ? view.question.rows : [];
  return rowsOf(question)
    .map((cells, row) => {
      const items = cells.flatMap((cell) => {
        const option = view.options[cell];
        return option === undefined ? [] : [optionItem(form, question, option)];
      });
      const text = asked[row];
      const says = text === undefined ? "" : inHtml(form.view.text(text.text));
      return `<fieldset class="row"><legend>${says}</legend><div class="${scaleClasses(cells.length)} cells">${items.join("\n")}</div></fieldset>`;
    })
    .join("\n");
}

function scaleEnds(view: MailView, asked: AmpQuestion): string {
  const { question, options } = asked.view;
  let ends = stepMarks(view, asked.view);
  if (question.kind === "slider" && question.unit !== undefined) {
    const texts = stepTexts(view, asked);
    ends = [options.at(0), options.at(-1)].flatMap((option) =>
      option === undefined ? [] : [[option, texts[option.index] ?? ""] as const],
    );
  }
  if (ends.length === 0) return "";
  // Both ends keep their side where only one says something.
  const places = question.kind === "opinion-scale" && question.middle !== undefined ? 3 : 2;
  const said = Array.from({ length: places }, (_, place) => {
    const index = Math.round((place * (options.length - 1)) / (places - 1));
    const [, meaning = ""] = ends.find(([option]) => option.index === index) ?? [];
    return `<span>${inHtml(meaning)}</span>`;
  });
  return `<div class="ends">${said.join("")}</div>`;
}

/** The texts of a slider's steps, for `say`. */
export function stepTexts({ text }: MailView, { view }: AmpQuestion): string[] {
  const { question, options } = view;
  const unit = question.kind === "slider" && question.unit !== undefined ? text(question.unit) : "";
  return options.map(({ label }) => `${label} ${unit}`.trim());
}
