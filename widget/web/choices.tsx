import type { Option } from "../../sdk/schema/widget.ts";
import { answer } from "./asking.ts";
import { local, tongueOf, type Open } from "./page.ts";
import type { ControlOf } from "./question.tsx";

interface Choosable {
  readonly id: string;
  readonly text: string;
  readonly about?: string | undefined;
  /** What an author's text is in, where that is not the page's language. */
  readonly tongue?: ReturnType<typeof tongueOf>;
}

const choosable = (page: Open, options: readonly Option[]): Choosable[] =>
  options.map(({ id, text, description }) => ({
    id,
    text: local(page, text),
    tongue: tongueOf(page, text),
    about: description && local(page, description),
  }));

function choicesOf({
  page,
  question,
}: ControlOf<"single-choice" | "yes-no" | "multiple-choice" | "consent">): Choosable[] {
  const { asking } = page.speech;
  if (question.kind === "yes-no")
    return [
      { id: "yes", text: asking.yes },
      { id: "no", text: asking.no },
    ];
  if (question.kind === "consent") {
    const { label } = question;
    return [{ id: "agreed", text: local(page, label), tongue: tongueOf(page, label) }];
  }
  return choosable(page, question.options);
}

const Words = ({ text, tongue, about }: Choosable) => (
  <span {...tongue}>
    {text}
    {about && <small>{about}</small>}
  </span>
);

export function RadioChoices(props: ControlOf<"single-choice" | "yes-no">) {
  const { question, id, value, describedBy, invalid } = props;
  return (
    <div
      class="options"
      role="radiogroup"
      aria-labelledby={`${id}-question`}
      aria-describedby={describedBy}
      aria-required={question.required}
      aria-invalid={invalid}
    >
      {choicesOf(props).map((choice) => (
        <label class="option" key={choice.id}>
          <input
            type="radio"
            name={id}
            checked={value === choice.id}
            onChange={() => answer(id, choice.id)}
          />
          <Words {...choice} />
        </label>
      ))}
    </div>
  );
}

export function CheckChoices(props: ControlOf<"multiple-choice" | "consent">) {
  const { question, id, value, describedBy, invalid } = props;
  const chosen = Array.isArray(value) ? value : value === undefined ? [] : [String(value)];
  const choices = choicesOf(props);
  const atMost = question.kind === "multiple-choice" ? question.atMost : undefined;
  const choose = (choice: string, yes: boolean): void => {
    const ids = choices
      .map((each) => each.id)
      .filter((each) => (each === choice ? yes : chosen.includes(each)));
    answer(id, ids.length === 0 ? undefined : question.kind === "consent" ? choice : ids);
  };
  return (
    <div
      class="options"
      role="group"
      aria-labelledby={`${id}-question`}
      aria-describedby={describedBy}
    >
      {choices.map((choice) => (
        <label class="option" key={choice.id}>
          <input
            type="checkbox"
            aria-invalid={invalid}
            required={question.kind === "consent" && question.required}
            checked={chosen.includes(choice.id)}
            disabled={chosen.length === atMost && !chosen.includes(choice.id)}
            onChange={({ currentTarget }) => choose(choice.id, currentTarget.checked)}
          />
          <Words {...choice} />
        </label>
      ))}
    </div>
  );
}

export function Dropdown(props: ControlOf<"dropdown">) {
  const { page, question, id, value, describedBy, invalid } = props;
  return (
    <select
      id={id}
      value={String(value ?? "")}
      required={question.required}
      aria-describedby={describedBy}
      aria-invalid={invalid}
      onChange={({ currentTarget }) => answer(id, currentTarget.value || undefined)}
    >
      <option value="">{page.speech.asking.choose}</option>
      {choosable(page, question.options).map((choice) => (
        <option key={choice.id} value={choice.id}>
          {choice.text}
        </option>
      ))}
    </select>
  );
}
