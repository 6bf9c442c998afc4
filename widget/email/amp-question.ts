// One question of the AMP part: what it says, and the control that takes its answer.
import { escapeHtml } from "../../sdk/mail-plan.ts";
import {
  attribute,
  chooseValue,
  chosenOf,
  chosenCount,
  isChecked,
  isFine,
  shownWhile,
} from "./amp-bind.ts";
import { holdsCodes, offPath, type AmpForm } from "./amp-codes.ts";
import { banner } from "./amp-pictures.ts";
import { type AmpQuestion } from "./amp-questions.ts";
import { idOf, optionList, rowList } from "./amp-options.ts";
import { inHtml, linesInHtml } from "./prose.ts";

const lines = (text: string, css: string, id = ""): string =>
  `<p${id && ` id="${id}"`} class="${css}">${linesInHtml(text)}</p>`;

function dropdown({ view: { words } }: AmpForm, question: AmpQuestion): string {
  const items = question.view.options.map(
    ({ index, label }) => `<option value="${index}">${inHtml(label)}</option>`,
  );
  const act = chooseValue(question, "event.value==''?-1:+event.value");
  return `<select${labelled(question)}${attribute("on", `change:${act}`)}><option value="">${inHtml(words.choose)}</option>${items.join("")}</select>`;
}

export const sliderTexts = (question: AmpQuestion): string => `steps${question.index}`;

function slider(question: AmpQuestion): string {
  const steps = question.view.options.length;
  const act = chooseValue(question, "event.valueAsNumber");
  const says = `${chosenOf(question)}<0?'–':say.${sliderTexts(question)}[${chosenOf(question)}]`;
  return [
    `<output class="value"${attribute("[text]", says)}>–</output>`,
    // Steps are counted from 0; what a step means is said beside it and to assistive technology.
    `<input class="range" type="range" min="0" max="${steps - 1}" step="1" value="${Math.floor((steps - 1) / 2)}" aria-valuetext="–"${attribute("[aria-valuetext]", says)}${labelled(question)}${attribute("on", `change:${act};input-throttled:${act}`)}>`,
  ].join("");
}

const labelled = (question: AmpQuestion): string => ` aria-labelledby="${idOf(question, "text")}"`;

function controlMarkup(form: AmpForm, question: AmpQuestion): string {
  const { words, page } = form.view;
  switch (question.control) {
    case "page":
      return `<p class="actions"><a class="button quiet" href="${escapeHtml(page)}" target="_blank">${inHtml(words.onPage)}</a></p>`;
    case "dropdown":
      return dropdown(form, question);
    case "slider":
      return slider(question);
    default:
      return question.columns === undefined ? optionList(form, question) : rowList(form, question);
  }
}

/** "1 / 2–3": how many are chosen of how many may be. */
function chosenOfMany(question: AmpQuestion): string {
  const { control, atLeast, atMost, view } = question;
  if (
    control !== "checks" ||
    question.columns !== undefined ||
    (atLeast === 1 && atMost === view.options.length)
  )
    return "";
  const range = atLeast === atMost || atLeast === 1 ? `${atMost}` : `${atLeast}–${atMost}`;
  return `<p class="count" role="status"${attribute("[text]", `${chosenCount(question)}+' / ${range}'`)}>0 / ${range}</p>`;
}

const faultOf = ({ view: { words } }: AmpForm, question: AmpQuestion): string =>
  isChecked(question)
    ? `<p id="${idOf(question, "fault")}" class="fault" role="alert"${shownWhile(`at.fault&&!${isFine(question)}`, false)}>${inHtml(words.required)}</p>`
    : "";

/** A question with its control, and what is said where it was passed over. */
export function ampQuestion(form: AmpForm, question: AmpQuestion): string {
  const { view, required, control } = question;
  const optional =
    required || control === "page"
      ? ""
      : ` <span class="tag">${inHtml(form.view.words.optional)}</span>`;
  const about =
    view.description === undefined ? "" : lines(view.description, "about", idOf(question, "about"));
  const described = about && ` aria-describedby="${idOf(question, "about")}"`;
  // What the reader turned away from is not posted; the question in hand must not be disabled.
  const disabled =
    form.branching && holdsCodes(form, question)
      ? attribute("[disabled]", `${offPath(question)}&&at.step!=${question.index}`)
      : "";
  return `<fieldset class="question"${described}${disabled}>
<legend><h2 id="${idOf(question, "text")}">${inHtml(view.text)}${optional}</h2></legend>
${about}${banner(view.picture)}${controlMarkup(form, question)}${chosenOfMany(question)}${faultOf(form, question)}
</fieldset>`;
}
