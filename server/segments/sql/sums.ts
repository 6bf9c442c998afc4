// Sums of fractions: engines add them in orders of their own, and the last digits differ. A segment adds numbers that are whole.
import type { Campaign } from "../../../sdk/schema/campaign.ts";
import type { Question } from "../../../sdk/schema/widget.ts";
import { faultAt, type SqlFault } from "./fault.ts";
import type { Aggregate, Condition, Query, Value } from "./query.ts";

const isWhole = (number: number | undefined): boolean =>
  number === undefined || Number.isInteger(number);

function takesFractions(question: Question): boolean {
  if (question.kind === "slider") return !isWhole(question.from) || !isWhole(question.step);
  return (
    question.kind === "number" &&
    (question.step === undefined || !isWhole(question.step) || !isWhole(question.from))
  );
}

/** Points that a question's options add to calculated values. */
const pointsOf = (question: Question): (number | undefined)[] => {
  if (question.kind === "matrix") return question.columns.map(({ points }) => points);
  return "options" in question ? question.options.map(({ points }) => points) : [];
};

/** Questions and calculated values whose numbers may be fractions. */
function fractionalOf({ definition }: Pick<Campaign, "definition">): string[] {
  const { questions, calculated = [] } = definition;
  const asked = questions.filter(takesFractions).map(({ id }) => id);
  const added = calculated.filter(
    ({ start, add }) =>
      !isWhole(start) ||
      add.some(({ question: id, times }) => {
        const question = questions.find((one) => one.id === id);
        return (
          !isWhole(times) ||
          asked.includes(id) ||
          (question !== undefined && !pointsOf(question).every(isWhole))
        );
      }),
  );
  return [...asked, ...added.map(({ id }) => id)];
}

/** What a condition can come to for rows of one question. */
interface Outcomes {
  readonly holds: boolean;
  readonly fails: boolean;
}
const either: Outcomes = { holds: true, fails: true };
const surely = (holds: boolean): Outcomes => ({ holds, fails: !holds });

function outcomesOf(condition: Condition, question: string): Outcomes {
  switch (condition.kind) {
    case "and":
    case "or": {
      const left = outcomesOf(condition.left, question);
      const right = outcomesOf(condition.right, question);
      return condition.kind === "and"
        ? { holds: left.holds && right.holds, fails: left.fails || right.fails }
        : { holds: left.holds || right.holds, fails: left.fails && right.fails };
    }
    case "not": {
      const { holds, fails } = outcomesOf(condition.of, question);
      return { holds: fails, fails: holds };
    }
    case "compare": {
      const { left, right, operator } = condition;
      const [column, constant] = left.kind === "column" ? [left, right] : [right, left];
      if (column.kind !== "column" || column.name !== "question") return either;
      if (constant.kind !== "constant") return either;
      return surely((constant.value === question) === (operator === "="));
    }
    case "in":
      if (condition.value.kind !== "column" || condition.value.name !== "question") return either;
      return surely(condition.among.some(({ value }) => value === question) !== condition.negated);
    default:
      return either;
  }
}

/** Whether a value may be the number of a question's row. */
function uses(value: Value | undefined, question: string): boolean {
  switch (value?.kind) {
    case "column":
      return value.name === "number_value";
    case "arithmetic":
      return uses(value.left, question) || uses(value.right, question);
    case "case":
      return (
        uses(value.otherwise, question) ||
        value.branches.some(
          ({ when, result }) => outcomesOf(when, question).holds && uses(result, question),
        )
      );
    default:
      return false;
  }
}

function* sumsIn(condition: Condition | undefined): Generator<Aggregate> {
  const ofValue = function* (value: Value): Generator<Aggregate> {
    if (value.kind === "aggregate" && (value.name === "sum" || value.name === "avg")) yield value;
    if (value.kind === "arithmetic") {
      yield* ofValue(value.left);
      yield* ofValue(value.right);
    }
  };
  switch (condition?.kind) {
    case "and":
    case "or":
      yield* sumsIn(condition.left);
      yield* sumsIn(condition.right);
      return;
    case "not":
      yield* sumsIn(condition.of);
      return;
    case "compare":
      yield* ofValue(condition.left);
      yield* ofValue(condition.right);
      return;
    case "between":
      for (const value of [condition.value, condition.low, condition.high]) yield* ofValue(value);
      return;
    case "in":
    case "null":
      yield* ofValue(condition.value);
  }
}

function* queriesIn(query: Query): Generator<Extract<Query, { kind: "select" }>> {
  if (query.kind !== "select") {
    yield* queriesIn(query.left);
    yield* queriesIn(query.right);
    return;
  }
  yield query;
  for (const condition of [query.where, query.having]) yield* lookedUp(condition);
}

/** SELECTs that readers are looked up in: terms joined by AND. */
function* lookedUp(
  condition: Condition | undefined,
): Generator<Extract<Query, { kind: "select" }>> {
  if (condition?.kind === "member") yield* queriesIn(condition.query);
  if (condition?.kind !== "and") return;
  yield* lookedUp(condition.left);
  yield* lookedUp(condition.right);
}

/** Every SUM or AVG that may add fractions, with the question they are of. */
export function fractionSums(
  sql: string,
  query: Query,
  campaign: Pick<Campaign, "definition">,
): SqlFault[] {
  const fractional = fractionalOf(campaign);
  const faults: SqlFault[] = [];
  for (const { where, having } of queriesIn(query))
    for (const sum of sumsIn(having)) {
      const question = fractional.find(
        (id) => (where === undefined || outcomesOf(where, id).holds) && uses(sum.of, id),
      );
      if (question !== undefined)
        faults.push(
          faultAt(
            sql,
            sum.at,
            `${sum.name.toUpperCase()} may add fractions of ${question}, which engines round differently: say which question, or use MIN, MAX, or COUNT(CASE WHEN number_value >= … THEN 1 END)`,
          ),
        );
    }
  return faults;
}
