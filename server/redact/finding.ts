import type { PiiKind } from "../../sdk/schema/opened.ts";

/** A place in a text, in UTF-16 units, and what stands there. */
export interface Finding {
  readonly start: number;
  readonly end: number;
  readonly kind: PiiKind;
}

const wordForm = /[\p{L}\p{N}_]/u;

/** Whether a letter or digit stands at `index`: what is found must not be part of a longer word or number. */
export function isWordAt(text: string, index: number): boolean {
  const point = text.codePointAt(index);
  return point !== undefined && wordForm.test(String.fromCodePoint(point));
}

/** Whether what lies between `start` and `end` stands by itself. */
export const standsAlone = (text: string, start: number, end: number): boolean =>
  !isWordAt(text, start - 1) && !isWordAt(text, end);
