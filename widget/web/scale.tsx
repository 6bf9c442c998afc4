import { answer } from "./asking.ts";
import { local } from "./page.ts";
import type { ControlOf } from "./question.tsx";

/** A row of numbers: ratings from 1, NPS from 0 to 10. */
export function Scale({
  page,
  question,
  id,
  value,
  describedBy,
  invalid,
}: ControlOf<"rating" | "nps">) {
  const from = question.kind === "nps" ? 0 : 1;
  const to = question.kind === "nps" ? 10 : question.steps;
  const { low, high } = question;
  const ends = [low && `${id}-low`, high && `${id}-high`, describedBy].filter(Boolean).join(" ");
  return (
    <div
      class="scale"
      role="radiogroup"
      aria-labelledby={`${id}-question`}
      aria-describedby={ends || undefined}
      aria-required={question.required}
      aria-invalid={invalid}
    >
      <div data-steps={to - from + 1}>
        {Array.from({ length: to - from + 1 }, (_, step) => (
          <label key={step}>
            <input
              type="radio"
              name={id}
              checked={value === from + step}
              onChange={() => answer(id, from + step)}
            />
            <span>{(from + step).toLocaleString(page.speech.language)}</span>
          </label>
        ))}
      </div>
      {(low || high) && (
        <p class="ends">
          <span id={`${id}-low`}>{low && local(page, low)}</span>
          <span id={`${id}-high`}>{high && local(page, high)}</span>
        </p>
      )}
    </div>
  );
}
