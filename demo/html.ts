// HTML by tagged template: every value is escaped, except what `html` itself made.
import { escapeHtml } from "../sdk/mail-plan.ts";

class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}
export type { Markup };

type Value = string | number | Markup | readonly Markup[] | undefined;

function written(value: Value): string {
  if (value === undefined) return "";
  if (value instanceof Markup) return value.text;
  if (typeof value === "object") return value.map((markup) => markup.text).join("");
  return escapeHtml(String(value));
}

export const html = (strings: TemplateStringsArray, ...values: readonly Value[]): Markup =>
  new Markup(strings.reduce((text, part, index) => text + written(values[index - 1]) + part));
