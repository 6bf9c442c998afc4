// Hidden fields, calculated values and pipes: what names what, and that it is known by then.
import { pipedKinds, pipesOf, withoutPipes } from "./piping.ts";
import type { Definition, LocalText, Question } from "./schema/widget.ts";
import { fault, repeatedIds, type Path, type WidgetFault } from "./widget-fault.ts";

/** Kinds whose answer is, or is worth, a number. */
const counted: readonly Question["kind"][] = [
  "rating",
  "nps",
  "slider",
  "number",
  "opinion-scale",
  "single-choice",
  "multiple-choice",
  "dropdown",
  "picture-choice",
  "matrix",
  "yes-no",
  "consent",
];

/** What stands in a link's query already (SPEC §3.4). */
const languageParameter = "lang";

/** The place among the questions after which a calculated value is whole; −1 where it adds none that is there. */
const lastAdded = ({ questions }: Definition, add: readonly { question: string }[]): number =>
  Math.max(-1, ...add.map(({ question }) => questions.findIndex(({ id }) => id === question)));

function* namespace({
  questions,
  hidden = [],
  calculated = [],
}: Definition): Generator<WidgetFault> {
  yield* repeatedIds(hidden, ["hidden"]);
  yield* repeatedIds(calculated, ["calculated"]);
  for (const [index, { id }] of hidden.entries())
    if (id === languageParameter)
      yield fault(
        ["hidden", index, "id"],
        `links of mails carry \`${id}\` as the page's language; choose another id`,
      );
  const asked = [...questions.map(({ id }) => id), "end", "other"];
  for (const [list, things, taken] of [
    ["hidden", hidden, asked],
    ["calculated", calculated, [...asked, ...hidden.map(({ id }) => id)]],
  ] as const)
    for (const [index, { id }] of things.entries())
      if (taken.includes(id))
        yield fault(
          [list, index, "id"],
          `the id "${id}" is used elsewhere in this widget; give each its own`,
        );
}

function* addends({ questions, calculated = [] }: Definition): Generator<WidgetFault> {
  for (const [index, { add }] of calculated.entries())
    for (const [rank, { question: id }] of add.entries()) {
      const path: Path = ["calculated", index, "add", rank, "question"];
      const question = questions.find((candidate) => candidate.id === id);
      if (question === undefined)
        yield fault(path, `there is no question "${id}"; a calculated value adds answers`);
      else if (!counted.includes(question.kind))
        yield fault(path, `answers of a ${question.kind} are no number; take "${id}" away`);
    }
}

/** That a condition's value is calculated, of what is answered by `index`, and compared with something. */
function* comparison(
  definition: Definition,
  when: { value?: string | undefined; atLeast?: number | undefined; atMost?: number | undefined },
  { index, path }: { readonly index: number; readonly path: Path },
): Generator<WidgetFault> {
  const { value, atLeast, atMost } = when;
  if (value === undefined) return;
  const { calculated = [], questions } = definition;
  const named = calculated.find(({ id }) => id === value);
  const place = [...path, "value"];
  if (named === undefined) {
    const known = calculated.map(({ id }) => id).join(", ");
    yield fault(
      place,
      `there is no calculated value "${value}"; ${known ? `there is ${known}` : "add it under `calculated`"}`,
    );
    return;
  }
  if (atLeast === undefined && atMost === undefined)
    yield fault(place, "compare it: write `atLeast`, `atMost` or both beside it");
  const last = lastAdded(definition, named.add);
  if (last > index)
    yield fault(
      place,
      `"${value}" also adds "${questions[last]?.id ?? ""}", which is asked later; ask it after that`,
    );
}

function* rules(definition: Definition): Generator<WidgetFault> {
  for (const [index, { next = [] }] of definition.questions.entries())
    for (const [rank, { when }] of next.entries()) {
      if (when === undefined) continue;
      const path: Path = ["questions", index, "next", rank, "when"];
      yield* comparison(definition, when, { index, path });
      if (when.value === undefined) continue;
      for (const key of ["is", "includes", "answered"] as const)
        if (when[key] !== undefined)
          yield fault(
            [...path, key],
            "speaks of the question's answer, and `value` does not; write two rules",
          );
    }
  const index = definition.questions.length - 1;
  for (const [rank, { when }] of definition.outcomes.entries())
    if (when !== undefined)
      yield* comparison(definition, when, { index, path: ["outcomes", rank, "when"] });
}

/** Every text with its place, a language's own where it is written per language. */
function* textsIn(text: LocalText | undefined, path: Path): Generator<readonly [Path, string]> {
  if (typeof text === "string") yield [path, text];
  else if (text !== undefined)
    for (const [language, written] of Object.entries(text)) yield [[...path, language], written];
}

/** Texts that may repeat what is known, with the place among the questions where they are said. */
function* pipedTexts({
  questions,
  outcomes,
  thanks,
}: Definition): Generator<readonly [Path, string, number]> {
  for (const [index, question] of questions.entries()) {
    const { text, description } = question;
    const placeholder = "placeholder" in question ? question.placeholder : undefined;
    for (const [key, said] of Object.entries({ text, description, placeholder }))
      for (const [path, each] of textsIn(said, ["questions", index, key]))
        yield [path, each, index];
  }
  const last = questions.length;
  for (const [index, outcome] of outcomes.entries())
    for (const key of ["title", "text"] as const)
      for (const [path, text] of textsIn(outcome[key], ["outcomes", index, key]))
        yield [path, text, last];
  for (const key of ["title", "text"] as const)
    for (const [path, text] of textsIn(thanks?.[key], ["thanks", key])) yield [path, text, last];
}

/** Why `id` cannot be repeated in a text said at `index`; undefined where it can. */
function unknownThere(definition: Definition, id: string, index: number): string | undefined {
  const { questions, hidden = [], calculated = [] } = definition;
  if (hidden.some((field) => field.id === id)) return undefined;
  const value = calculated.find((candidate) => candidate.id === id);
  if (value !== undefined) {
    const last = lastAdded(definition, value.add);
    return last >= index
      ? `"${id}" also adds "${questions[last]?.id ?? ""}", which is not answered by then; repeat it later`
      : undefined;
  }
  const place = questions.findIndex((question) => question.id === id);
  const question = questions[place];
  if (question === undefined)
    return `there is no question, hidden field or calculated value "${id}" to repeat`;
  if (place >= index) return `"${id}" is not answered by then; repeat it in a later question`;
  return pipedKinds.includes(question.kind)
    ? undefined
    : `the answer to a ${question.kind} does not read as a text; repeat another`;
}

function* pipes(definition: Definition): Generator<WidgetFault> {
  const piped = new Set<string>();
  for (const [path, text, index] of pipedTexts(definition)) {
    piped.add(path.join("."));
    for (const { id } of pipesOf(text)) {
      const why = unknownThere(definition, id, index);
      if (why !== undefined) yield fault(path, why);
    }
    if (withoutPipes(text).includes("[["))
      yield fault(
        path,
        "write what is repeated as [[id|what stands there without it]], with 1 to 100 characters after the bar",
      );
  }
  for (const [path, text] of strings(definition, []))
    if (pipesOf(text).length > 0 && !piped.has(path.join(".")))
      yield fault(
        path,
        "answers are repeated in questions' text, description and placeholder, in outcomes and thanks; not here",
      );
}

/** Every string of a document with its place. */
function* strings(value: unknown, path: Path): Generator<readonly [Path, string]> {
  if (typeof value === "string") yield [path, value];
  else if (typeof value === "object" && value !== null)
    for (const [key, inner] of Object.entries(value))
      yield* strings(inner, [...path, Array.isArray(value) ? Number(key) : key]);
}

/** Faults of what a definition repeats, calculates and is brought. */
export function* checkValues(definition: Definition): Generator<WidgetFault> {
  yield* namespace(definition);
  yield* addends(definition);
  yield* rules(definition);
  yield* pipes(definition);
}
