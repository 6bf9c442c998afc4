// The way through the AMP part: its questions one after another or all at once, what a reader agrees to before sending, and
// what is said after.
import { filled } from "../../sdk/filled.ts";
import { escapeHtml, invitationToken } from "../../sdk/mail-plan.ts";
import { attribute, goOf, isChecked, isFine, setState, shownWhile } from "./amp-bind.ts";
import { hiddenCodes, type AmpForm } from "./amp-codes.ts";
import { banner } from "./amp-pictures.ts";
import { findOutcome, findsOutcome, firstOutcome } from "./amp-outcome.ts";
import { ampQuestion } from "./amp-question.ts";
import { questionsLeft, type AmpQuestion } from "./amp-questions.ts";

import { progressTenths } from "./amp-style.ts";
import { fill, inHtml, linesInHtml } from "./prose.ts";
import type { MailView } from "./view.ts";

const sheetId = "sheet";
/** After a step the reader's focus, and the screen with it, is at its beginning. */
const toTop = `${sheetId}.focus`;

const button = (css: string, label: string, actions: string): string =>
  `<button type="button" class="${css}"${attribute("on", `tap:${actions}`)}>${inHtml(label)}</button>`;

/** `href` as markup: an address of ours may hold a slot, an author's must not. */
const link = (href: string, label: string, css = ""): string =>
  `<a${css && ` class="${css}"`} href="${href}" target="_blank">${inHtml(label)}</a>`;

/** An author's address. Braces are legal in none, and mean something to AMP and to sending services. */
const addressInHtml = (url: string): string =>
  inHtml(
    new URL(url).href.replace(
      /[{}|<>"'`\\^]/g,
      (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
    ),
  );

const lastOfPath = "at.path[at.path.length-1]";
const back = (view: MailView): string =>
  button(
    "quiet",
    view.words.back,
    `${setState(`at:{step:${lastOfPath},path:at.path.slice(0,at.path.length-1),fault:false}`)},${toTop}`,
  );

function step(form: AmpForm, question: AmpQuestion): string {
  const { index, destinations } = question;
  const { view } = form;
  const go = goOf(question);
  // A long list of rules has an expression to itself: amp-bind takes 250 operands in one.
  const rules = destinations.to === "rules" ? `${setState(`go:{q${index}:${go}}`)},` : "";
  const next = destinations.to === "rules" ? `go.q${index}` : go;
  const onward = isChecked(question)
    ? `step:${isFine(question)}?${next}:${index},path:${isFine(question)}?at.path.concat([${index}]):at.path,fault:!${isFine(question)}`
    : `step:${next},path:at.path.concat([${index}]),fault:false`;
  const forward = button("main", view.words.next, `${rules}${setState(`at:{${onward}}`)},${toTop}`);
  return `<section class="step"${shownWhile(`at.step==${index}`, index === 0)}>
${ampQuestion(form, question)}
<div class="actions">${index === 0 ? "" : back(view)}${forward}</div>
</section>`;
}

/** "Question 2 of 5" and a bar; the count is of the way as it stands, as on the page. */
function progress({ view }: AmpForm): string {
  const { words, questions } = view;
  const [total = 0] = questionsLeft(view.campaign.definition);
  const all = "(at.path.length+say.left[at.step])";
  const says = `say.progress.split('#0').join(at.path.length+1).split('#1').join${all}`;
  return `<p class="count" role="status"${shownWhile(`at.step!=${questions.length}`, true)}${attribute("[text]", says)}>${inHtml(fill(words.progress, 1, total))}</p>
<div class="track"><div class="bar b0"${attribute("[class]", `'bar b'+round(${progressTenths}*at.path.length/${all})`)}></div></div>`;
}

/** What `progress` looks up, for `say`. */
export const progressTexts = ({ words, campaign }: MailView): Record<string, unknown> => ({
  // Other marks than {0}: services that merge mails look for braces.
  progress: fill(words.progress, "#0", "#1"),
  left: [...questionsLeft(campaign.definition), 0],
});

/** What a reader agrees to by sending, and may agree to besides. */
function notice(view: MailView): string {
  const { words, campaign, text, page } = view;
  const { controller, retentionDays, purposes, url, text: told } = campaign.notice;
  const needed = purposes.filter(({ required }) => required);
  const free = purposes.filter(({ required }) => !required);
  const stated = needed.map(
    (purpose) =>
      `<li>${inHtml(text(purpose.text))} <span class="tag">${inHtml(words.needed)}</span></li>`,
  );
  const boxes = free.map(
    ({ id, text: asked }) =>
      `<div class="option box"><input type="checkbox" id="agree-${id}" name="consent" value="${id}"><label for="agree-${id}"><b class="tick"></b>${inHtml(text(asked))}</label></div>`,
  );
  return `<div class="notice">
<h2>${inHtml(words.notice)}</h2>
<p class="about">${linesInHtml(text(told))}</p>
${needed.map(({ id }) => `<input type="hidden" name="consent" value="${id}">`).join("")}
${stated.length > 0 ? `<ul class="purposes">${stated.join("")}</ul><p class="small">${inHtml(words.neededWhy)}</p>` : ""}
${boxes.length > 0 ? `<div class="options" role="group" aria-label="${inHtml(words.optional)}">${boxes.join("\n")}</div>` : ""}
<p class="small">${inHtml(fill(words.controller, controller.name, controller.contact))} ${inHtml(filled(words.retention, view.language, [retentionDays]))} ${link(url === undefined ? escapeHtml(page) : addressInHtml(url), words.fullNotice)}</p>
</div>`;
}

const isSending = "at.view=='sending'";

function sendButtons(form: AmpForm, questions: readonly AmpQuestion[]): string {
  const { words } = form.view;
  const checked = questions.filter(isChecked);
  const fine = checked.map(isFine).join("&&");
  const ready = form.stepped ? `at.step==${questions.length}` : fine || "true";
  const readyNow = !form.stepped && checked.every(({ required }) => !required);
  // A disabled button is also what keeps the Enter key of an earlier step from sending (HTML, implicit submission).
  const submit = `<button type="submit" class="main"${form.stepped || checked.length === 0 ? "" : shownWhile(ready, readyNow)}${readyNow ? "" : " disabled"}${attribute("[disabled]", `${isSending}||!(${ready})`)}${attribute("[text]", `${isSending}?say.sending:say.send`)}>${inHtml(words.send)}</button>`;
  if (form.stepped) return `${back(form.view)}${submit}`;
  // On one page a button of the same look says what is missing, in the place of the one that sends.
  const blocked =
    checked.length === 0
      ? ""
      : `<button type="button" class="main"${shownWhile(`!(${fine})`, !readyNow)}${attribute("on", `tap:${setState("at:{fault:true}")},${toTop}`)}>${inHtml(words.send)}</button>`;
  return `${submit}${blocked}`;
}

function send(form: AmpForm, questions: readonly AmpQuestion[]): string {
  const { view, stepped } = form;
  const { words, page } = view;
  const shown = stepped ? shownWhile(`at.step==${questions.length}`, false) : "";
  return `<section class="step"${shown}>
${notice(view)}
<p class="small">${inHtml(words.inMailLimit)}</p>
<p class="fault" role="alert"${shownWhile("at.view=='failed'", false)}>${inHtml(words.failed)} ${link(escapeHtml(page), words.openPage)}</p>
<p class="fault" role="alert"${shownWhile("at.view=='confirm'", false)}>${inHtml(words.confirm)}</p>
<div class="actions">${sendButtons(form, questions)}</div>
</section>`;
}

/** The result that the scores lead to, found in the mail; the region's server finds the same. */
function outcomes(form: AmpForm, otherwise: string): string {
  const { text, said, picture, campaign } = form.view;
  const { outcomes: all, thanks } = campaign.definition;
  const eyebrow =
    thanks === undefined ? "" : `<p class="eyebrow">${inHtml(said(thanks.title))}</p>`;
  const first = firstOutcome(form.view);
  // Where each hangs on a condition, none of them may hold.
  const none = all.some(({ when }) => when === undefined)
    ? ""
    : `<h2${shownWhile("at.outcome<0", first < 0)}>${inHtml(otherwise)}</h2>`;
  const shown = all
    .map(({ title, text: about, link: more, image }, index) => {
      const told = about === undefined ? "" : `<p class="about">${linesInHtml(said(about))}</p>`;
      const door =
        more === undefined
          ? ""
          : `<p class="actions">${link(addressInHtml(more.url), text(more.text), "button")}</p>`;
      return `<div${shownWhile(`at.outcome==${index}`, index === first)}>${banner(picture(image))}${eyebrow}<h2>${inHtml(said(title))}</h2>${told}${door}</div>`;
    })
    .join("\n");
  return shown + none;
}

function thanksView(form: AmpForm, questions: readonly AmpQuestion[]): string {
  const { view, stepped, branching, beyond } = form;
  const { words, said, campaign, page } = view;
  const { thanks } = campaign.definition;
  const title = thanks === undefined ? words.thanks : said(thanks.title);
  const left = beyond + questions.filter(({ control }) => control === "page").length;
  const more = branching ? words.allQuestions : filled(words.moreOnPage, view.language, [left]);
  const again = setState(
    stepped ? "at:{view:'ask',step:0,path:[],fault:false}" : "at:{view:'ask',fault:false}",
  );
  return `<section class="thanks" role="status"${shownWhile("at.view=='thanks'", false)}>
<div class="seal"><div></div></div>
${findsOutcome(view) ? outcomes(form, title) : `<h2>${inHtml(title)}</h2>`}
${thanks?.text === undefined ? "" : `<p class="about">${linesInHtml(said(thanks.text))}</p>`}
<p class="small">${inHtml(words.arrived)}</p>
${left === 0 ? "" : `<p class="small">${link(escapeHtml(page), more)}</p>`}
<div class="actions">${button("quiet", words.change, `${again},${toTop}`)}</div>
</section>`;
}

/** What the form does as it is sent; the answer of the edge says whether it counts at once (SPEC §3.13). */
function formActions(form: AmpForm, questions: readonly AmpQuestion[]): string {
  const success = setState("at:{view:event.response.confirm?'confirm':'thanks'}");
  return attribute(
    "on",
    [
      `submit:${setState("at:{view:'sending'}")}`,
      `submit-success:${[...findOutcome(form.view, questions), success, toTop].join(",")}`,
      `submit-error:${setState("at:{view:'failed'}")}`,
    ].join(";"),
  );
}

/** The form with all around it that a reader answers in. */
export function ampWidget(form: AmpForm, questions: readonly AmpQuestion[]): string {
  const { view, stepped, inside } = form;
  const asked = questions.map((question) =>
    stepped ? step(form, question) : ampQuestion(form, question),
  );
  const open = `<form method="post" action-xhr="${escapeHtml(view.edge)}/v1/amp/answers"${formActions(form, questions)}>
<input type="hidden" name="invitation" value="${invitationToken}"><input type="hidden" name="language" value="${view.language}">`;
  const close = `${questions.map((question) => hiddenCodes(form, question)).join("")}
${send(form, questions)}
</form>`;
  // Where no control of a question is posted they stand before the form, where radios may have a group's name.
  const parts = inside ? [open, ...asked, close] : [...asked, open, close];
  return `<div class="sheet" id="${sheetId}" tabindex="-1">
<div${stepped ? "" : ' class="all"'}${shownWhile("at.view!='thanks'", true)}>
${stepped ? progress(form) : ""}
${parts.join("\n")}
</div>
${thanksView(form, questions)}
</div>`;
}
