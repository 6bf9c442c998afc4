// text/plain of a mail: the same questions as text/html, each answer with its address. Addresses stand on lines of their
// own where labels do, so that no label can turn their direction and no line break cuts them.
import { filled } from "../../sdk/filled.ts";
import {
  askableQuestions,
  fullNoticeOf,
  hasTaps,
  noticeLimits,
  purposesOf,
  shapeOf,
  stepMeanings,
} from "./asked.ts";
import { fill, filledBytes, inPlain, oneLine, shortened } from "./prose.ts";
import { columnsOf, wrapped } from "./text-lines.ts";
import { shuffledTokens } from "../../sdk/mail-plan.ts";
import { drawnInText } from "./pictures.ts";
import { isShuffled, keptIn, type MailView, type OptionView, type QuestionView } from "./view.ts";

/** Bytes of a filled part: questions beyond are left to the page. */
export const textBytesMax = 50_000;
const ruleColumns = 60;

const underlined = (text: string): string => {
  const lines = wrapped(text);
  const columns = Math.max(...lines.split("\n").map(columnsOf));
  return `${lines}\n${"=".repeat(columns)}`;
};

function choice(option: Pick<OptionView, "label" | "description" | "link">, mark: string): string {
  const description = option.description === undefined ? "" : ` – ${option.description}`;
  const label = wrapped(inPlain(oneLine(option.label + description)), "     ", `  ${mark}`);
  return `${label}\n     ${option.link}\n`;
}

/** `★★★☆☆ 3`: what is drawn, and the step that it stands for. */
const step = ({ question }: QuestionView, { index, label, link }: OptionView): string =>
  `  ${[drawnInText(question, index), label].filter(Boolean).join(" ")}: ${link}\n`;

const numbered = (rank: number): string => `${rank + 1}.`.padEnd(3);

/** The options, numbered unless each reader has an order of their own. */
function choices(view: MailView, shown: QuestionView): string {
  const { index, options, other } = shown;
  const own = (mark: string): string =>
    other === undefined ? "" : choice({ label: other, link: view.page }, mark);
  if (isShuffled(shown))
    return (
      shuffledTokens(
        index,
        options.map((option) => choice(option, "-  ")),
        keptIn(shown),
      ) + own("-  ")
    );
  return (
    options.map((option, rank) => choice(option, numbered(rank))).join("") +
    own(numbered(options.length))
  );
}

function answers(view: MailView, question: QuestionView): string {
  switch (shapeOf(question)) {
    case "page":
      return `${wrapped(`${view.words.onPage}:`, "  ")}\n  ${view.page}\n`;
    case "steps":
      return (
        stepMeanings(view, question)
          .map((meaning) => `${wrapped(inPlain(oneLine(meaning)), "  ")}\n`)
          .join("") + question.options.map((option) => step(question, option)).join("")
      );
    default:
      return choices(view, question);
  }
}

function asked(view: MailView, question: QuestionView): string {
  const description =
    question.description === undefined ? "" : `${wrapped(inPlain(question.description))}\n`;
  // A picture is said in brackets, as text browsers do.
  const alt = question.picture?.alt ?? "";
  const shown = alt === "" ? "" : `${wrapped(`[${inPlain(oneLine(alt))}]`)}\n`;
  return `\n* ${wrapped(inPlain(question.text), "  ", "")}\n${description}${shown}\n${answers(view, question)}`;
}

function opening(view: MailView): string {
  const { title, intro, words } = view;
  const introduced = intro === undefined ? "" : `${wrapped(inPlain(intro))}\n\n`;
  return `${underlined(inPlain(oneLine(title)))}\n\n${introduced}${hasTaps(view) ? `${wrapped(words.numbered)}\n` : ""}`;
}

function closing(view: MailView, left: number): string {
  const { words, page, preferences, campaign } = view;
  const { controller, retentionDays, text, purposes } = campaign.notice;
  const more = left > 0 ? filled(words.moreOnPage, view.language, [left]) : words.allQuestions;
  const lines = [
    `\n${wrapped(`${more}:`)}\n${page}`,
    `\n${"-".repeat(ruleColumns)}`,
    wrapped(`${words.notice}:`),
    wrapped(inPlain(shortened(view.text(text), noticeLimits.textCharacters))),
    ...purposesOf(view).map((purpose) => wrapped(inPlain(purpose), "  ", "- ")),
    ...(purposes.length > noticeLimits.purposes ? ["- …"] : []),
    wrapped(inPlain(oneLine(fill(words.controller, controller.name, controller.contact)))),
    wrapped(filled(words.retention, view.language, [retentionDays])),
    `${wrapped(`${words.fullNotice}:`)}\n${fullNoticeOf(view)}`,
    `\n${wrapped(inPlain(oneLine(fill(words.why, controller.name))))}`,
    `${wrapped(`${words.preferences} / ${words.unsubscribe}:`)}\n${preferences}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** The part with slot tokens. Lines end in `\n` and have at most 76 columns, those with an address apart. */
export function textPart(view: MailView): string {
  const questions = askableQuestions(view);
  const start = opening(view);
  const room = textBytesMax - filledBytes(start) - filledBytes(closing(view, 99));
  let body = "";
  let bytes = 0;
  for (const [shown, question] of questions.entries()) {
    const text = asked(view, question);
    bytes += filledBytes(text);
    if (bytes > room) return start + body + closing(view, questions.length - shown);
    body += text;
  }
  return start + body + closing(view, 0);
}
