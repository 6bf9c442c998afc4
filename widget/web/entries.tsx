// What is typed, picked or slid.
import { answer } from "./asking.ts";
import { local } from "./page.ts";
import type { ControlOf } from "./question.tsx";
import { fill } from "./words/words.ts";

type Typed = ControlOf<"short-text" | "long-text">;

const propsOf = ({ page, question, id, value, describedBy, invalid }: Typed) => ({
  id,
  value: String(value ?? ""),
  placeholder: question.placeholder && local(page, question.placeholder),
  required: question.required,
  "aria-describedby": `${describedBy ?? ""} ${id}-count`,
  "aria-invalid": invalid,
  onInput: ({ currentTarget }: { currentTarget: HTMLInputElement | HTMLTextAreaElement }) =>
    // Blanks alone are no answer.
    answer(id, currentTarget.value.trim() === "" ? undefined : currentTarget.value),
});

const Count = ({ page, question, id, value }: Typed) => (
  <p id={`${id}-count`} class="count">
    {fill(
      page.speech.asking.characters,
      Array.from(String(value ?? "")).length,
      question.charactersMax,
    )}
  </p>
);

export const ShortText = (props: ControlOf<"short-text">) => (
  <>
    <input type="text" {...propsOf(props)} />
    <Count {...props} />
  </>
);

export const LongText = (props: ControlOf<"long-text">) => (
  <>
    <textarea rows={5} {...propsOf(props)} />
    <Count {...props} />
  </>
);

export const DateField = ({ question, id, value, describedBy, invalid }: ControlOf<"date">) => (
  <input
    type="date"
    id={id}
    value={String(value ?? "")}
    min={question.earliest}
    max={question.latest}
    required={question.required}
    aria-describedby={describedBy}
    aria-invalid={invalid}
    onInput={({ currentTarget }) => answer(id, currentTarget.value || undefined)}
  />
);

export function Slider(props: ControlOf<"slider">) {
  const { page, question, id, value, describedBy, invalid } = props;
  const { from, to, step, unit } = question;
  // A slider always stands somewhere; it has said nothing until it is touched.
  const middle = from + Math.round((to - from) / 2 / step) * step;
  const shown =
    value === undefined
      ? page.speech.asking.slide
      : [value, unit && local(page, unit)].filter((part) => part !== undefined).join(" ");
  const take = ({ currentTarget }: { currentTarget: HTMLInputElement }) =>
    answer(id, currentTarget.valueAsNumber);
  return (
    <div class="slider" data-empty={value === undefined}>
      <output for={id}>{shown}</output>
      <input
        type="range"
        id={id}
        min={from}
        max={to}
        step={step}
        value={Number(value ?? middle)}
        aria-valuetext={shown}
        aria-describedby={describedBy}
        aria-invalid={invalid}
        onInput={take}
        onClick={take}
      />
      <p class="ends" aria-hidden="true">
        <span>{from}</span>
        <span>{to}</span>
      </p>
    </div>
  );
}
