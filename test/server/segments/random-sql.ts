// SQL that the grammar takes, at random: every construct, nested as far as it may be.
import { oneOf, type Random } from "./world.ts";

const comparisons = ["=", "<>", "<", "<=", ">", ">=", "!="];
const views = ["current_answers", "current_readers", "reader_activities"] as const;
type View = (typeof views)[number];

interface Column {
  readonly name: string;
  readonly type: "text" | "number" | "date" | "timestamp";
  readonly values: readonly string[];
}

const options = ["light", "dark", "milk", "sugar", "oat", "taste", "price", "yes", "no"];
const quoted = (values: readonly string[]): string[] => values.map((value) => `'${value}'`);
const days = ["2015-03-15", "2020-07-15", "2026-11-01", "2026-11-02"];
const moments = [...days, "2026-11-01 00:05:00", "2026-11-01T00:10:00"];
const numbers = ["0", "1", "2", "3.5", "-1", "0.3", "5", "9"];

const ofAnswer: readonly Column[] = [
  { name: "channel", type: "text", values: quoted(["web", "amp", "site"]) },
  { name: "language", type: "text", values: quoted(["en", "de"]) },
  { name: "outcome", type: "text", values: quoted(["filter", "espresso"]) },
  { name: "revision", type: "number", values: numbers },
  { name: "admitted_at", type: "timestamp", values: quoted(moments) },
];
const columns: Readonly<Record<View, readonly Column[]>> = {
  current_answers: [
    {
      name: "question",
      type: "text",
      values: quoted(["roast", "extras", "order", "stars", "recommend", "again", "since", "why"]),
    },
    { name: "position", type: "number", values: numbers },
    { name: "option_id", type: "text", values: quoted(options) },
    { name: "number_value", type: "number", values: numbers },
    { name: "date_value", type: "date", values: [...quoted(days), "DATE '2020-01-01'"] },
    ...ofAnswer,
  ],
  current_readers: ofAnswer,
  reader_activities: [
    { name: "kind", type: "text", values: quoted(["click", "purchase"]) },
    { name: "label", type: "text", values: quoted(["eco", "sale"]) },
    { name: "amount", type: "number", values: ["0", "100", "250"] },
    { name: "currency", type: "text", values: quoted(["EUR", "USD"]) },
    { name: "happened_at", type: "timestamp", values: quoted(moments) },
  ],
};

/** One that a query of random depth is made of. */
export class RandomSql {
  readonly #random: Random;
  readonly #activities: boolean;

  constructor(random: Random, activities: boolean) {
    [this.#random, this.#activities] = [random, activities];
  }

  query(depth = 2): string {
    const random = this.#random;
    if (depth === 0 || random(3) > 0) return this.#select(depth);
    const kind = oneOf(random, ["UNION", "UNION ALL", "INTERSECT", "EXCEPT"]);
    return `(${this.query(depth - 1)}) ${kind} (${this.query(depth - 1)})`;
  }

  #select(depth: number): string {
    const random = this.#random;
    const view = oneOf(random, this.#activities ? views : views.slice(0, 2));
    const where = random(5) === 0 ? "" : ` WHERE ${this.#joined(view, depth)}`;
    if (random(2) === 0)
      return `SELECT ${random(2) === 0 ? "DISTINCT " : ""}reader FROM ${view}${where}`;
    const having = random(5) === 0 ? "" : ` HAVING ${this.#having(view)}`;
    return `SELECT reader FROM ${view}${where} GROUP BY reader${having}`;
  }

  /** A condition, and perhaps readers looked up beside it. */
  #joined(view: View, depth: number): string {
    const random = this.#random;
    const condition = this.#condition(view, 2);
    if (depth === 0 || random(4) > 0) return condition;
    const not = random(2) === 0 ? "NOT " : "";
    return `(${condition}) AND reader ${not}IN (${this.query(depth - 1)})`;
  }

  #condition(view: View, depth: number): string {
    const random = this.#random;
    if (depth > 0 && random(3) === 0) {
      const [left, right] = [this.#condition(view, depth - 1), this.#condition(view, depth - 1)];
      return `(${left} ${oneOf(random, ["AND", "OR"])} ${right})`;
    }
    if (depth > 0 && random(6) === 0) return `NOT (${this.#condition(view, depth - 1)})`;
    return this.#comparison(oneOf(random, columns[view]), view);
  }

  #comparison(column: Column, view: View): string {
    const random = this.#random;
    const { name, type, values } = column;
    const not = random(2) === 0 ? "NOT " : "";
    const value = (): string => oneOf(random, values);
    switch (random(8)) {
      case 0:
        return `${name} IS ${not}NULL`;
      case 1:
        return `${name} ${not}IN (${value()}, ${value()})`;
      case 2:
        return type === "text"
          ? `${name} ${not}LIKE '%${oneOf(random, ["a", "e_", "li", ""])}%'`
          : `${name} ${not}BETWEEN ${value()} AND ${value()}`;
      case 3:
        return type === "timestamp"
          ? `date_trunc('${oneOf(random, ["hour", "day", "month", "year"])}', ${name}) ${oneOf(random, comparisons)} ${value()}`
          : `${name} = ${value()}`;
      case 4:
        return type === "number"
          ? `${name} + 1 - ${random(3)} ${oneOf(random, comparisons)} ${value()}`
          : `${name} <> ${value()}`;
      case 5: {
        const other = oneOf(
          random,
          columns[view].filter((one) => one.type === type),
        );
        return `${name} ${oneOf(random, ["=", "<>"])} ${other.name}`;
      }
      default:
        return `${name} ${oneOf(random, type === "text" ? ["=", "<>"] : comparisons)} ${value()}`;
    }
  }

  #aggregate(view: View): string {
    const random = this.#random;
    const when = (): string => `CASE WHEN ${this.#condition(view, 1)} THEN ${random(4)}`;
    switch (random(7)) {
      case 0:
        return "COUNT(*)";
      case 1:
        return `COUNT(${oneOf(random, columns[view]).name})`;
      case 2:
        return `COUNT(DISTINCT ${oneOf(random, columns[view]).name})`;
      case 3:
        return `SUM(${when()} ELSE 0 END)`;
      case 4:
        return `${oneOf(random, ["AVG", "MIN", "MAX"])}(${when()} ELSE NULL END)`;
      case 5:
        return `COUNT(${when()} END)`;
      default: {
        const numeric = columns[view].filter(({ type }) => type === "number");
        return `${oneOf(random, ["MIN", "MAX"])}(${oneOf(random, numeric).name})`;
      }
    }
  }

  #having(view: View): string {
    const random = this.#random;
    const value = (): string => oneOf(random, ["0", "1", "2", "3", "5", "0.5"]);
    switch (random(6)) {
      case 0:
        return `${this.#aggregate(view)} IS NOT NULL AND ${this.#aggregate(view)} > ${value()}`;
      case 1:
        return `${this.#aggregate(view)} BETWEEN 1 AND 3 OR ${this.#aggregate(view)} = 2`;
      case 2:
        return `${this.#aggregate(view)} + ${this.#aggregate(view)} >= ${random(5)}`;
      case 3:
        return `NOT (${this.#aggregate(view)} IN (1, 2)) AND ${this.#aggregate(view)} >= ${this.#aggregate(view)}`;
      default:
        return `${this.#aggregate(view)} ${oneOf(random, comparisons)} ${value()}`;
    }
  }
}
