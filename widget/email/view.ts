// A campaign as one language's mail sees it: texts chosen, options counted, links with their slots. What the three parts
// are drawn from.
import { directionOf, inLanguage } from "../../sdk/local-text.ts";
import { invitationToken } from "../../sdk/mail-plan.ts";
import { optionsOf } from "../../sdk/options.ts";
import type { Definition, LocalText, Notice, Question } from "../../sdk/schema/widget.ts";
import type { MailWords } from "./words.ts";

/** What of a campaign a mail is made of. */
export interface MailedCampaign {
  readonly id: string;
  readonly revision: number;
  readonly definition: Definition;
  readonly notice: Notice;
}

export interface OptionView {
  /** Index in SPEC §3.4 and §3.8. */
  readonly index: number;
  readonly label: string;
  readonly description?: string;
  /** Arrives on the page with this option chosen; holds the invitation's token. */
  readonly link: string;
}

export interface QuestionView {
  readonly question: Question;
  /** Index in the definition. */
  readonly index: number;
  readonly text: string;
  readonly description?: string;
  /** Empty where no index can say an answer: the page takes it. */
  readonly options: readonly OptionView[];
}

export interface MailView {
  readonly campaign: MailedCampaign;
  readonly edge: string;
  readonly language: string;
  readonly direction: "ltr" | "rtl";
  readonly words: MailWords;
  readonly subject: string;
  readonly preheader: string;
  readonly title: string;
  readonly intro?: string;
  readonly questions: readonly QuestionView[];
  /** An author's text in this language. */
  readonly text: (local: LocalText) => string;
  /** The page, nothing chosen. */
  readonly page: string;
  /** The preference page. */
  readonly preferences: string;
}

export function viewOf(
  campaign: MailedCampaign,
  edge: string,
  language: string,
  words: MailWords,
): MailView {
  const { definition } = campaign;
  const [fallback = "en"] = definition.languages;
  const text = (local: LocalText): string => inLanguage(local, language, fallback);
  const page = `${edge}/a/${campaign.id}?lang=${language}#${invitationToken}`;
  const title = text(definition.title);
  const intro = definition.intro && text(definition.intro);
  const { subject, preheader } = definition.mail ?? {};
  return {
    campaign,
    edge,
    language,
    direction: directionOf(language),
    words,
    subject: subject === undefined ? title : text(subject),
    preheader: preheader === undefined ? (intro ?? title) : text(preheader),
    title,
    ...(intro !== undefined && { intro }),
    questions: definition.questions.map((question, index) =>
      questionView(question, index, page, text, words),
    ),
    text,
    page,
    preferences: `${edge}/p/${campaign.id}?lang=${language}#${invitationToken}`,
  };
}

function questionView(
  question: Question,
  index: number,
  page: string,
  text: MailView["text"],
  words: MailWords,
): QuestionView {
  const description = question.description && text(question.description);
  return {
    question,
    index,
    text: text(question.text),
    ...(description !== undefined && { description }),
    options: optionsOf(question).map((value, option) => ({
      index: option,
      ...labelOf(question, value, option, text, words),
      link: `${page}.${index}.${option}`,
    })),
  };
}

function labelOf(
  question: Question,
  value: string | number,
  option: number,
  text: MailView["text"],
  words: MailWords,
): Pick<OptionView, "label" | "description"> {
  if ("options" in question) {
    const authored = question.options[option];
    const description = authored?.description && text(authored.description);
    return {
      label: authored === undefined ? "" : text(authored.text),
      ...(description !== undefined && { description }),
    };
  }
  if (question.kind === "yes-no") return { label: value === "yes" ? words.yes : words.no };
  if (question.kind === "consent") return { label: text(question.label) };
  return { label: String(value) };
}
