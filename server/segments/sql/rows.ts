// What is held of one reader, as the views show it. Absent values are null, as in SQL.

/** One row of current_answers but for what the answer as a whole has. */
export interface AnswerCell {
  readonly question: string;
  readonly position: number;
  readonly option: string | null;
  readonly number: number | null;
  /** ISO 8601. */
  readonly date: string | null;
}

/** The row of current_readers. */
export interface AnswerHead {
  readonly channel: string;
  readonly language: string;
  readonly outcome: string | null;
  readonly revision: number;
  /** Unix milliseconds. */
  readonly admittedAt: number;
}

/** One row of reader_activities. */
export interface ActivityCell {
  readonly kind: string;
  readonly label: string | null;
  readonly amount: number | null;
  readonly currency: string | null;
  /** Unix milliseconds. */
  readonly happenedAt: number;
}

export interface ReaderRows {
  /** Undefined: no answer counts, and the reader is in no view. */
  readonly head: AnswerHead | undefined;
  readonly answers: readonly AnswerCell[];
  readonly activities: readonly ActivityCell[];
}
