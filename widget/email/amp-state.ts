// The state of the AMP part: what a reader has chosen, where the way leads, what expressions look up.
import { isChecked, keyOf, rowKey } from "./amp-bind.ts";
import { firstOutcome, scoreState } from "./amp-outcome.ts";
import { rowsOf, type AmpQuestion, type Control } from "./amp-questions.ts";
import type { MailView } from "./view.ts";

/** JSON that is markup to nobody: braces, tildes and the like in its texts as escapes, its lists never `[[`. */
export const inertJson = (value: unknown): string =>
  JSON.stringify(value)
    .replace(/"(?:[^"\\]|\\.)*"/g, (text) =>
      text.replace(
        /[<>&{}%*|[\]~\u007f-\u009f\u2028\u2029]/g,
        (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
      ),
    )
    .replace(/\[(?=\[)/g, "[ ");

const stateOf = (name: string, json: string): string =>
  `<amp-state id="${name}"><script type="application/json">${json}</script></amp-state>`;

export interface Begin {
  /** The path when the mail opens: all questions where they stand on one page. */
  readonly path: readonly number[];
  /** Texts and tables that expressions look up. */
  readonly say: Readonly<Record<string, unknown>>;
  /** Codes, already JSON: they hold slots. */
  readonly sealed: string | undefined;
}

const fromEach = (
  questions: readonly AmpQuestion[],
  value: (question: AmpQuestion) => unknown,
): Record<string, unknown> =>
  Object.fromEntries(questions.map((question) => [keyOf(question), value(question)]));

/** Every `<amp-state>`. */
export function ampState(view: MailView, questions: readonly AmpQuestion[], begin: Begin): string {
  const taken = questions.filter(({ control }) => control !== "page");
  // What `chooseValue` looks up.
  const valued: readonly Control[] = ["dropdown", "slider", "agree"];
  const tables = fromEach(
    taken.filter(
      ({ control, destinations }) => valued.includes(control) && destinations.to === "each",
    ),
    ({ destinations }) => (destinations.to === "each" ? destinations.go : []),
  );
  const [grids, single] = [
    taken.filter(({ control }) => control === "grid"),
    taken.filter(({ control }) => control !== "grid"),
  ];
  const cells = Object.fromEntries(
    grids.flatMap((grid) => rowsOf(grid).map((_, row) => [rowKey(grid, row), -1])),
  );
  const rowed = taken.filter(
    (question) =>
      question.control === "checks" && question.columns !== undefined && isChecked(question),
  );
  const score = scoreState(view, taken);
  const states: [string, unknown][] = [
    [
      "at",
      {
        step: 0,
        path: begin.path,
        view: "ask",
        fault: false,
        outcome: firstOutcome(view),
        points: [],
      },
    ],
    [
      "chosen",
      { ...fromEach(single, ({ control }) => (control === "checks" ? "," : -1)), ...cells },
    ],
    [
      "go",
      fromEach(
        taken.filter(({ destinations }) => destinations.to === "each"),
        ({ destinations }) => (destinations.to === "each" ? destinations.go[0] : 0),
      ),
    ],
    ["fine", fromEach(taken.filter(isChecked), ({ required }) => !required)],
    ["say", { ...begin.say, ...tables }],
    ...(grids.length > 0 ? [["any", fromEach(grids, () => false)] as [string, unknown]] : []),
    ...(rowed.length > 0 ? [["done", fromEach(rowed, () => ",")] as [string, unknown]] : []),
  ];
  if (score !== undefined) states.push(["score", score]);
  return (
    states.map(([name, value]) => stateOf(name, inertJson(value))).join("") +
    (begin.sealed === undefined ? "" : stateOf("sealed", begin.sealed))
  );
}
