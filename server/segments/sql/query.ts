// A segment's query as it was understood. Every node is one that all engines read alike.
import type { ValueType, ViewName } from "./views.ts";

export type Query = Select | Combined;

export interface Combined {
  readonly kind: "union" | "intersect" | "except";
  readonly left: Query;
  readonly right: Query;
}

/** The readers of one view of whom a row satisfies `where`; grouped, those whose rows together satisfy `having`. */
export interface Select {
  readonly kind: "select";
  readonly view: ViewName;
  readonly where: Condition | undefined;
  readonly grouped: boolean;
  readonly having: Condition | undefined;
}

export type Comparison = "=" | "<>" | "<" | "<=" | ">" | ">=";

export type Condition =
  | { readonly kind: "and" | "or"; readonly left: Condition; readonly right: Condition }
  | { readonly kind: "not"; readonly of: Condition }
  | {
      readonly kind: "compare";
      readonly operator: Comparison;
      readonly left: Value;
      readonly right: Value;
    }
  | {
      readonly kind: "in";
      readonly value: Value;
      readonly among: readonly Constant[];
      readonly negated: boolean;
    }
  | {
      readonly kind: "between";
      readonly value: Value;
      readonly low: Value;
      readonly high: Value;
      readonly negated: boolean;
    }
  | { readonly kind: "null"; readonly value: Value; readonly negated: boolean }
  | {
      readonly kind: "like";
      readonly value: Value;
      readonly pattern: string;
      readonly negated: boolean;
    }
  | { readonly kind: "member"; readonly query: Query; readonly negated: boolean };

/** A text, a number, a date as ISO 8601, or a timestamp in Unix milliseconds. */
export interface Constant {
  readonly kind: "constant";
  readonly type: ValueType;
  readonly value: string | number;
  /** Where it stands in the text. */
  readonly at: number;
}

export type TruncUnit = "hour" | "day" | "month" | "year";
export type AggregateName = "count" | "sum" | "min" | "max" | "avg";

export type Value =
  | Constant
  | { readonly kind: "column"; readonly type: ValueType; readonly name: string }
  | {
      readonly kind: "arithmetic";
      readonly type: "number";
      readonly operator: "+" | "-";
      readonly left: Value;
      readonly right: Value;
    }
  | {
      readonly kind: "case";
      readonly type: ValueType;
      readonly branches: readonly {
        readonly when: Condition;
        readonly result: Value | undefined;
      }[];
      /** Undefined: NULL. */
      readonly otherwise: Value | undefined;
    }
  | {
      readonly kind: "trunc";
      readonly type: "timestamp";
      readonly unit: TruncUnit;
      readonly of: Value;
    }
  | Aggregate;

export interface Aggregate {
  readonly kind: "aggregate";
  readonly type: ValueType;
  readonly name: AggregateName;
  readonly distinct: boolean;
  /** Undefined: `COUNT(*)`. */
  readonly of: Value | undefined;
  readonly at: number;
}
