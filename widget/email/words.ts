// The mail's own words, by language; what an author writes comes from the widget.
import { arabic } from "./words/ar.ts";
import { german } from "./words/de.ts";
import { spanish } from "./words/es.ts";
import { french } from "./words/fr.ts";
import { hebrew } from "./words/he.ts";
import { italian } from "./words/it.ts";
import { japanese } from "./words/ja.ts";
import { dutch } from "./words/nl.ts";
import { polish } from "./words/pl.ts";
import { portuguese } from "./words/pt.ts";
import { chinese } from "./words/zh.ts";
import { traditionalChinese } from "./words/zh-hant.ts";

export interface MailWords {
  /** "Question {0} of {1}" */
  readonly progress: string;
  readonly next: string;
  readonly back: string;
  readonly send: string;
  readonly sending: string;
  readonly change: string;
  readonly required: string;
  readonly optional: string;
  readonly yes: string;
  readonly no: string;
  readonly agreed: string;
  readonly choose: string;
  /** Before what a reader may do: "Tap your answer. It opens a page where you send it." */
  readonly tapHint: string;
  /** "Answer on the page": a question that no mail can take. */
  readonly onPage: string;
  /** "Open all questions" */
  readonly allQuestions: string;
  /** "{0} more questions on the page" */
  readonly moreOnPage: string;
  readonly notice: string;
  /** "Asked by {0}, responsible for your data: {1}." */
  readonly controller: string;
  /** "Kept for {0} days." */
  readonly retention: string;
  readonly fullNotice: string;
  readonly needed: string;
  /** "By sending you agree to this." */
  readonly neededWhy: string;
  readonly thanks: string;
  /** "Your answer has arrived, sealed." */
  readonly arrived: string;
  /** "Several answers came within seconds. Send once more to confirm." */
  readonly confirm: string;
  /** "That did not go through." */
  readonly failed: string;
  readonly openPage: string;
  readonly preferences: string;
  readonly unsubscribe: string;
  /** "You get this mail because {0} has your address." */
  readonly why: string;
  /** Under the answers: "Your mail provider can see what this mail shows; on the page your answer is sealed." */
  readonly inMailLimit: string;
  /** "You were asked:" — the heading of a list in text/plain. */
  readonly numbered: string;
}

export const english: MailWords = {
  progress: "Question {0} of {1}",
  next: "Continue",
  back: "Back",
  send: "Agree and send",
  sending: "Sending…",
  change: "Change my answer",
  required: "Needed",
  optional: "Optional",
  yes: "Yes",
  no: "No",
  agreed: "I agree",
  choose: "Choose…",
  tapHint: "Tap your answer. A page opens where you check and send it.",
  onPage: "Answer on the page",
  allQuestions: "Open all questions",
  moreOnPage: "{0} more on the page",
  notice: "How your answers are used",
  controller: "Asked by {0}, responsible for your data: {1}.",
  retention: "Kept for {0} days.",
  fullNotice: "Read the full privacy notice",
  needed: "Needed",
  neededWhy: "By sending you agree to this. Without it nothing is recorded.",
  thanks: "Thank you",
  arrived: "Your answer has arrived, sealed.",
  confirm: "Several answers came within seconds. Please send once more to confirm.",
  failed: "That did not go through. Nothing was recorded; please try again, or use the page.",
  openPage: "Open the page",
  preferences: "Preferences and data",
  unsubscribe: "Unsubscribe",
  why: "You get this mail because {0} has your address.",
  inMailLimit:
    "Answers given inside this mail can be seen by your mail provider; on the page they are sealed on your device.",
  numbered: "Choose one by opening its address:",
};

const spoken: Readonly<Record<string, MailWords>> = {
  ar: arabic,
  de: german,
  en: english,
  es: spanish,
  fr: french,
  he: hebrew,
  it: italian,
  ja: japanese,
  nl: dutch,
  pl: polish,
  pt: portuguese,
  zh: chinese,
  "zh-Hant": traditionalChinese,
  "zh-HK": traditionalChinese,
  "zh-TW": traditionalChinese,
};

/** The words of a language tag, or of the longest beginning of it that has any (RFC 4647 §3.4), or English. */
export function wordsIn(language: string): MailWords {
  const subtags = language.split("-");
  for (let length = subtags.length; length > 0; length--) {
    const words = spoken[subtags.slice(0, length).join("-")];
    if (words !== undefined) return words;
  }
  return english;
}
