// What a rule has to say, and where.

export type Severity = "error" | "warning" | "note";

export type LintedPart = "subject" | "text" | "amp" | "html" | "headers" | "fields";

export interface Finding {
  /** A stable name, such as `image-alt`. */
  readonly rule: string;
  readonly severity: Severity;
  readonly part: LintedPart;
  /** Absent where it is about the whole message. */
  readonly language?: string;
  /** Of the part, both from 1; of headers, the message's. */
  readonly line: number;
  readonly column: number;
  /** What is wrong, and why it matters. */
  readonly message: string;
  /** How to mend it. */
  readonly remedy: string;
}

/** A part as it is looked at: sample values in place of merge tags. */
export interface Linted {
  readonly part: LintedPart;
  readonly language?: string;
  readonly text: string;
}

export interface Point {
  readonly line: number;
  readonly column: number;
}

/** Where offsets of a text lie; asking is a binary search. */
export function pointsOf(text: string): (offset: number) => Point {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

const start: Point = { line: 1, column: 1 };

/** Makes findings of one part. */
export const reporter =
  ({ part, language }: Pick<Linted, "part" | "language">) =>
  (
    severity: Severity,
    rule: string,
    message: string,
    remedy: string,
    { line, column }: Point = start,
  ): Finding => ({
    rule,
    severity,
    part,
    ...(language !== undefined && { language }),
    line,
    column,
    message,
    remedy,
  });
