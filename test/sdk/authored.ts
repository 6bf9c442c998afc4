// Small widgets as authors write them.
import { Widget } from "../../sdk/schema/widget.ts";
import { notice } from "./definitions.ts";

export const options = ["a", "b", "c"].map((id) => ({ id, text: id }));
export const nps = { id: "a", kind: "nps", text: "?" };

export const widgetOf = (questions: readonly object[], more: object = {}): Widget =>
  Widget.parse({
    maily: 1,
    title: "T",
    languages: ["en"],
    notice,
    ...more,
    questions: questions.map((question, index) => ({
      id: String.fromCharCode(97 + index),
      text: "?",
      ...question,
    })),
  });
export const said = (list: readonly { path: readonly unknown[]; message: string }[]): string[] =>
  list.map(({ path, message }) => `${path.join(".")}: ${message}`);
