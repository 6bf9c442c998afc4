// The expressions and the state of the AMP part. Kept to what amp-bind knows for certain: member access, arithmetic,
// conditions, `indexOf`, `concat`, `slice`, `split`, `join`, `substr`; arrow functions only for results. Texts of an author
// never come into an expression, only indices; they stand in the state as JSON, or in the markup.
import type { AmpQuestion, Control } from "./amp-questions.ts";
import type { MailView } from "./view.ts";

/** An attribute whose value is an expression or actions. */
export const attribute = (name: string, value: string): string =>
  ` ${name}="${value.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;")}"`;

/** An element that is there while `condition` holds; `now` is whether it does when the mail opens. */
export const shownWhile = (condition: string, now: boolean): string =>
  `${now ? "" : " hidden"}${attribute("[hidden]", `!(${condition})`)}`;

export const setState = (members: string): string => `AMP.setState({${members}})`;

// One reader's state. `chosen` holds an option's index, -1 for none; of questions of several answers a text such as
// ",0,3,", where an option is found and taken out whole.
export const keyOf = ({ index }: AmpQuestion): string => `q${index}`;
export const chosenOf = (question: AmpQuestion): string => `chosen.${keyOf(question)}`;
const countOf = (question: AmpQuestion): string => `${chosenOf(question)}.split(',').length-2`;
export const isChosen = (question: AmpQuestion, option: number): string =>
  `${chosenOf(question)}.indexOf(',${option},')>=0`;
export const chosenCount = (question: AmpQuestion): string => `(${countOf(question)})`;
export const isFull = (question: AmpQuestion): string => `${countOf(question)}>=${question.atMost}`;
/** Whether anything is chosen. */
export const isAnswered = (question: AmpQuestion): string =>
  question.control === "checks" ? `${chosenOf(question)}!=','` : `${chosenOf(question)}>=0`;

/** Whether a reader may go on only after looking at the answer. */
export const isChecked = ({ control, required, atLeast }: AmpQuestion): boolean =>
  control !== "page" && (required || (control === "checks" && atLeast > 1));
export const isFine = (question: AmpQuestion): string => `fine.${keyOf(question)}`;

/** What is set when one option is chosen; `value` is an expression for its index, -1 for none. */
function choosing(question: AmpQuestion, value: string, go: string | undefined): string {
  const key = keyOf(question);
  const members = [`chosen:{${key}:${value}}`];
  if (go !== undefined) members.push(`go:{${key}:${go}}`);
  if (isChecked(question)) members.push(`fine:{${key}:(${value})>=0}`);
  return setState(members.join(","));
}

/** For a control of which each option is an element: `option` was chosen. */
export function chooseOption(question: AmpQuestion, option: number): string {
  const { destinations } = question;
  return choosing(
    question,
    String(option),
    destinations.to === "each" ? String(destinations.go[option + 1]) : undefined,
  );
}

/** For a control that says which option: `value` is an expression over its event. */
export function chooseValue(question: AmpQuestion, value: string): string {
  return choosing(
    question,
    value,
    question.destinations.to === "each" ? `say.${keyOf(question)}[(${value})+1]` : undefined,
  );
}

/** For a box among several: the option comes in or goes out, and what depends on their count follows. */
export function toggleOption(question: AmpQuestion, option: number): string {
  const key = keyOf(question);
  const chosen = chosenOf(question);
  const toggle = setState(
    `chosen:{${key}:${chosen}.split(',${option},').join(',')+(event.checked?'${option},':'')}`,
  );
  if (!isChecked(question)) return toggle;
  const enough = `${countOf(question)}>=${question.atLeast}`;
  const fine = question.required ? enough : `${chosen}==','||${enough}`;
  return `${toggle},${setState(`fine:{${key}:${fine}}`)}`;
}

/** Where Next leads: a number, or an expression. */
export function goOf(question: AmpQuestion): string {
  const { destinations } = question;
  switch (destinations.to) {
    case "one":
      return String(destinations.go);
    case "each":
      return `go.${keyOf(question)}`;
    case "rules":
      return destinations.ways.reduceRight((rest, { if: condition, go }) => {
        if (condition === "always") return String(go);
        const holds =
          typeof condition === "object"
            ? isChosen(question, condition.chosen)
            : `${chosenOf(question)}${condition === "any" ? "!=" : "=="}','`;
        return `${holds}?${go}:${rest}`;
      }, "");
  }
}

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

/** Points of each option for each outcome, of the questions that give any. */
function scoresOf(view: MailView, questions: readonly AmpQuestion[]): Record<string, number[][]> {
  const { outcomes } = view.campaign.definition;
  const scores: Record<string, number[][]> = {};
  for (const question of questions) {
    const { question: asked } = question.view;
    if (question.control === "page" || !("options" in asked)) continue;
    if (outcomes.length === 0 || !asked.options.some(({ scores: own }) => own !== undefined))
      continue;
    scores[keyOf(question)] = asked.options.map((option) =>
      outcomes.map(({ id }) => option.scores?.[id] ?? 0),
    );
  }
  return scores;
}

// `null` where an index finds nothing: it adds as 0. sdk/scoring.ts, the same sum: the earlier outcome wins a tie.
const addUp = "reduce((a,b)=>a+b)";
const pointsOfAnswer = `(chosen['q'+k]+',').split(',').map(x=>score.of['q'+k][x][o]).${addUp}`;
const points = `score.outcomes.map(o=>score.on.map(k=>at.path.indexOf(k)<0?0:${pointsOfAnswer}).${addUp})`;

/** Actions that find the outcome of what is chosen: its index in `at.outcome`. Empty where no answer changes it. */
export function findOutcome(view: MailView, questions: readonly AmpQuestion[]): readonly string[] {
  // amp-bind knows `reduce` without a first value only: there must be something to add up.
  if (Object.keys(scoresOf(view, questions)).length === 0) return [];
  return [
    setState(`at:{points:${points}}`),
    setState("at:{outcome:at.points.indexOf(at.points.reduce((a,b)=>b>a?b:a))}"),
  ];
}

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
  const scores = scoresOf(view, taken);
  const scored = taken.filter((question) => keyOf(question) in scores);
  const states: [string, unknown][] = [
    ["at", { step: 0, path: begin.path, view: "ask", fault: false, outcome: 0, points: [] }],
    ["chosen", fromEach(taken, ({ control }) => (control === "checks" ? "," : -1))],
    [
      "go",
      fromEach(
        taken.filter(({ destinations }) => destinations.to === "each"),
        ({ destinations }) => (destinations.to === "each" ? destinations.go[0] : 0),
      ),
    ],
    ["fine", fromEach(taken.filter(isChecked), ({ required }) => !required)],
    ["say", { ...begin.say, ...tables }],
  ];
  const { outcomes } = view.campaign.definition;
  if (scored.length > 0)
    states.push([
      "score",
      {
        outcomes: [...outcomes.keys()],
        on: scored.map(({ index }) => index),
        of: scores,
      },
    ]);
  return (
    states.map(([name, value]) => stateOf(name, inertJson(value))).join("") +
    (begin.sealed === undefined ? "" : stateOf("sealed", begin.sealed))
  );
}
