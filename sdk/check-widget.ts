// What a schema cannot say of a widget: ids that exist and are unique, branches that only lead forward, texts in every language.
import { end } from "./branching.ts";
import { optionIdsOf } from "./check-answers.ts";
import { checkQuestion, isOneTap } from "./check-kinds.ts";
import { checkValues } from "./check-values.ts";
import { countryCodes } from "./countries.ts";
import { optionsOf } from "./options.ts";
import { otherId } from "./other-text.ts";
import { localTexts } from "./local-texts.ts";
import type { Question, Widget } from "./schema/widget.ts";
import { fault, repeatedIds, type Path, type WidgetFault } from "./widget-fault.ts";

export type { WidgetFault } from "./widget-fault.ts";

function* destinations(widget: Widget, question: Question, index: number): Generator<WidgetFault> {
  const path: Path = ["questions", index];
  const named: [Path, string][] = (question.next ?? []).map((rule, rank) => [
    [...path, "next", rank, "go"],
    rule.go,
  ]);
  if ("options" in question)
    for (const [rank, option] of question.options.entries())
      if (option.next !== undefined) named.push([[...path, "options", rank, "next"], option.next]);
  for (const [place, destination] of named) {
    if (destination === end) continue;
    const target = widget.questions.findIndex((candidate) => candidate.id === destination);
    if (target === -1)
      yield {
        path: place,
        message: `there is no question "${destination}"; name a later one, or "${end}"`,
      };
    else if (target <= index)
      yield {
        path: place,
        message: `"${destination}" is not after "${question.id}", which would go round in a loop; name a later question, or "${end}"`,
      };
  }
}

/** What a condition may name: options, a matrix' cells, and what a reader wrote. */
function chooseable(question: Question): readonly string[] {
  if (question.kind === "matrix") return optionsOf(question).map(String);
  if (question.kind === "constant-sum") return []; // An answer has each option, with its points.
  const other = "other" in question && question.other !== undefined ? [otherId] : [];
  return [...optionIdsOf(question), ...other];
}

/** Known ids as a sentence names them: not all of a large matrix. */
const namedMax = 12;

function* conditions(question: Question, path: Path): Generator<WidgetFault> {
  const known = chooseable(question);
  for (const [rank, { when }] of (question.next ?? []).entries())
    for (const key of ["is", "includes"] as const) {
      const option = when?.[key];
      if (option === undefined || known.includes(option)) continue;
      const some = `${known.slice(0, namedMax).join(", ")}${known.length > namedMax ? " and more" : ""}`;
      yield fault(
        [...path, "next", rank, "when", key],
        `"${question.id}" has no option "${option}"${known.length > 0 ? `; it has ${some}` : "; use `atLeast`, `atMost` or `answered`"}`,
      );
    }
}

function* scores(widget: Widget, question: Question, path: Path): Generator<WidgetFault> {
  if (!("options" in question)) return;
  for (const [rank, option] of question.options.entries())
    for (const outcome of Object.keys(option.scores ?? {}))
      if (!widget.outcomes.some((candidate) => candidate.id === outcome))
        yield {
          path: [...path, "options", rank, "scores", outcome],
          message: `there is no outcome "${outcome}"; add it under \`outcomes\``,
        };
}

function* languages(widget: Widget): Generator<WidgetFault> {
  const [first] = widget.languages;
  for (const [path, texts] of localTexts(widget, [])) {
    if (first !== undefined && !(first in texts))
      yield {
        path,
        message: `the text in "${first}", the widget's first language, is missing; add it`,
      };
    for (const language of Object.keys(texts))
      if (!widget.languages.includes(language))
        yield {
          path: [...path, language],
          message: `"${language}" is not among \`languages\`; add it there, or take this text away`,
        };
  }
}

/** A tap that sends: one question, answered by it, and nothing to look over. */
function* sending({ send, review, questions }: Widget): Generator<WidgetFault> {
  if (send === undefined) return;
  const [question] = questions;
  if (questions.length > 1 || question === undefined)
    yield fault(
      ["send"],
      "a tap sends where there is one question; take `send` away, or the others",
    );
  else if (!isOneTap(question) || ("other" in question && question.other !== undefined))
    yield fault(
      ["send"],
      `a ${question.kind} is not answered by one tap${isOneTap(question) ? " where a reader may write" : ""}; take \`send\` away`,
    );
  if (review) yield fault(["send"], "a tap sends at once; write `review: false` too");
}

/** Consent to be watched is only free where an answer does not hang on it (GDPR Art. 7(4)). */
function* watching({ events, notice: { purposes } }: Widget): Generator<WidgetFault> {
  const free = { events: "behaviour events", activities: "activities", training: "training" };
  for (const [index, purpose] of purposes.entries())
    for (const mark of ["events", "activities", "training"] as const)
      if (purpose[mark] && purpose.required)
        yield fault(
          ["notice", "purposes", index, "required"],
          `nobody may have to agree to ${free[mark]}; take \`required\` away, or \`${mark}\``,
        );
  if (events !== undefined && !purposes.some((purpose) => purpose.events))
    yield fault(["events"], "no purpose allows events; write `events: true` beside one");
}

/** A country that is none turns away those whom its author meant. */
function* visitors({ site }: Widget): Generator<WidgetFault> {
  if (site === undefined || "is" in site.region) return;
  for (const country of Object.keys(site.region.byCountry))
    if (!countryCodes.includes(country))
      yield fault(
        ["site", "region", "byCountry", country],
        `"${country}" is no country of ISO 3166-1, where the United Kingdom is GB; write the code that it has there`,
      );
}

/** Every fault of a widget whose shape is already right, in the order of the document; empty where it may be published. */
export function checkWidget(widget: Widget): WidgetFault[] {
  const faults = [
    ...repeatedIds(widget.questions, ["questions"]),
    ...repeatedIds(widget.outcomes, ["outcomes"]),
    ...repeatedIds(widget.notice.purposes, ["notice", "purposes"]),
    ...languages(widget),
    ...sending(widget),
    ...watching(widget),
    ...visitors(widget),
    ...checkValues(widget),
  ];
  for (const [index, question] of widget.questions.entries()) {
    const path: Path = ["questions", index];
    if (question.id === end)
      faults.push(
        fault([...path, "id"], `"${end}" is kept for the end of the widget; choose another id`),
      );
    faults.push(
      ...destinations(widget, question, index),
      ...conditions(question, path),
      ...checkQuestion(question, path),
      ...scores(widget, question, path),
    );
  }
  return faults;
}
