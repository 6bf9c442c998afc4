// What a reader typed, where the answer says the same in another form: 1,50 for 1.5. In memory alone.
import type { AnswerValue } from "../../../sdk/schema/answer.ts";

const typed = new Map<string, string>();

export const keepTyped = (field: string, text: string): void => void typed.set(field, text);

/** The text as it was typed while it still reads as `value`, else the value written out. */
export function shownText<Value extends AnswerValue>(
  field: string,
  value: Value | undefined,
  read: (text: string) => Value | undefined,
  write: (value: Value) => string,
): string {
  const text = typed.get(field);
  if (text !== undefined && read(text) === value) return text;
  return value === undefined ? "" : write(value);
}

export const typedIn = (field: string): string | undefined => typed.get(field);
