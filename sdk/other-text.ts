// An answer that a reader wrote in the place of an option (SPEC §3.2). No id has a colon.
import type { AnswerValue } from "./schema/answer.ts";

const prefix = "other:";

/** What such an answer is counted under, and what rules call it. */
export const otherId = "other";

/** The value of an answer of the reader's own. */
export const otherValue = (text: string): string => prefix + text;

/** What the reader wrote; undefined where it is an option, or no choice at all. */
export const otherText = (value: AnswerValue | undefined): string | undefined =>
  typeof value === "string" && value.startsWith(prefix) ? value.slice(prefix.length) : undefined;
