// What the AMP part knows of each question: which control takes its answer, and where each answer leads. Branching is
// counted out beforehand with the page's own rules, so that the mail only looks up.
import { end, questionsOnPath } from "../../sdk/branching.ts";
import { answerOfOptions, optionsOf } from "../../sdk/options.ts";
import type { AnswerValue } from "../../sdk/schema/answer.ts";
import type { Definition, Question } from "../../sdk/schema/widget.ts";
import type { MailView, QuestionView } from "./view.ts";

export type Control =
  | "radios"
  | "scale"
  | "checks"
  | "dropdown"
  | "slider"
  | "agree"
  | "grid"
  | "page";

/** One way on from a question of several answers: taken where `chosen` is among them, or whatever they are. */
export interface WayOn {
  readonly if: { readonly chosen: number } | "any" | "none" | "always";
  readonly go: number;
}

/** Where answers lead: indices in the definition, its count of questions for the end. */
export type Destinations =
  | { readonly to: "one"; readonly go: number }
  /** By option; the first is of no answer. */
  | { readonly to: "each"; readonly go: readonly number[] }
  /** The first that holds. */
  | { readonly to: "rules"; readonly ways: readonly WayOn[] };

export interface AmpQuestion {
  readonly view: QuestionView;
  readonly index: number;
  readonly control: Control;
  readonly destinations: Destinations;
  /** How many options there must be; none is always fine where `required` is false. */
  readonly atLeast: number;
  readonly atMost: number;
  readonly required: boolean;
  /** Of a matrix: options are its cells, row by row. A `grid` takes one a row, `checks` several. */
  readonly columns?: number;
}

const tappedStepsMax = 11;
const tappedCharactersMax = 4;

export function controlOf({ question, options }: QuestionView): Control {
  if (options.length === 0) return "page";
  switch (question.kind) {
    case "multiple-choice":
      return "checks";
    case "picture-choice":
      return question.multiple ? "checks" : "radios";
    case "matrix":
      return question.multiple ? "checks" : "grid";
    case "rating":
    case "nps":
    case "opinion-scale":
      return "scale";
    case "dropdown":
      return "dropdown";
    case "slider":
      // A few steps are better tapped than slid, and look the same in every client.
      return options.length <= tappedStepsMax &&
        options.every(({ label }) => label.length <= tappedCharactersMax)
        ? "scale"
        : "slider";
    case "consent":
      return "agree";
    default:
      return "radios";
  }
}

/** The question after `from`, given an answer to it; the count of questions for the end. */
function after(definition: Definition, from: number, value?: AnswerValue): number {
  const { questions } = definition;
  const id = questions[from]?.id ?? "";
  // Branches only lead forward: the rest of the widget is a widget.
  const path = questionsOnPath(
    { ...definition, questions: questions.slice(from) },
    value === undefined ? {} : { [id]: value },
  );
  const [, next] = path;
  return next === undefined ? questions.length : questions.indexOf(next);
}

/** The rules of a question of several answers, as sdk/branching.ts reads them of a list. */
function waysOf(definition: Definition, question: Question, from: number): WayOn[] {
  const { questions } = definition;
  const optionIds = optionsOf(question);
  const ways: WayOn[] = [];
  for (const { when = {}, go: id } of question.next ?? []) {
    const target = questions.findIndex((candidate) => candidate.id === id);
    const go = id === end ? questions.length : target > from ? target : from + 1;
    const { is, includes, atLeast, atMost, answered } = when;
    // A list is no option and no number.
    if (is !== undefined || atLeast !== undefined || atMost !== undefined) continue;
    if (includes !== undefined) {
      const chosen = optionIds.indexOf(includes);
      if (chosen >= 0 && answered !== false) ways.push({ if: { chosen }, go });
    } else if (answered !== undefined) ways.push({ if: answered ? "any" : "none", go });
    else ways.push({ if: "always", go });
  }
  ways.push({ if: "always", go: from + 1 });
  return ways.slice(0, ways.findIndex((way) => way.if === "always") + 1);
}

function destinationsOf(
  definition: Definition,
  view: QuestionView,
  control: Control,
): Destinations {
  const { question, index, options } = view;
  if (control === "checks" || control === "grid") {
    const ways = waysOf(definition, question, index);
    const [first] = ways;
    return first !== undefined && ways.every(({ go }) => go === first.go)
      ? { to: "one", go: first.go }
      : { to: "rules", ways };
  }
  const unanswered = after(definition, index);
  if (control === "page") return { to: "one", go: unanswered };
  const go = options.map((option) =>
    after(definition, index, answerOfOptions(question, [option.index])),
  );
  return go.every((each) => each === unanswered)
    ? { to: "one", go: unanswered }
    : { to: "each", go: [unanswered, ...go] };
}

/** How many options a question of several answers takes. */
function countsOf({ question, options }: QuestionView): { atLeast: number; atMost: number } {
  switch (question.kind) {
    case "multiple-choice":
    case "picture-choice":
      if (question.kind === "picture-choice" && !question.multiple) break;
      return { atLeast: question.atLeast ?? 1, atMost: question.atMost ?? options.length };
    case "matrix":
      return { atLeast: 1, atMost: question.multiple ? options.length : question.rows.length };
  }
  return { atLeast: 1, atMost: 1 };
}

/** Every question of the mail; those of `onPage` are left to the page, as if no mail could take them. */
export function ampQuestions(view: MailView, onPage: ReadonlySet<number>): AmpQuestion[] {
  const { definition } = view.campaign;
  return view.questions.map((shown) => {
    const { question, index } = shown;
    const control = onPage.has(index) ? "page" : controlOf(shown);
    return {
      view: shown,
      index,
      control,
      destinations: destinationsOf(definition, shown, control),
      ...countsOf(shown),
      required: question.required,
      ...(question.kind === "matrix" && { columns: question.columns.length }),
    };
  });
}

/** The rows of a matrix, as the indices of their options. */
export function rowsOf({ columns = 1, view }: AmpQuestion): number[][] {
  const indices = [...view.options.keys()];
  return Array.from({ length: indices.length / columns }, (_, row) =>
    indices.slice(row * columns, (row + 1) * columns),
  );
}

/** Whether going on depends on the answers. */
export const branches = (definition: Definition): boolean =>
  definition.questions.some(
    (question) =>
      question.next !== undefined ||
      ("options" in question && question.options.some(({ next }) => next !== undefined)),
  );

/** Questions from each one to the end, itself counted, were none of them answered. */
export const questionsLeft = (definition: Definition): number[] =>
  definition.questions.map(
    (_, from) =>
      questionsOnPath({ ...definition, questions: definition.questions.slice(from) }, {}).length,
  );
