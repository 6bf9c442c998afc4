import type { Option, Question } from "../../sdk/schema/widget.ts";
import { more } from "./more.ts";
import { local, type Open } from "./page.ts";

export function optionText(page: Open, options: readonly Option[], id: unknown): string {
  const option = options.find((each) => each.id === id);
  return option === undefined ? "" : local(page, option.text);
}

/** What a reader answered, in words; undefined where nothing was. */
export function answerText(page: Open, question: Question): string | undefined {
  const value = page.answers[question.id];
  const { speech } = page;
  if (value === undefined) return undefined;
  const said = more?.kindText(page, question, value);
  if (said !== undefined) return said;
  if ("options" in question) {
    const ids = Array.isArray(value) ? value : [value];
    const texts = ids.map((id) => optionText(page, question.options, id));
    if (question.kind === "ranking")
      return texts.map((text, index) => `${index + 1}. ${text}`).join("\n");
    return new Intl.ListFormat(speech.language).format(texts);
  }
  switch (question.kind) {
    case "yes-no":
      return value === "yes" ? speech.asking.yes : speech.asking.no;
    case "consent":
      return speech.asking.agreed;
    case "date":
      return new Intl.DateTimeFormat(speech.language, {
        dateStyle: "long",
        timeZone: "UTC",
      }).format(new Date(String(value)));
    case "slider":
      return question.unit === undefined
        ? String(value)
        : `${String(value)} ${local(page, question.unit)}`;
    case "rating":
    case "nps":
      return `${String(value)} / ${question.kind === "nps" ? 10 : question.steps}`;
    default:
      return String(value);
  }
}
