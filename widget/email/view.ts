// A campaign as one language's mail sees it: texts chosen, options counted, links with their slots. What the three parts
// are drawn from.
import { directionOf, inLanguage } from "../../sdk/local-text.ts";
import { invitationToken, slotToken } from "../../sdk/mail-plan.ts";
import { optionsOf } from "../../sdk/options.ts";
import { piped } from "../../sdk/piping.ts";
import type { Definition, Image, LocalText, Notice, Question } from "../../sdk/schema/widget.ts";
import { glyphOf, pictureOf, type Picture } from "./pictures.ts";
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
  readonly picture?: Picture;
  /** Drawn beside the label, or in its place. */
  readonly glyph?: string;
  /** Stays where it is when options are shuffled. */
  readonly keepsPlace: boolean;
  /** Arrives on the page with this option chosen; holds the invitation's token. */
  readonly link: string;
}

export interface QuestionView {
  readonly question: Question;
  /** Index in the definition. */
  readonly index: number;
  readonly text: string;
  readonly description?: string;
  readonly picture?: Picture;
  /** What the way to an answer of the reader's own says; it is written on the page. */
  readonly other?: string;
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
  /** The same of a text that may repeat answers: no mail knows any, so that their fallbacks stand there. */
  readonly said: (local: LocalText) => string;
  readonly picture: (image: Image | undefined) => Picture | undefined;
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
  /** Ids of hidden fields that each link brings, from columns of the readers file. */
  hidden: readonly string[] = [],
): MailView {
  const { definition } = campaign;
  const [fallback = "en"] = definition.languages;
  const text = (local: LocalText): string => inLanguage(local, language, fallback);
  const said = (local: LocalText): string => piped(text(local), () => undefined);
  const picture = (image: Image | undefined): Picture | undefined =>
    image && pictureOf(image, image.alt === "" ? "" : text(image.alt), edge);
  const brought = broughtBy(hidden);
  const link = (choice: string): string =>
    `${edge}/a/${campaign.id}?lang=${language}#${invitationToken}${choice}${brought}`;
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
      questionView(question, index, { link, text, said, picture, words }),
    ),
    text,
    said,
    picture,
    page: link(""),
    preferences: `${edge}/p/${campaign.id}?lang=${language}#${invitationToken}`,
  };
}

/** The column of the readers file that fills a hidden field: column names hold no hyphen. */
export const columnOfHidden = (id: string): string => id.replaceAll("-", "_");

/** Behind the fragment, so that no server on the way sees what a link brings (SPEC §3.4). */
function broughtBy(hidden: readonly string[]): string {
  const pairs = hidden.map(
    (id) => `${id}=${slotToken({ slot: "field", name: columnOfHidden(id), encode: "url" })}`,
  );
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

type Telling = Pick<MailView, "text" | "said" | "picture" | "words"> & {
  readonly link: (choice: string) => string;
};

function questionView(question: Question, index: number, telling: Telling): QuestionView {
  const { link, said, picture } = telling;
  const description = question.description && said(question.description);
  const shown = picture(question.image);
  const other = otherOf(question, telling);
  return {
    question,
    index,
    text: said(question.text),
    ...(description !== undefined && { description }),
    ...(shown !== undefined && { picture: shown }),
    ...(other !== undefined && { other }),
    options: optionsOf(question).map((value, option) => {
      const glyph = glyphOf(question, option);
      return {
        index: option,
        ...labelOf(question, value, option, telling),
        ...(glyph !== undefined && { glyph }),
        link: link(`.${index}.${option}`),
      };
    }),
  };
}

function otherOf(question: Question, { text, words }: Telling): string | undefined {
  if (!("other" in question) || question.other === undefined) return undefined;
  return question.other === true ? words.other : text(question.other.text);
}

function labelOf(
  question: Question,
  value: string | number,
  option: number,
  { text, picture, words }: Telling,
): Pick<OptionView, "label" | "description" | "picture" | "keepsPlace"> {
  const keepsPlace = false;
  if ("options" in question) {
    const authored = question.options[option];
    const description = authored?.description && text(authored.description);
    const shown = picture(authored?.image);
    return {
      label: authored === undefined ? "" : text(authored.text),
      ...(description !== undefined && { description }),
      ...(shown !== undefined && { picture: shown }),
      keepsPlace: authored?.keepPlace === true,
    };
  }
  if (question.kind === "matrix") {
    const column = question.columns[option % question.columns.length];
    return { label: column === undefined ? "" : text(column.text), keepsPlace };
  }
  if (question.kind === "yes-no")
    return { label: value === "yes" ? words.yes : words.no, keepsPlace };
  if (question.kind === "consent") return { label: text(question.label), keepsPlace };
  return { label: String(value), keepsPlace };
}

/** Options that are not shuffled with the others, as `shuffledTokens` wants them. */
export const keptIn = ({ options }: QuestionView): number[] =>
  options.filter(({ keepsPlace }) => keepsPlace).map(({ index }) => index);

/** Whether options come in an order of the reader's own. */
export const isShuffled = ({ question }: QuestionView): boolean =>
  "shuffle" in question && question.shuffle === true;
