// "Other…": one more option, with a field for the reader's own words. The answer has them in the place of an option's id.
import { otherText, otherValue } from "../../../sdk/other-text.ts";
import type { AnswerValue } from "../../../sdk/schema/answer.ts";
import type { Option, Question } from "../../../sdk/schema/widget.ts";
import { answer } from "../asking.ts";
import { local, type Open } from "../page.ts";
import type { KindsWords } from "../words/kinds/words.ts";
import { fill } from "../words/words.ts";
import { byArrow } from "./advance.ts";
import { keepTyped, typedIn } from "./typed.ts";

/** As many as an answer may have. */
const charactersMax = 200;

/** The choice that a reader wrote, among those of an answer. */
export const otherIn = (value: AnswerValue | undefined): string | undefined =>
  (Array.isArray(value) ? value : [value]).find(
    (each): each is string => otherText(each) !== undefined,
  );

type WithOther = Extract<Question, { kind: "single-choice" | "multiple-choice" }>;

const labelOf = (page: Open, { other }: WithOther, words: KindsWords): string =>
  typeof other === "object" ? local(page, other.text) : words.other;

/**
 * The option as the basic controls know options. Its id is the answer it stands for: the words written before come back
 * when it is chosen again.
 */
export const otherOption = (page: Open, question: WithOther, words: KindsWords): Option => ({
  id: otherIn(page.answers[question.id]) ?? otherValue(typedIn(question.id) ?? ""),
  text: labelOf(page, question, words),
});

/** Takes the focus when it is chosen by a press or the space bar; arrow keys only pass by. */
const takeFocus = (field: HTMLInputElement | null): void => {
  if (field !== null && field.dataset["seen"] === undefined && !byArrow()) field.focus();
  if (field !== null) field.dataset["seen"] = "";
};

export function OwnWords(props: {
  page: Open;
  question: WithOther;
  words: KindsWords;
  describedBy: string | undefined;
  invalid: boolean;
}) {
  const { page, question, words, describedBy, invalid } = props;
  const { id } = question;
  const value = page.answers[id];
  const chosen = otherIn(value);
  if (chosen === undefined) return null;
  const write = (text: string): void => {
    keepTyped(id, text);
    const next = otherValue(text);
    answer(id, Array.isArray(value) ? value.map((each) => (each === chosen ? next : each)) : next);
  };
  return (
    <input
      type="text"
      class="other"
      id={`${id}-other`}
      ref={takeFocus}
      value={otherText(chosen) ?? ""}
      maxLength={charactersMax}
      aria-label={fill(words.otherText, labelOf(page, question, words))}
      aria-describedby={describedBy}
      aria-invalid={invalid}
      data-wrong={invalid || undefined}
      onInput={({ currentTarget }) => write(currentTarget.value)}
    />
  );
}
