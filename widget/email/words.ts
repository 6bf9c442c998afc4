// The mail's own words, by language; what an author writes comes from the widget.
import { chooseLanguage } from "../../sdk/language-choice.ts";
import { arabic } from "./words/ar.ts";
import { catalan } from "./words/ca.ts";
import { czech } from "./words/cs.ts";
import { danish } from "./words/da.ts";
import { german } from "./words/de.ts";
import { greek } from "./words/el.ts";
import { spanish } from "./words/es.ts";
import { persian } from "./words/fa.ts";
import { finnish } from "./words/fi.ts";
import { french } from "./words/fr.ts";
import { hebrew } from "./words/he.ts";
import { hindi } from "./words/hi.ts";
import { hungarian } from "./words/hu.ts";
import { indonesian } from "./words/id.ts";
import { italian } from "./words/it.ts";
import { japanese } from "./words/ja.ts";
import { korean } from "./words/ko.ts";
import { norwegian } from "./words/nb.ts";
import { dutch } from "./words/nl.ts";
import { polish } from "./words/pl.ts";
import { portuguese } from "./words/pt.ts";
import { romanian } from "./words/ro.ts";
import { swedish } from "./words/sv.ts";
import { thai } from "./words/th.ts";
import { turkish } from "./words/tr.ts";
import { ukrainian } from "./words/uk.ts";
import { vietnamese } from "./words/vi.ts";
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
  /** An answer that is none of the options; it is written on the page. */
  readonly other: string;
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
  /** "Kept for {0} days.", in plural forms (sdk/filled.ts). */
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
  other: "Other…",
  tapHint: "Tap your answer. A page opens where you check and send it.",
  onPage: "Answer on the page",
  allQuestions: "Open all questions",
  moreOnPage: "{0} more on the page",
  notice: "How your answers are used",
  controller: "Asked by {0}, responsible for your data: {1}.",
  retention: "Kept for {0|# day|# days}.",
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

/** The same languages as the page's (widget/languages.ts), English first. */
const spoken: Readonly<Record<string, MailWords>> = {
  en: english,
  ar: arabic,
  ca: catalan,
  cs: czech,
  da: danish,
  de: german,
  el: greek,
  es: spanish,
  fa: persian,
  fi: finnish,
  fr: french,
  he: hebrew,
  hi: hindi,
  hu: hungarian,
  id: indonesian,
  it: italian,
  ja: japanese,
  ko: korean,
  nb: norwegian,
  nl: dutch,
  pl: polish,
  pt: portuguese,
  ro: romanian,
  sv: swedish,
  th: thai,
  tr: turkish,
  uk: ukrainian,
  vi: vietnamese,
  zh: chinese,
  "zh-Hant": traditionalChinese,
};

/** The words of a language tag, of its language in that script, or English. */
export const wordsIn = (language: string): MailWords =>
  spoken[chooseLanguage([language], Object.keys(spoken))] ?? english;
