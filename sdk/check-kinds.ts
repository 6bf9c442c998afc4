// What a schema cannot say of one question: ranges, counts that fit each other, and what goes with which kind.
import { chosenBytes } from "./answer-size.ts";
import { countryCodes } from "./countries.ts";
import { otherId } from "./other-text.ts";
import { payloadBytesMax } from "./padding.ts";
import { widgetLimits, type Option, type Question } from "./schema/widget.ts";
import { fault, repeatedIds, type Path, type WidgetFault } from "./widget-fault.ts";

type Of<Kind extends Question["kind"]> = Extract<Question, { kind: Kind }>;

/** Kinds that one tap answers. */
const oneTap: readonly Question["kind"][] = [
  "single-choice",
  "yes-no",
  "rating",
  "nps",
  "opinion-scale",
  "picture-choice",
];

/** Whether one tap answers it: then it may move on, or be sent, by itself. */
export const isOneTap = (question: Question): boolean =>
  oneTap.includes(question.kind) && !("multiple" in question && question.multiple);

function* counts(
  { options, atLeast = 1, atMost = options.length }: Of<"multiple-choice" | "picture-choice">,
  path: Path,
): Generator<WidgetFault> {
  if (atMost > options.length)
    yield fault([...path, "atMost"], `there are only ${options.length} options`);
  if (atLeast > atMost)
    yield fault([...path, "atLeast"], "`atLeast` must not be more than `atMost`");
}

function* pictureChoice(question: Of<"picture-choice">, path: Path): Generator<WidgetFault> {
  const { multiple, advance, atLeast, atMost } = question;
  if (multiple) {
    yield* counts(question, path);
    if (advance !== undefined)
      yield fault(
        [...path, "advance"],
        "several pictures may be chosen, so no tap is the last; take `advance` or `multiple` away",
      );
  } else if (atLeast !== undefined || atMost !== undefined)
    yield fault(
      [...path, atLeast === undefined ? "atMost" : "atLeast"],
      "one picture is chosen; write `multiple: true`, or take this away",
    );
}

function* matrix({ rows, columns, multiple }: Of<"matrix">, path: Path): Generator<WidgetFault> {
  yield* repeatedIds(rows, [...path, "rows"]);
  yield* repeatedIds(columns, [...path, "columns"]);
  const cells = rows.length * columns.length;
  if (multiple && cells > widgetLimits.cells)
    yield fault(
      [...path, "rows"],
      `${rows.length} rows of ${columns.length} columns are ${cells} boxes of at most ${widgetLimits.cells}; take some away, or \`multiple\``,
    );
}

function* number({ from, to, step }: Of<"number">, path: Path): Generator<WidgetFault> {
  if (from !== undefined && to !== undefined && from >= to)
    yield fault([...path, "to"], "`to` must be greater than `from`");
  if (step !== undefined && from !== undefined && to !== undefined && step > to - from)
    yield fault([...path, "step"], "no step fits between `from` and `to`; write a smaller one");
}

function* countries(named: readonly string[], path: Path): Generator<WidgetFault> {
  for (const [index, country] of named.entries())
    if (!countryCodes.includes(country))
      yield fault([...path, index], `"${country}" is no country of ISO 3166-1`);
    else if (named.indexOf(country) < index)
      yield fault([...path, index], `"${country}" is named twice; once is enough`);
}

/** What only choices of one option lead to, or only options that are chosen are worth. */
function* optionMembers(
  question: Extract<Question, { options: readonly Option[] }>,
  path: Path,
): Generator<WidgetFault> {
  const chosen = question.kind !== "ranking" && question.kind !== "constant-sum";
  for (const [rank, { points, scores, image }] of question.options.entries()) {
    const place = [...path, "options", rank];
    if (image !== undefined && question.kind !== "picture-choice")
      yield fault(
        [...place, "image"],
        "pictures of options are shown in a picture-choice; make it one, or give the question an `image`",
      );
    if (!chosen && points !== undefined)
      yield fault(
        [...place, "points"],
        `options of a ${question.kind} have no \`points\`; take them away`,
      );
    if (question.kind === "constant-sum" && scores !== undefined)
      yield fault([...place, "scores"], "readers share points here; take `scores` away");
  }
}

function* withOptions(
  question: Extract<Question, { options: readonly Option[] }>,
  path: Path,
): Generator<WidgetFault> {
  yield* repeatedIds(question.options, [...path, "options"]);
  yield* optionMembers(question, path);
  if (!("other" in question) || question.other === undefined) return;
  const rank = question.options.findIndex(({ id }) => id === otherId);
  if (rank >= 0)
    yield fault(
      [...path, "options", rank, "id"],
      `"${otherId}" is what readers write themselves here; choose another id, or take the question's \`other\` away`,
    );
}

/** Of a payload: the question's id, the language and what else is answered stand beside it. */
const chosenBytesMax = payloadBytesMax - 128;

/** That whoever chooses everything can be heard. */
function* size(question: Question, path: Path): Generator<WidgetFault> {
  const bytes = chosenBytes(question);
  if (bytes > chosenBytesMax)
    yield fault(
      path,
      `who chooses everything here sends ${bytes} bytes of at most ${chosenBytesMax}; write shorter ids, or fewer of them`,
    );
}

/** Faults of a question by itself. */
export function* checkQuestion(question: Question, path: Path): Generator<WidgetFault> {
  if ("options" in question) yield* withOptions(question, path);
  yield* size(question, path);
  switch (question.kind) {
    case "slider":
      if (question.from >= question.to)
        yield fault([...path, "to"], "`to` must be greater than `from`");
      break;
    case "date":
      if ((question.earliest ?? "") > (question.latest ?? "9999"))
        yield fault([...path, "latest"], "`latest` must not be before `earliest`");
      break;
    case "multiple-choice":
      yield* counts(question, path);
      break;
    case "picture-choice":
      yield* pictureChoice(question, path);
      break;
    case "matrix":
      yield* matrix(question, path);
      break;
    case "number":
      yield* number(question, path);
      break;
    case "rating":
      if (question.look === "emoji" && question.steps !== 3 && question.steps !== 5)
        yield fault(
          [...path, "steps"],
          "faces have 3 or 5 steps; write one of them, or another `look`",
        );
      break;
    case "phone":
      if (question.country !== undefined)
        yield* countries([question.country], [...path, "country"]);
      break;
    case "country":
      yield* countries(question.countries ?? [], [...path, "countries"]);
      break;
    case "opinion-scale":
      if (question.middle !== undefined && question.steps % 2 === 0)
        yield fault(
          [...path, "middle"],
          `${question.steps} steps have no middle; write an odd number of \`steps\`, or take this away`,
        );
      break;
    default:
  }
}
