// A row of steps to choose one of: opinion scales, and ratings that are drawn.
import type { JSX } from "preact";
import { answer } from "../asking.ts";
import type { ControlOf } from "../question.tsx";
import type { KindsWords } from "../words/kinds/words.ts";
import { fill } from "../words/words.ts";
import { endIds, Ends, endsOf } from "./ends.tsx";
import { face, heart, star } from "./icons.tsx";

interface Steps {
  readonly from: number;
  readonly count: number;
  /** Drawn above a step's number. */
  readonly icon?: ((step: number) => JSX.Element) | undefined;
  /** Whether steps below the chosen one are filled as well. */
  readonly fills: boolean;
}

export function StepsRow(
  props: ControlOf<"opinion-scale" | "rating"> & { steps: Steps; words: KindsWords },
) {
  const { page, question, id, value, describedBy, invalid, steps, words } = props;
  const { from, count, icon, fills } = steps;
  const ends = endsOf(question);
  return (
    <div
      class={`scale ${icon ? "drawn" : ""}`}
      role="radiogroup"
      aria-labelledby={`${id}-question`}
      aria-describedby={[...endIds(id, ends), describedBy].filter(Boolean).join(" ") || undefined}
      aria-required={question.required}
      aria-invalid={invalid}
    >
      <div data-steps={count}>
        {Array.from({ length: count }, (_, index) => {
          const step = from + index;
          const shown = step.toLocaleString(page.speech.language);
          const filled = fills && typeof value === "number" && step <= value;
          return (
            <label key={step} data-filled={filled || value === step || undefined}>
              <input
                type="radio"
                name={id}
                checked={value === step}
                aria-label={fill(words.ofSteps, step, from + count - 1)}
                onChange={() => answer(id, step)}
              />
              <span>
                {icon?.(index)}
                {icon ? <small>{shown}</small> : shown}
              </span>
            </label>
          );
        })}
      </div>
      <Ends page={page} id={id} texts={ends} />
    </div>
  );
}

export function OpinionScale(props: ControlOf<"opinion-scale"> & { words: KindsWords }) {
  const { from, steps } = props.question;
  return <StepsRow {...props} steps={{ from, count: steps, fills: false }} />;
}

/** A rating by stars, hearts or faces. */
export function DrawnRating(props: ControlOf<"rating"> & { words: KindsWords }) {
  const { steps: count, look } = props.question;
  const icon =
    look === "emoji"
      ? (index: number) => face(index / (count - 1))
      : look === "hearts"
        ? heart
        : star;
  return <StepsRow {...props} steps={{ from: 1, count, icon, fills: look !== "emoji" }} />;
}
