// Whether a segment's questions and options are its campaign's: a misspelt one would be a segment that nobody ever enters.
import { otherId } from "../../../sdk/other-text.ts";
import type { Campaign } from "../../../sdk/schema/campaign.ts";
import { Channel } from "../../../sdk/schema/record.ts";
import type { Question } from "../../../sdk/schema/widget.ts";
import { faultAt, type SqlFault } from "./fault.ts";
import type { Condition, Constant, Query, Value } from "./query.ts";

/** Faults that are told at once. */
const faultsMax = 20;
/** Names that a fault lists where none is near. */
const listedMax = 12;

/** What may stand as option_id of a question; undefined: any two letters, a country. */
function optionsOf(question: Question): readonly string[] | undefined {
  if ("options" in question) {
    const ids = question.options.map(({ id }) => id);
    return "other" in question && question.other !== undefined ? [...ids, otherId] : ids;
  }
  switch (question.kind) {
    case "yes-no":
      return ["yes", "no"];
    case "consent":
      return ["agreed"];
    case "matrix":
      return question.rows.flatMap(({ id }) => question.columns.map((one) => `${id}:${one.id}`));
    case "country":
      return undefined;
    default:
      return [];
  }
}

/** Names by what they name. */
interface Known {
  readonly options: ReadonlyMap<string, readonly string[] | undefined>;
  readonly columns: Readonly<Record<string, readonly string[]>>;
}

function knownOf({ definition }: Pick<Campaign, "definition">): Known {
  const { questions, hidden = [], calculated = [], outcomes, languages } = definition;
  const options = new Map<string, readonly string[] | undefined>(
    questions.map((question) => [question.id, optionsOf(question)]),
  );
  for (const { id } of [...hidden, ...calculated]) options.set(id, []);
  return {
    options,
    columns: {
      question: [...options.keys()],
      outcome: outcomes.map(({ id }) => id),
      language: languages,
      channel: Channel.options,
    },
  };
}

/** How many letters are to be put in, taken out or changed (Levenshtein). */
function distance(one: string, other: string): number {
  let above = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [row, letter] of Array.from(one).entries()) {
    const line = [row + 1];
    for (const [column, against] of Array.from(other).entries())
      line.push(
        Math.min(
          (above[column + 1] ?? 0) + 1,
          (line[column] ?? 0) + 1,
          (above[column] ?? 0) + (letter === against ? 0 : 1),
        ),
      );
    above = line;
  }
  return above.at(-1) ?? 0;
}

/** Near enough to be meant. */
function nearest(name: string, names: readonly string[]): string | undefined {
  const [best] = names
    .map((candidate) => ({ candidate, far: distance(name, candidate) }))
    .toSorted((left, right) => left.far - right.far);
  return best !== undefined && best.far <= Math.max(2, name.length / 3)
    ? best.candidate
    : undefined;
}

function advice(what: string, name: string, names: readonly string[]): string {
  const near = nearest(name, names);
  if (near !== undefined) return `there is no ${what} '${name}'; did you mean '${near}'?`;
  const some = names.slice(0, listedMax).join(", ");
  return `there is no ${what} '${name}'; there are ${some === "" ? "none" : some}`;
}

class Names {
  readonly faults: SqlFault[] = [];
  readonly #sql: string;
  readonly #known: Known;

  constructor(sql: string, known: Known) {
    this.#sql = sql;
    this.#known = known;
  }

  /** `asked`: the questions that a condition is about, where it says so; undefined: any. */
  constant(
    column: string,
    { type, value, at }: Constant,
    asked: readonly string[] | undefined,
  ): void {
    if (type !== "text" || this.faults.length >= faultsMax) return;
    const name = String(value);
    const names = column === "option_id" ? this.#optionsOf(asked) : this.#known.columns[column];
    if (names === undefined || names.includes(name)) return;
    const of = asked === undefined ? "" : ` of ${asked.join(" or ")}`;
    const what = column === "option_id" ? `option${of}` : column;
    this.faults.push(faultAt(this.#sql, at, advice(what, name, names)));
  }

  #optionsOf(asked: readonly string[] | undefined): readonly string[] | undefined {
    const { options } = this.#known;
    const names: string[] = [];
    for (const question of asked ?? options.keys()) {
      // A question that there is not has a fault of its own.
      if (!options.has(question)) return undefined;
      const some = options.get(question);
      if (some === undefined) return undefined;
      names.push(...some);
    }
    return names;
  }
}

/** The questions that a condition holds of alone, as far as its own terms joined by AND say it. */
function askedIn(condition: Condition): readonly string[] | undefined {
  if (condition.kind === "and") return askedIn(condition.left) ?? askedIn(condition.right);
  if (condition.kind === "compare" && condition.operator === "=") {
    const [column, constant] = columnAndConstant(condition.left, condition.right) ?? [];
    if (column === "question" && constant !== undefined) return [String(constant.value)];
  }
  if (condition.kind === "in" && !condition.negated && isColumn(condition.value, "question"))
    return condition.among.map(({ value }) => String(value));
  return undefined;
}

const isColumn = (value: Value, name: string): boolean =>
  value.kind === "column" && value.name === name;

function columnAndConstant(left: Value, right: Value): [string, Constant] | undefined {
  if (left.kind === "column" && right.kind === "constant") return [left.name, right];
  if (right.kind === "column" && left.kind === "constant") return [right.name, left];
  return undefined;
}

function walkValue(
  value: Value | undefined,
  names: Names,
  asked: readonly string[] | undefined,
): void {
  if (value?.kind === "aggregate") walkValue(value.of, names, asked);
  if (value?.kind === "arithmetic")
    for (const side of [value.left, value.right]) walkValue(side, names, asked);
  if (value?.kind !== "case") return;
  for (const { when, result } of value.branches) {
    walk(when, names, asked);
    walkValue(result, names, asked);
  }
  walkValue(value.otherwise, names, asked);
}

function walk(
  condition: Condition | undefined,
  names: Names,
  outer: readonly string[] | undefined,
): void {
  if (condition === undefined) return;
  const asked = askedIn(condition) ?? outer;
  switch (condition.kind) {
    case "and":
    case "or":
      walk(condition.left, names, asked);
      walk(condition.right, names, asked);
      return;
    case "not":
      walk(condition.of, names, asked);
      return;
    case "member":
      walkQuery(condition.query, names);
      return;
    case "compare": {
      const [column, constant] = columnAndConstant(condition.left, condition.right) ?? [];
      if (column !== undefined && constant !== undefined) names.constant(column, constant, asked);
      walkValue(condition.left, names, asked);
      walkValue(condition.right, names, asked);
      return;
    }
    case "in":
      if (condition.value.kind === "column")
        for (const constant of condition.among)
          names.constant(condition.value.name, constant, asked);
      walkValue(condition.value, names, asked);
      return;
    case "between":
    case "null":
    case "like":
      walkValue(condition.value, names, asked);
  }
}

function walkQuery(query: Query, names: Names): void {
  if (query.kind !== "select") {
    walkQuery(query.left, names);
    walkQuery(query.right, names);
    return;
  }
  walk(query.where, names, undefined);
  walk(query.having, names, query.where === undefined ? undefined : askedIn(query.where));
}

/** Every question, option, outcome, language and channel that the campaign does not have, with the nearest it has. */
export function unknownNames(
  sql: string,
  query: Query,
  campaign: Pick<Campaign, "definition">,
): SqlFault[] {
  const names = new Names(sql, knownOf(campaign));
  walkQuery(query, names);
  return names.faults;
}
