// What a schema cannot say of a widget: ids that exist and are unique, branches that only lead forward, texts in every language.
import { end } from "./branching.ts";
import { optionIdsOf } from "./check-answers.ts";
import type { LocalText, Question, Widget } from "./schema/widget.ts";

export interface WidgetFault {
  /** Keys and indices from the document's root, such as ["questions", 2, "next"]. */
  readonly path: readonly (string | number)[];
  /** What is wrong and what to write instead. */
  readonly message: string;
}

type Path = readonly (string | number)[];

function* repeatedIds(
  things: readonly { readonly id: string }[],
  path: Path,
): Generator<WidgetFault> {
  const seen = new Set<string>();
  for (const [index, { id }] of things.entries()) {
    if (seen.has(id))
      yield {
        path: [...path, index, "id"],
        message: `the id "${id}" is used twice; give each its own`,
      };
    seen.add(id);
  }
}

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

function* ranges(question: Question, path: Path): Generator<WidgetFault> {
  if (question.kind === "slider" && question.from >= question.to)
    yield { path: [...path, "to"], message: "`to` must be greater than `from`" };
  if (question.kind === "date" && (question.earliest ?? "") > (question.latest ?? "9999"))
    yield { path: [...path, "latest"], message: "`latest` must not be before `earliest`" };
  if (question.kind !== "multiple-choice") return;
  const { atLeast = 1, atMost = question.options.length } = question;
  if (atMost > question.options.length)
    yield {
      path: [...path, "atMost"],
      message: `there are only ${question.options.length} options`,
    };
  if (atLeast > atMost)
    yield { path: [...path, "atLeast"], message: "`atLeast` must not be more than `atMost`" };
}

function* conditions(question: Question, path: Path): Generator<WidgetFault> {
  const known = optionIdsOf(question);
  for (const [rank, { when }] of (question.next ?? []).entries())
    for (const key of ["is", "includes"] as const) {
      const option = when?.[key];
      if (option !== undefined && !known.includes(option))
        yield {
          path: [...path, "next", rank, "when", key],
          message: `"${question.id}" has no option "${option}"${known.length > 0 ? `; it has ${known.join(", ")}` : "; use `atLeast`, `atMost` or `answered`"}`,
        };
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

/** Every text of the widget that is written per language, with its place. */
function* localTexts(value: unknown, path: Path): Generator<[Path, Exclude<LocalText, string>]> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const place: Path = [...path, Array.isArray(value) ? Number(key) : key];
    const written = [
      "text",
      "title",
      "description",
      "intro",
      "low",
      "high",
      "label",
      "unit",
      "placeholder",
    ];
    if (
      written.includes(key) &&
      typeof inner === "object" &&
      !Array.isArray(inner) &&
      inner !== null
    ) {
      const texts = Object.values(inner);
      if (texts.every((text) => typeof text === "string")) {
        yield [place, inner as Exclude<LocalText, string>]; // Every value was just seen to be a string.
        continue;
      }
    }
    yield* localTexts(inner, place);
  }
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

/** Every fault of a widget whose shape is already right, in the order of the document; empty where it may be published. */
export function checkWidget(widget: Widget): WidgetFault[] {
  const faults = [
    ...repeatedIds(widget.questions, ["questions"]),
    ...repeatedIds(widget.outcomes, ["outcomes"]),
    ...repeatedIds(widget.notice.purposes, ["notice", "purposes"]),
    ...languages(widget),
  ];
  for (const [index, question] of widget.questions.entries()) {
    const path: Path = ["questions", index];
    if (question.id === end)
      faults.push({
        path: [...path, "id"],
        message: `"${end}" is kept for the end of the widget; choose another id`,
      });
    if ("options" in question) faults.push(...repeatedIds(question.options, [...path, "options"]));
    faults.push(
      ...destinations(widget, question, index),
      ...conditions(question, path),
      ...ranges(question, path),
      ...scores(widget, question, path),
    );
  }
  return faults;
}
