import { answer } from "../asking.ts";
import { local, tongueOf } from "../page.ts";
import type { ControlOf } from "../question.tsx";
import { Picture } from "./images.tsx";

/** Tiles with a picture and its name; the name stays where a picture does not come. */
export function PictureChoices(props: ControlOf<"picture-choice">) {
  const { page, question, id, value, describedBy, invalid } = props;
  const { multiple, options, atMost = options.length } = question;
  const chosen = Array.isArray(value) ? value : value === undefined ? [] : [String(value)];
  const choose = (choice: string, yes: boolean): void => {
    if (!multiple) return answer(id, choice);
    const ids = options
      .map((option) => option.id)
      .filter((each) => (each === choice ? yes : chosen.includes(each)));
    answer(id, ids.length === 0 ? undefined : ids);
  };
  return (
    <div
      class="options pictures"
      data-count={options.length}
      role={multiple ? "group" : "radiogroup"}
      aria-labelledby={`${id}-question`}
      aria-describedby={describedBy}
      aria-required={multiple ? undefined : question.required}
      aria-invalid={multiple ? undefined : invalid}
    >
      {options.map((option) => (
        <label class="option" key={option.id}>
          <Picture page={page} image={option.image} />
          <input
            type={multiple ? "checkbox" : "radio"}
            name={multiple ? undefined : id}
            aria-invalid={multiple ? invalid : undefined}
            checked={chosen.includes(option.id)}
            disabled={multiple && chosen.length >= atMost && !chosen.includes(option.id)}
            onChange={({ currentTarget }) => choose(option.id, currentTarget.checked)}
          />
          <span {...tongueOf(page, option.text)}>
            {local(page, option.text)}
            {option.description && <small>{local(page, option.description)}</small>}
          </span>
        </label>
      ))}
    </div>
  );
}
