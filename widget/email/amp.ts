// text/x-amp-html: the widget answered inside the mail, where the client runs AMP. Each choice is a sealed code (SPEC §3.8);
// what no code can say is asked on the page.
import { escapeHtml } from "../../sdk/mail-plan.ts";
import { mailPlanLimits } from "../../sdk/schema/mail-plan.ts";
import { codesMax } from "../../sdk/schema/submission.ts";
import { ampState } from "./amp-state.ts";
import { codeCharacters, sealedJson, type AmpForm } from "./amp-codes.ts";
import { stepTexts } from "./amp-options.ts";
import { sliderTexts } from "./amp-question.ts";
import { ampQuestions, branches, type AmpQuestion } from "./amp-questions.ts";
import { ampWidget, progressTexts } from "./amp-steps.ts";
import { ampStyle } from "./amp-style.ts";
import { lookOf, type Look } from "./look.ts";
import { mailedView } from "./mailed-view.ts";
import { fill, filledBytes, inHtml, linesInHtml } from "./prose.ts";
import type { MailView } from "./view.ts";

/** Gmail refuses AMP parts of more than 200,000 bytes; the sending service may add some. */
export const ampBytesMax = 190_000;

export interface AmpOptions {
  /** `direct`: each option holds its own code. `packed`: one slot holds all, for services whose merge fields are few. */
  readonly codes: "direct" | "packed";
  /** Indices of questions that are left to the page whatever their size. */
  readonly onPage?: readonly number[];
  /** Without it, the author's theme. */
  readonly look?: Look;
}

export interface AmpPart {
  /** With slots, for `templateOf`. */
  readonly amp: string;
  /** Question and option of each code, in the order in which they are packed. */
  readonly choices: [question: number, option: number][];
  /** Ids of the questions that the mail takes. */
  readonly answerable: string[];
  /** Codes that one form may post at most. */
  readonly posted: number;
}

const extension = (name: string): string =>
  `<script async custom-element="${name}" src="https://cdn.ampproject.org/v0/${name}-0.1.js"></script>`;

function documentOf(
  view: MailView,
  look: Look,
  questions: readonly AmpQuestion[],
  body: string,
): string {
  const { language, direction, title, intro, words, campaign, preferences } = view;
  const link = (label: string): string =>
    `<a href="${escapeHtml(preferences)}" target="_blank">${inHtml(label)}</a>`;
  return `<!doctype html>
<html ⚡4email data-css-strict lang="${language}" dir="${direction}">
<head>
<meta charset="utf-8">
<script async src="https://cdn.ampproject.org/v0.js"></script>
${extension("amp-form")}
${extension("amp-bind")}
<style amp4email-boilerplate>body{visibility:hidden}</style>
<style amp-custom>
${ampStyle(look, direction, { questions, outcomes: campaign.definition.outcomes })}
</style>
</head>
<body>
<main class="page">
<h1>${inHtml(title)}</h1>
${intro === undefined ? "" : `<p class="intro">${linesInHtml(intro)}</p>`}
${body}
<p class="foot">${inHtml(fill(words.why, campaign.notice.controller.name))}<br>${link(words.preferences)} &nbsp;·&nbsp; ${link(words.unsubscribe)}</p>
</main>
</body>
</html>
`;
}

function partWith(
  view: MailView,
  { codes, look = lookOf(view.campaign.definition.theme) }: AmpOptions,
  onPage: ReadonlySet<number>,
  /** Questions of the widget that the view leaves out. */
  beyond: number,
): AmpPart | undefined {
  const { definition } = view.campaign;
  const questions = ampQuestions(view, onPage);
  const taken = questions.filter(({ control }) => control !== "page");
  if (taken.length === 0) return undefined;
  const offsets = new Map<number, number>();
  const choices: [number, number][] = [];
  for (const { index, view: shown } of taken) {
    offsets.set(index, choices.length);
    for (const option of shown.options) choices.push([index, option.index]);
  }
  const branching = branches(definition);
  const form: AmpForm = {
    view,
    codes,
    inside: codes === "direct" && taken.every(({ control }) => control !== "grid"),
    offsets,
    branching,
    beyond,
    // Where answers decide what is asked next, only steps can keep the rest out of sight.
    stepped: questions.length > 1 && (branching || definition.layout === "one-by-one"),
  };
  const state = ampState(view, questions, {
    path: form.stepped ? [] : questions.map(({ index }) => index),
    say: {
      send: view.words.send,
      sending: view.words.sending,
      ...(form.stepped && progressTexts(view)),
      ...Object.fromEntries(
        taken
          .filter(({ control }) => control === "slider")
          .map((question) => [sliderTexts(question), stepTexts(view, question)]),
      ),
    },
    sealed: sealedJson(form, taken),
  });
  const amp = documentOf(view, look, questions, `${state}\n${ampWidget(form, questions)}`);
  return {
    amp,
    choices,
    answerable: taken.map(({ view: { question } }) => question.id),
    posted: taken.reduce((sum, { atMost }) => sum + atMost, 0),
  };
}

const fits = ({ amp, choices, posted }: AmpPart): boolean =>
  choices.length <= mailPlanLimits.choices &&
  posted <= codesMax &&
  filledBytes(amp) + choices.length * codeCharacters <= ampBytesMax;

/**
 * The AMP part of one language's mail. A widget too large for one leaves optional questions, the last first, to the page.
 * Undefined where no question can be answered inside the mail, or what must be answered does not fit.
 */
export function ampPart(whole: MailView, options: AmpOptions): AmpPart | undefined {
  const view = mailedView(whole);
  const beyond = whole.questions.length - view.questions.length;
  const onPage = new Set<number>(options.onPage);
  const spare = view.questions.filter(
    ({ question, index, options: all }) =>
      !question.required && all.length > 0 && !onPage.has(index),
  );
  for (;;) {
    const part = partWith(view, options, onPage, beyond);
    if (part === undefined || fits(part)) return part;
    const last = spare.pop();
    if (last === undefined) return undefined;
    onPage.add(last.index);
  }
}
