// What an author should see of a widget that may be published all the same.
import { answerBytes } from "./answer-size.ts";
import { end } from "./branching.ts";
import { payloadBytesMax } from "./padding.ts";
import type { LocalText, Question, Widget } from "./schema/widget.ts";
import { fault, type Path, type WidgetFault } from "./widget-fault.ts";
import { localTexts } from "./local-texts.ts";

/** Texts that some of the widget's languages lack: their readers see another language. */
function* untranslated(widget: Widget): Generator<WidgetFault> {
  const [first = "en"] = widget.languages;
  for (const [path, texts] of localTexts(widget, [])) {
    const missing = widget.languages.filter((language) => !(language in texts));
    if (missing.length === 0 || !(first in texts)) continue;
    yield fault(
      path,
      `has no text in ${missing.join(", ")}; readers of ${missing.length === 1 ? "it" : "these"} see the one in ${first}`,
    );
  }
}

const translated = (text: LocalText | undefined): boolean => typeof text === "object";

/** One text for several languages, where another of the same thing is translated: forgotten, more likely than meant. */
function* halfTranslated(widget: Widget): Generator<WidgetFault> {
  if (widget.languages.length < 2) return;
  for (const [index, { text, description }] of widget.questions.entries()) {
    const [one, other] = [translated(text), translated(description)];
    if (description === undefined || one === other) continue;
    yield fault(
      ["questions", index, one ? "description" : "text"],
      `is the same in every language, and its ${one ? "text" : "description"} is not; write it per language`,
    );
  }
}

const isListed = (question: Question): boolean =>
  question.kind === "multiple-choice" ||
  question.kind === "ranking" ||
  question.kind === "matrix" ||
  question.kind === "constant-sum" ||
  ("multiple" in question && question.multiple);

const numbers: readonly Question["kind"][] = ["rating", "nps", "slider", "number", "opinion-scale"];
const isNumber = ({ kind }: Question): boolean => numbers.includes(kind);

/** Ways on that nobody can take. */
function* deadRules(question: Question, path: Path): Generator<WidgetFault> {
  const listed = isListed(question);
  if (listed && "options" in question)
    for (const [rank, { next }] of question.options.entries())
      if (next !== undefined)
        yield fault(
          [...path, "options", rank, "next"],
          "leads nowhere: several options are answered together; write a rule under the question's `next`",
        );
  for (const [rank, { when }] of (question.next ?? []).entries()) {
    const place: Path = [...path, "next", rank, "when"];
    if (when?.is !== undefined && listed)
      yield fault([...place, "is"], "never holds: the answer is a list; write `includes`");
    if (when?.includes !== undefined && !listed)
      yield fault([...place, "includes"], "never holds: the answer is one option; write `is`");
    for (const key of ["atLeast", "atMost"] as const)
      if (when?.[key] !== undefined && when.value === undefined && !isNumber(question))
        yield fault(
          [...place, key],
          `never holds: the answer to a ${question.kind} is no number; compare a calculated \`value\``,
        );
  }
}

/** Indices of the questions that an answer to the one at `index` can lead to. */
function leadsTo({ questions }: Widget, question: Question, index: number): number[] {
  const place = (id: string): number =>
    id === end ? questions.length : questions.findIndex((candidate) => candidate.id === id);
  const rules = question.next ?? [];
  const options = "options" in question && !isListed(question) ? question.options : [];
  const named = options.flatMap(({ next }) => (next === undefined ? [] : [place(next)]));
  const always = rules.findIndex(({ when }) => when === undefined);
  const held = (always < 0 ? rules : rules.slice(0, always + 1)).map(({ go }) => place(go));
  // A required choice all of whose options lead elsewhere never falls through.
  const falls = !(question.required && options.length > 0 && named.length === options.length);
  if (!falls) return named;
  return always < 0 ? [...named, ...held, index + 1] : [...named, ...held];
}

function* unreachable(widget: Widget): Generator<WidgetFault> {
  const reached = new Set([0]);
  // Ways only lead forward: one pass sees them all.
  for (const [index, question] of widget.questions.entries()) {
    if (!reached.has(index)) {
      yield fault(["questions", index], `nothing leads to "${question.id}"; nobody is asked it`);
      continue;
    }
    for (const target of leadsTo(widget, question, index)) reached.add(target);
  }
}

/** Whether anything that may be chosen is worth points; undefined where points do not come from choices. */
function hasPoints(question: Question | undefined): boolean | undefined {
  if (question === undefined) return undefined;
  const choices =
    question.kind === "matrix" ? question.columns : "options" in question ? question.options : [];
  return choices.length === 0 ? undefined : choices.some(({ points }) => points !== undefined);
}

/** What is calculated of nothing, or kept in a place that nothing leaves. */
function* withoutEffect({ questions, calculated = [] }: Widget): Generator<WidgetFault> {
  for (const [index, { add }] of calculated.entries())
    for (const [rank, { question: id }] of add.entries())
      if (hasPoints(questions.find((question) => question.id === id)) === false)
        yield fault(
          ["calculated", index, "add", rank, "question"],
          `adds 0: nothing to choose in "${id}" has \`points\`; give them some`,
        );
  for (const [index, question] of questions.entries())
    if ("options" in question && question.shuffle !== true)
      for (const [rank, { keepPlace }] of question.options.entries())
        if (keepPlace)
          yield fault(
            ["questions", index, "options", rank, "keepPlace"],
            "does nothing where options are not shuffled; write `shuffle: true`, or take it away",
          );
}

function* unused(widget: Widget): Generator<WidgetFault> {
  for (const [index, question] of widget.questions.entries())
    if ("advance" in question && question.advance !== undefined && widget.layout === "all")
      yield fault(
        ["questions", index, "advance"],
        "does nothing where all questions stand on one page; take it away, or `layout: all`",
      );
}

/** Everything worth a second look, in no order; empty where there is nothing. */
export function warningsOf(widget: Widget): WidgetFault[] {
  const bytes = answerBytes(widget);
  return [
    ...untranslated(widget),
    ...halfTranslated(widget),
    ...widget.questions.flatMap((question, index) => [
      ...deadRules(question, ["questions", index]),
    ]),
    ...unreachable(widget),
    ...unused(widget),
    ...withoutEffect(widget),
    ...(bytes > payloadBytesMax
      ? [
          fault(
            ["questions"],
            `who answers everything at its longest sends ${bytes} bytes, and an answer holds ${payloadBytesMax}: the page then asks to shorten it; ask less, or lower \`charactersMax\``,
          ),
        ]
      : []),
  ];
}
