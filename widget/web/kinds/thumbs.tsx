import { answer } from "../asking.ts";
import type { ControlOf } from "../question.tsx";
import { thumbDown, thumbUp } from "./icons.tsx";

/** Yes and no by a thumb each; the words stay. */
export function Thumbs({ page, question, id, value, describedBy, invalid }: ControlOf<"yes-no">) {
  const { yes, no } = page.speech.asking;
  return (
    <div
      class="options thumbs"
      role="radiogroup"
      aria-labelledby={`${id}-question`}
      aria-describedby={describedBy}
      aria-required={question.required}
      aria-invalid={invalid}
    >
      {(["yes", "no"] as const).map((choice) => (
        <label class="option" key={choice}>
          <input
            type="radio"
            name={id}
            checked={value === choice}
            onChange={() => answer(id, choice)}
          />
          <span>
            {choice === "yes" ? thumbUp() : thumbDown()}
            {choice === "yes" ? yes : no}
          </span>
        </label>
      ))}
    </div>
  );
}
