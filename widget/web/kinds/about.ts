// What helps with a question, and what is wrong with its answer, in words.
import type { AnswerFault } from "../../../sdk/check-answers.ts";
import { otherText } from "../../../sdk/other-text.ts";
import type { Question } from "../../../sdk/schema/widget.ts";
import type { Open } from "../page.ts";
import type { KindsWords } from "../words/kinds/words.ts";
import { fill } from "../words/words.ts";
import { rangeOf } from "./number.tsx";
import { otherIn } from "./other.tsx";
import { writeNumber } from "./read-number.ts";
import { wordsOf } from "./speech.ts";

/** Kinds of one control, which the heading labels. */
const singles: readonly Question["kind"][] = ["number", "email", "country"];

export interface About {
  readonly single?: true | undefined;
  readonly hint?: string | undefined;
  /** In the place of what the page says of this fault by itself. */
  readonly says?: string | undefined;
}

function saysOf(
  page: Open,
  question: Question,
  fault: AnswerFault,
  words: KindsWords,
): string | undefined {
  if (otherText(otherIn(page.answers[question.id]))?.trim() === "") return words.sayWhat;
  if (fault === "missing") return undefined;
  const { language } = page.speech;
  switch (question.kind) {
    case "number":
      return fault === "wrong-type"
        ? fill(words.noNumber, writeNumber(12.5, language))
        : rangeOf(page, question, words);
    case "email":
      return words.noEmail;
    case "phone":
      return words.noPhone;
    case "matrix":
      return words.everyRow;
    case "constant-sum":
      return fill(words.wrongSum, writeNumber(question.total, language, true));
    default:
      return undefined;
  }
}

function hintOf(page: Open, question: Question, words: KindsWords): string | undefined {
  const { asking } = page.speech;
  if (question.kind === "number") return rangeOf(page, question, words);
  if (question.kind === "constant-sum")
    return fill(words.share, writeNumber(question.total, page.speech.language, true));
  if (question.kind === "matrix" && question.multiple) return words.severalARow;
  if (question.kind !== "picture-choice" || !question.multiple) return undefined;
  const { atLeast = 1, atMost = question.options.length } = question;
  const hints = [
    atLeast > 1 && fill(asking.atLeast, atLeast),
    atMost < question.options.length && fill(asking.upTo, atMost),
  ];
  return hints.filter(Boolean).join(" ") || undefined;
}

export function aboutOf(page: Open, question: Question, fault: AnswerFault | undefined): About {
  const words = wordsOf(page);
  return {
    single: singles.includes(question.kind) || undefined,
    hint: hintOf(page, question, words),
    says: fault && saysOf(page, question, fault, words),
  };
}
