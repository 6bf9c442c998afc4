// What a reader said before, in what is asked next: `[[name|there]]` in an author's text (SPEC §2.1). What is put in is
// text and stays text: it is neither markup nor looked at again.
import { calculatedOf } from "./calculated.ts";
import { inLanguage } from "./local-text.ts";
import { otherText } from "./other-text.ts";
import type { Answers, AnswerValue } from "./schema/answer.ts";
import type { Definition, Question } from "./schema/widget.ts";

/** Characters of an answer that a later text repeats. */
const repeatedCharactersMax = 200;

/** An id and what stands there while nothing is known of it. Everywhere in one text. */
const pipeForm = /\[\[([a-z][a-z0-9-]{0,31})\|([^[\]|]{1,100})\]\]/g;

export interface Pipe {
  readonly id: string;
  readonly fallback: string;
}

/** The pipes of a text, in its order. */
export const pipesOf = (text: string): Pipe[] =>
  Array.from(text.matchAll(pipeForm), ([, id = "", fallback = ""]) => ({ id, fallback }));

/** A text without its pipes: what is left of `[[` in it is a pipe gone wrong. */
export const withoutPipes = (text: string): string => text.replace(pipeForm, "");

const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]/;

/** One line, without what would turn the text around it. */
function tamed(said: string): string {
  const line = Array.from(
    said
      .replace(/[\u202a-\u202e\u2066-\u2069]/g, "")
      .replace(/\s+/g, " ")
      .trim(),
  );
  const cut =
    line.length > repeatedCharactersMax
      ? `${line.slice(0, repeatedCharactersMax - 1).join("")}…`
      : line.join("");
  return cut;
}

/**
 * The text with what `saidOf` knows in the place of each pipe, or the pipe's own fallback. In a text of either direction
 * that meets the other, what is put in is isolated (UAX #9), so that neither turns the other around.
 */
export const piped = (text: string, saidOf: (id: string) => string | undefined): string =>
  text.replace(pipeForm, (_, id: string, fallback: string) => {
    const said = tamed(saidOf(id) ?? "");
    if (said === "") return fallback;
    return rightToLeft.test(said) === rightToLeft.test(withoutPipes(text))
      ? said
      : `\u2068${said}\u2069`;
  });

/** Kinds whose answers read well inside a sentence, in any language. */
export const pipedKinds: readonly Question["kind"][] = [
  "single-choice",
  "multiple-choice",
  "dropdown",
  "picture-choice",
  "rating",
  "nps",
  "slider",
  "number",
  "opinion-scale",
  "short-text",
  "long-text",
  "date",
  "email",
  "phone",
  "country",
];

function inWords(
  question: Question,
  value: AnswerValue,
  { language, fallback }: { readonly language: string; readonly fallback: string },
): string | undefined {
  if (typeof value === "number") return new Intl.NumberFormat(language).format(value);
  if ("options" in question) {
    const texts = (Array.isArray(value) ? value : [value]).map((id) => {
      const option = question.options.find((candidate) => candidate.id === id);
      return otherText(id) ?? (option && inLanguage(option.text, language, fallback)) ?? "";
    });
    return new Intl.ListFormat(language).format(texts);
  }
  if (Array.isArray(value)) return undefined;
  if (question.kind === "country")
    return new Intl.DisplayNames(language, { type: "region" }).of(value);
  if (question.kind !== "date") return value;
  return new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC" }).format(
    Date.parse(value),
  );
}

/**
 * What is known under each id, in the reader's language: answers, hidden fields, calculated values. `answers` are those that
 * fit their questions.
 */
export function saidBy(
  definition: Definition,
  answers: Answers,
  language: string,
): (id: string) => string | undefined {
  const calculated = new Map(Object.entries(calculatedOf(definition, answers)));
  const fallback = definition.languages[0] ?? "en";
  return (id) => {
    const number = calculated.get(id);
    if (number !== undefined) return new Intl.NumberFormat(language).format(number);
    const value = Object.hasOwn(answers, id) ? answers[id] : undefined;
    if (value === undefined) return undefined;
    const question = definition.questions.find((candidate) => candidate.id === id);
    if (question === undefined) return typeof value === "string" ? value : undefined;
    return pipedKinds.includes(question.kind)
      ? inWords(question, value, { language, fallback })
      : undefined;
  };
}
