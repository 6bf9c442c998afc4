import type { Question } from "../../../sdk/schema/widget.ts";
import { answer } from "../asking.ts";
import { local, type Open } from "../page.ts";
import type { ControlOf } from "../question.tsx";
import type { KindsWords } from "../words/kinds/words.ts";
import { fill } from "../words/words.ts";
import { readNumber, writeNumber } from "./read-number.ts";
import { keepTyped, shownText } from "./typed.ts";

type NumberQuestion = Extract<Question, { kind: "number" }>;

/** What may be written, in words; undefined where anything may. */
export function rangeOf(
  { speech: { language } }: Open,
  { from, to, step }: NumberQuestion,
  words: KindsWords,
): string | undefined {
  const say = (value: number): string => writeNumber(value, language, true);
  const range =
    from !== undefined && to !== undefined
      ? fill(words.between, say(from), say(to))
      : from !== undefined
        ? fill(words.orMore, say(from))
        : to !== undefined && fill(words.orLess, say(to));
  const steps = step !== undefined && step !== 1 && fill(words.inSteps, say(step));
  return [range, steps].filter(Boolean).join(" ") || undefined;
}

/** A number, or the text as it stands where it says none: that is a fault of its own, not a missing answer. */
const read = (text: string, language: string): number | string | undefined =>
  text.trim() === "" ? undefined : (readNumber(text, language) ?? text);

export function NumberField(props: ControlOf<"number">) {
  const { page, question, id, value, describedBy, invalid } = props;
  const { language } = page.speech;
  const { from, step, unit, placeholder } = question;
  const shown = shownText<string | number>(
    id,
    Array.isArray(value) ? undefined : value,
    (text) => read(text, language),
    (given) => (typeof given === "number" ? writeNumber(given, language) : given),
  );
  // A keyboard without a comma or a minus would keep readers from writing what is allowed.
  const whole = from !== undefined && from >= 0 && Number.isInteger(from) && Number.isInteger(step);
  return (
    <div class="measure">
      <input
        type="text"
        inputMode={whole ? "numeric" : from !== undefined && from >= 0 ? "decimal" : "text"}
        autocomplete="off"
        id={id}
        value={shown}
        placeholder={placeholder && local(page, placeholder)}
        required={question.required}
        aria-describedby={
          [describedBy, unit && `${id}-unit`].filter(Boolean).join(" ") || undefined
        }
        aria-invalid={invalid}
        onInput={({ currentTarget }) => {
          keepTyped(id, currentTarget.value);
          answer(id, read(currentTarget.value, language));
        }}
      />
      {unit && <span id={`${id}-unit`}>{local(page, unit)}</span>}
    </div>
  );
}
