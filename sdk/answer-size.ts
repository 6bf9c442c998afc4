// How long an answer can get, against what a sealed payload holds (SPEC §2).
import type { Definition, Question } from "./schema/widget.ts";
import { optionsOf } from "./options.ts";
import { widgetLimits } from "./schema/widget.ts";

/** `{"answers":{},"language":"…"}` with the longest tag. */
const frameBytes = 48;
/** A number of 17 digits with its sign, point and exponent. */
const numberBytes = 25;

/** Bytes of JSON of a list of texts without anything to escape. */
const listBytes = (texts: readonly string[]): number =>
  2 + texts.reduce((sum, text) => sum + text.length + 3, 0);

const longest = (texts: readonly string[]): number =>
  Math.max(0, ...texts.map((text) => text.length));

function matrixBytes({
  rows,
  columns,
  multiple,
  ...question
}: Extract<Question, { kind: "matrix" }>): number {
  if (multiple) return listBytes(optionsOf({ rows, columns, multiple, ...question }).map(String));
  const column = longest(columns.map(({ id }) => id));
  return listBytes(rows.map(({ id }) => `${id}:${"x".repeat(column)}`));
}

/** Bytes of JSON of the longest answer to `question` that is chosen, not written. */
export function chosenBytes(question: Question): number {
  if (question.kind === "matrix") return matrixBytes(question);
  if (!("options" in question)) return numberBytes;
  const ids = question.options.map(({ id }) => id);
  if (question.kind === "constant-sum")
    return listBytes(ids.map((id) => `${id}:${question.total}`));
  const list =
    question.kind === "multiple-choice" ||
    question.kind === "ranking" ||
    ("multiple" in question && question.multiple);
  return list ? listBytes(ids) : longest(ids) + 2;
}

/** Characters that a reader may write, each a byte where it is ASCII. */
function writtenBytes(question: Question): number {
  switch (question.kind) {
    case "short-text":
    case "long-text":
      return question.charactersMax;
    case "email":
      return widgetLimits.emailCharacters;
    case "phone":
      return widgetLimits.phoneCharacters;
    default:
      return "other" in question && question.other !== undefined
        ? widgetLimits.otherCharacters + 9
        : 0;
  }
}

/** Bytes of the payload of the longest answer to everything, if all that is written is ASCII. */
export function answerBytes({ questions, hidden = [] }: Definition): number {
  const asked = questions.map(
    (question) =>
      question.id.length + 4 + Math.max(chosenBytes(question), 2) + writtenBytes(question),
  );
  const brought = hidden.map(({ id, charactersMax = 200 }) => id.length + 6 + charactersMax);
  return [...asked, ...brought].reduce((sum, bytes) => sum + bytes, frameBytes);
}
