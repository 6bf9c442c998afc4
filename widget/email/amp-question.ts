// One question of the AMP part. What is posted of it is sealed choices alone: a control whose own value would say
// something has no name or stands outside the form, and a hidden input carries the code.
import { escapeHtml, shuffledTokens, slotToken } from "../../sdk/mail-plan.ts";
import {
  attribute,
  chooseOption,
  chooseValue,
  chosenOf,
  chosenCount,
  isAnswered,
  isChecked,
  isChosen,
  isFine,
  isFull,
  keyOf,
  shownWhile,
  toggleOption,
} from "./amp-bind.ts";
import type { AmpQuestion } from "./amp-questions.ts";
import { scaleClasses } from "./amp-style.ts";
import { inHtml, linesInHtml } from "./prose.ts";
import type { MailView, OptionView } from "./view.ts";

/** Characters of a code (SPEC §3.8). */
export const codeCharacters = 22;

export interface AmpForm {
  readonly view: MailView;
  readonly codes: "direct" | "packed";
  /** Where a question's codes begin among all that are packed. */
  readonly offsets: ReadonlyMap<number, number>;
  /** Whether a question may turn out to be off the reader's way. */
  readonly branching: boolean;
  /** One question at a time. */
  readonly stepped: boolean;
}

const idOf = (question: AmpQuestion, what: string | number): string => `${keyOf(question)}-${what}`;
const nameOf = ({ view }: AmpQuestion): string => `q.${view.question.id}`;

/** Whether each option is an input that is posted itself, with its own code. */
const holdsCodes = (form: AmpForm, { control }: AmpQuestion): boolean =>
  form.codes === "direct" && control !== "dropdown" && control !== "slider" && control !== "page";

const offPath = ({ index }: AmpQuestion): string => `at.path.indexOf(${index})<0`;

const lines = (text: string, css: string, id = ""): string =>
  `<p${id && ` id="${id}"`} class="${css}">${linesInHtml(text)}</p>`;

/** The input of one option, without its label. */
function optionInput(form: AmpForm, question: AmpQuestion, { index }: OptionView): string {
  const { control, view } = question;
  const code = slotToken({ slot: "code", question: question.index, option: index });
  const type = control === "checks" || control === "agree" ? "checkbox" : "radio";
  const act =
    control === "checks"
      ? toggleOption(question, index)
      : control === "agree"
        ? chooseValue(question, `event.checked?${index}:-1`)
        : chooseOption(question, index);
  const posted = holdsCodes(form, question)
    ? ` name="${nameOf(question)}" value="${code}"`
    : // Outside the form: the name makes radios a group, and is never posted.
      ` name="${keyOf(question)}"`;
  const full =
    control === "checks" && question.atMost < view.options.length
      ? attribute("[disabled]", `${isFull(question)}&&!(${isChosen(question, index)})`)
      : "";
  return `<input type="${type}" id="${idOf(question, index)}"${posted}${full}${attribute("on", `change:${act}`)}>`;
}

const optionLabel = (question: AmpQuestion, option: OptionView, more = ""): string => {
  const about =
    option.description === undefined ? "" : `<span>${linesInHtml(option.description)}</span>`;
  return `<label for="${idOf(question, option.index)}">${more}${inHtml(option.label)}${about}</label>`;
};

function optionItems(form: AmpForm, question: AmpQuestion): string[] {
  const { control, view } = question;
  const box = control === "checks" || control === "agree";
  const css = control === "scale" ? "mark" : `option ${box ? "box" : "round"}`;
  const tick = box ? '<b class="tick"></b>' : "";
  return view.options.map(
    (option) =>
      `<div class="${css}">${optionInput(form, question, option)}${optionLabel(question, option, tick)}</div>`,
  );
}

/** Options in the reader's own order where the mail is made for one reader, and the author asks for it. */
function optionList(form: AmpForm, question: AmpQuestion): string {
  const items = optionItems(form, question);
  const { question: asked, options } = question.view;
  const shuffle = "shuffle" in asked && asked.shuffle === true && form.codes === "direct";
  const list = shuffle ? shuffledTokens(question.index, items) : items.join("\n");
  if (question.control === "scale")
    return `<div class="${scaleClasses(options.length)}">${list}</div>${scaleEnds(form.view, question)}`;
  return `<div class="options${asked.kind === "yes-no" ? " pair" : ""}">${list}</div>`;
}

function scaleEnds(view: MailView, asked: AmpQuestion): string {
  const { text } = view;
  const { question } = asked.view;
  let ends: readonly (string | undefined)[] = [];
  if (question.kind === "rating" || question.kind === "nps")
    ends = [question.low, question.high].map((end) => end && text(end));
  else if (question.kind === "slider" && question.unit !== undefined) {
    const texts = stepTexts(view, asked);
    ends = [texts.at(0), texts.at(-1)];
  }
  return ends.every((end) => end === undefined)
    ? ""
    : `<div class="ends">${ends.map((end = "") => `<span>${inHtml(end)}</span>`).join("")}</div>`;
}

function dropdown({ view: { words } }: AmpForm, question: AmpQuestion): string {
  const items = question.view.options.map(
    ({ index, label }) => `<option value="${index}">${inHtml(label)}</option>`,
  );
  const act = chooseValue(question, "event.value==''?-1:+event.value");
  return `<select${labelled(question)}${attribute("on", `change:${act}`)}><option value="">${inHtml(words.choose)}</option>${items.join("")}</select>`;
}

/** The texts of a slider's steps, for `say`. */
export function stepTexts({ text }: MailView, { view }: AmpQuestion): string[] {
  const { question, options } = view;
  const unit = question.kind === "slider" && question.unit !== undefined ? text(question.unit) : "";
  return options.map(({ label }) => `${label} ${unit}`.trim());
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
      return optionList(form, question);
  }
}

/** "1 / 2–3": how many are chosen of how many may be. */
function chosenOfMany(question: AmpQuestion): string {
  const { control, atLeast, atMost, view } = question;
  if (control !== "checks" || (atLeast === 1 && atMost === view.options.length)) return "";
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
${about}${controlMarkup(form, question)}${chosenOfMany(question)}${faultOf(form, question)}
</fieldset>`;
}

/** Posted only while `condition` holds. */
const hiddenCode = (name: string, value: string, condition: string): string =>
  `<input type="hidden" name="${name}" disabled${attribute("[value]", value)}${attribute("[disabled]", `!(${condition})`)}>`;

/** The hidden inputs that carry the codes of questions whose controls do not. */
export function hiddenCodes(form: AmpForm, question: AmpQuestion): string {
  if (question.control === "page" || holdsCodes(form, question)) return "";
  const onPath = form.branching ? `&&!(${offPath(question)})` : "";
  const name = nameOf(question);
  const offset = codeCharacters * (form.offsets.get(question.index) ?? 0);
  const slice = (from: string): string => `sealed.codes.substr(${from},${codeCharacters})`;
  if (question.control === "checks")
    return question.view.options
      .map(({ index }) =>
        hiddenCode(
          name,
          slice(String(offset + codeCharacters * index)),
          `${isChosen(question, index)}${onPath}`,
        ),
      )
      .join("");
  const chosen = chosenOf(question);
  const value =
    form.codes === "packed"
      ? slice(`${offset}+${codeCharacters}*${chosen}`)
      : `sealed.${keyOf(question)}[${chosen}]`;
  return hiddenCode(name, value, `${isAnswered(question)}${onPath}`);
}

/** The codes that hidden inputs look up, as JSON with slots; undefined where every code stands in its input. */
export function sealedJson(form: AmpForm, questions: readonly AmpQuestion[]): string | undefined {
  if (form.codes === "packed") return `{"codes":"${slotToken({ slot: "codes" })}"}`;
  const looked = questions.filter(({ control }) => control === "dropdown" || control === "slider");
  if (looked.length === 0) return undefined;
  const members = looked.map((question) => {
    const codes = question.view.options.map(
      ({ index }) => `"${slotToken({ slot: "code", question: question.index, option: index })}"`,
    );
    return `"${keyOf(question)}":[${codes.join(",")}]`;
  });
  return `{${members.join(",")}}`;
}
