// How a table is declared: once, for DuckDB, Snowflake and the documentation alike.

/** What a column can hold. `instant` is UTC with milliseconds; `texts` a list of texts. */
export type ColumnType =
  | "uuid"
  | "text"
  | "texts"
  | "bytes"
  | "boolean"
  | "uint8"
  | "uint16"
  | "uint32"
  | "int32"
  | "int64"
  | "number"
  | "date"
  | "instant";

/**
 * What it says of a person. `nothing`: of nobody. `pseudonym`: who, under one campaign's name. `consent`: what was agreed to or
 * taken back. `choice`: options, numbers and dates given. `writing`: a reader's own words. `behaviour`: what was done.
 */
export type Personal = "nothing" | "pseudonym" | "consent" | "choice" | "writing" | "behaviour";

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
  readonly personal: Personal;
  /** The version of the tables that brought it. */
  readonly since: number;
  readonly description: string;
}

export interface Table {
  readonly name: string;
  readonly description: string;
  /** The columns that name a row; none where rows are only appended. */
  readonly key: readonly string[];
  readonly since: number;
  /** `shared`: facts, kept wherever they are loaded. `own`: how the embedded warehouse keeps its books. */
  readonly kind: "shared" | "own";
  /** In the order of the file: columns that came later stand last. */
  readonly columns: readonly Column[];
}

interface Said {
  readonly nullable?: boolean;
  readonly personal?: Personal;
  readonly since?: number;
}

/** One column; without `said` it is never null, says nothing of a person and has been there from the table's start. */
export type Declare = (name: string, type: ColumnType, description: string, said?: Said) => Column;

/** Declares columns of a table that came with version `since`. */
export const declared =
  (since: number): Declare =>
  (name, type, description, said = {}) => ({
    name,
    type,
    description,
    nullable: said.nullable ?? false,
    personal: said.personal ?? "nothing",
    since: said.since ?? since,
  });
