// What of a campaign a mail shows, whichever its part: which questions, in which shape, and how much of the notice.
import { questionsOnPath } from "../../sdk/branching.ts";
import { mailedView } from "./mailed-view.ts";
import { inAddress, shortened } from "./prose.ts";
import type { MailView, OptionView, QuestionView } from "./view.ts";

/**
 * The questions a mail of links can ask at once: those a reader meets who has answered nothing. A question behind a
 * branch is the page's, or a tap would answer what is never asked.
 */
export const askableQuestions = (view: MailView): readonly QuestionView[] => {
  const { campaign, questions } = mailedView(view);
  const path = new Set(questionsOnPath(campaign.definition, {}));
  return questions.filter(({ question }) => path.has(question));
};

/** Options of a dropdown or a slider beyond which the page asks: a list of them would be most of the mail. */
export const listedOptionsMax = 12;

/** How a mail shows a question: as a list, cards with pictures, a row of steps, two halves, or a link to the page. */
export type Shape = "list" | "pictures" | "steps" | "halves" | "page";

export function shapeOf({ question, options }: QuestionView): Shape {
  if (options.length === 0) return "page";
  switch (question.kind) {
    case "yes-no":
      return "halves";
    case "rating":
    case "nps":
    case "opinion-scale":
      return "steps";
    case "picture-choice":
      return "pictures";
    case "matrix":
      // A tap says one cell, and a row of cells is too narrow to read on a phone.
      return "page";
    case "slider":
      return options.length <= listedOptionsMax ? "steps" : "page";
    case "dropdown":
      return options.length <= listedOptionsMax ? "list" : "page";
    default:
      return "list";
  }
}

/** Whether any answer of this mail is a link. */
export const hasTaps = (view: MailView): boolean =>
  askableQuestions(view).some((question) => shapeOf(question) !== "page");

type Meaning = readonly [option: OptionView, meaning: string];

/** What the ends of a scale, and its middle, mean, in the order of its steps. */
export function stepMarks({ text }: MailView, { question, options }: QuestionView): Meaning[] {
  if (question.kind !== "rating" && question.kind !== "nps" && question.kind !== "opinion-scale")
    return [];
  const middle = question.kind === "opinion-scale" ? question.middle : undefined;
  const marks = [
    [options.at(0), question.low],
    [options[(options.length - 1) / 2], middle],
    [options.at(-1), question.high],
  ] as const;
  return marks.flatMap(([option, meaning]) =>
    option === undefined || meaning === undefined ? [] : [[option, text(meaning)] as const],
  );
}

/** What stands beside a row of steps, as plain text: what its ends mean, each with its number since rows wrap; its unit. */
export function stepMeanings(view: MailView, shown: QuestionView): string[] {
  const { question } = shown;
  if (question.kind === "slider")
    return question.unit === undefined ? [] : [view.text(question.unit)];
  return stepMarks(view, shown).map(([{ label }, meaning]) => `${label} = ${meaning}`);
}

/** How much of a notice a mail repeats. */
export const noticeLimits = { textCharacters: 400, purposes: 6, purposeCharacters: 160 } as const;

/** The notice in full: the sender's own, or the page, which shows ours. */
export const fullNoticeOf = ({ campaign, page }: MailView): string =>
  campaign.notice.url === undefined ? page : inAddress(campaign.notice.url);

export const purposesOf = (view: MailView): readonly string[] =>
  view.campaign.notice.purposes.slice(0, noticeLimits.purposes).map(({ text, required }) => {
    const short = shortened(view.text(text), noticeLimits.purposeCharacters);
    return required ? `${short} (${view.words.needed})` : short;
  });
