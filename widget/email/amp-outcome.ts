// The result, found inside the mail: by points, and by the calculated values that outcomes name. sdk/scoring.ts, the same sums,
// of tables that were counted out beforehand.
import { calculatedOf } from "../../sdk/calculated.ts";
import { answerOfOptions } from "../../sdk/options.ts";
import type { Calculated, Question } from "../../sdk/schema/widget.ts";
import { outcomeOf } from "../../sdk/scoring.ts";
import { keyOf, setState } from "./amp-bind.ts";
import type { AmpQuestion } from "./amp-questions.ts";
import type { MailView } from "./view.ts";

/** amp-bind takes 250 syntax nodes in one expression. */
const conditionsMax = 8;
/** No points: what hangs on a condition does not win by them. Far from any sum of a widget's own. */
const never = -1_000_000_000;
/** A bound that is not there. */
const beyond = 1_000_000_000_000_000;
/** Sums are not exact in binary, and the page rounds them (sdk/calculated.ts). */
const tolerance = 1e-9;

/** The calculated values that outcomes name. */
function valuesOf({ campaign }: MailView): Calculated[] {
  const { outcomes, calculated = [] } = campaign.definition;
  const named = new Set(outcomes.map(({ when }) => when?.value));
  return calculated.filter(({ id }) => named.has(id));
}

/** Whether the mail can find the outcome. Not where a matrix counts: its rows are no one answer here. */
export function findsOutcome(view: MailView): boolean {
  const { outcomes, questions } = view.campaign.definition;
  const isMatrix = (id: string): boolean =>
    questions.some((question) => question.id === id && question.kind === "matrix");
  return (
    outcomes.length > 0 &&
    outcomes.filter(({ when }) => when !== undefined).length <= conditionsMax &&
    valuesOf(view).every(({ add }) => !add.some(({ question }) => isMatrix(question)))
  );
}

/** What one option of a question adds to a calculated value. */
function worthOf(view: MailView, value: Calculated, question: Question, option: number): number {
  const add = value.add.filter(({ question: id }) => id === question.id);
  const answer = answerOfOptions(question, [option]);
  if (add.length === 0 || answer === undefined) return 0;
  const { definition } = view.campaign;
  const alone = { ...definition, questions: [question], calculated: [{ id: value.id, add }] };
  return calculatedOf(alone, { [question.id]: answer })[value.id] ?? 0;
}

/** By question, what each option adds to each sum: one an outcome, then one a calculated value. */
function tablesOf(
  view: MailView,
  questions: readonly AmpQuestion[],
): Map<AmpQuestion, readonly (readonly number[])[]> {
  const { outcomes } = view.campaign.definition;
  const values = valuesOf(view);
  const tables = new Map<AmpQuestion, readonly (readonly number[])[]>();
  if (!findsOutcome(view)) return tables;
  for (const asked of questions) {
    const { question, options } = asked.view;
    if (asked.control === "page" || asked.control === "grid") continue;
    const table = options.map(({ index }) => {
      const scores = "options" in question ? question.options[index]?.scores : undefined;
      return [
        ...outcomes.map(({ id }) => scores?.[id] ?? 0),
        ...values.map((value) => worthOf(view, value, question, index)),
      ];
    });
    if (table.some((sums) => sums.some((sum) => sum !== 0))) tables.set(asked, table);
  }
  return tables;
}

/** The outcome of who answers nothing: its index, -1 for none. What it stays where no answer changes it. */
export function firstOutcome(view: MailView): number {
  const { definition } = view.campaign;
  return definition.outcomes.findIndex(({ id }) => id === outcomeOf(definition, {})?.id);
}

/** What `findOutcome` looks up; undefined where no answer changes the outcome. */
export function scoreState(
  view: MailView,
  questions: readonly AmpQuestion[],
): Readonly<Record<string, unknown>> | undefined {
  const tables = tablesOf(view, questions);
  if (tables.size === 0) return undefined;
  const { outcomes } = view.campaign.definition;
  const start = [
    ...outcomes.map(({ when }) => (when === undefined ? 0 : never)),
    ...valuesOf(view).map(({ start: first = 0 }) => first),
  ];
  return {
    sums: [...start.keys()],
    start,
    on: Array.from(tables.keys(), ({ index }) => index),
    of: Object.fromEntries([...tables].map(([question, table]) => [keyOf(question), table])),
    least: outcomes.map(({ when }) => (when?.atLeast ?? -beyond) - tolerance),
    most: outcomes.map(({ when }) => (when?.atMost ?? beyond) + tolerance),
  };
}

// `null` where an index finds nothing: it adds as 0.
const addUp = "reduce((a,b)=>a+b)";
const addedBy = `(chosen['q'+k]+',').split(',').map(x=>score.of['q'+k][x][o]).${addUp}`;
const sums = `score.sums.map(o=>score.start[o]+score.on.map(k=>at.path.indexOf(k)<0?0:${addedBy}).${addUp})`;

/** Actions that find the outcome of what is chosen: its index in `at.outcome`. Empty where no answer changes it. */
export function findOutcome(view: MailView, questions: readonly AmpQuestion[]): readonly string[] {
  // amp-bind knows `reduce` without a first value only: there must be something to add up.
  if (tablesOf(view, questions).size === 0) return [];
  const { outcomes } = view.campaign.definition;
  const values = valuesOf(view).map(({ id }) => id);
  const points = `at.points.slice(0,${outcomes.length})`;
  // The earlier outcome wins a tie.
  const byPoints = outcomes.every(({ when }) => when !== undefined)
    ? "0-1"
    : `${points}.indexOf(${points}.reduce((a,b)=>b>a?b:a))`;
  const found = outcomes.reduceRight((rest, { when }, index) => {
    if (when === undefined) return rest;
    const sum = `at.points[${outcomes.length + values.indexOf(when.value)}]`;
    return `${sum}>=score.least[${index}]&&${sum}<=score.most[${index}]?${index}:${rest}`;
  }, byPoints);
  return [setState(`at:{points:${sums}}`), setState(`at:{outcome:${found}}`)];
}
