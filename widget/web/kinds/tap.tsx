// Where the author wishes it, the only question is answered by a tap that also sends. Buttons, not radio buttons: a key
// that passes by options must send nothing.
import type { JSX } from "preact";
import type { Question } from "../../../sdk/schema/widget.ts";
import { optionsOf } from "../../../sdk/options.ts";
import { answerText } from "../answer-text.ts";
import { answer } from "../asking.ts";
import type { Open } from "../page.ts";
import type { ControlOf } from "../question.tsx";
import { send } from "../sending.ts";
import { endIds, Ends, endsOf } from "./ends.tsx";
import { face, heart, star, thumbDown, thumbUp } from "./icons.tsx";
import { Picture } from "./images.tsx";

function iconOf(question: Question, value: string | number): JSX.Element | undefined {
  if (question.kind === "yes-no" && question.look === "thumbs")
    return value === "yes" ? thumbUp() : thumbDown();
  if (question.kind !== "rating") return undefined;
  if (question.look === "stars") return star();
  if (question.look === "hearts") return heart();
  return question.look === "emoji" ? face((Number(value) - 1) / (question.steps - 1)) : undefined;
}

function Face({
  page,
  question,
  value,
}: {
  page: Open;
  question: Question;
  value: string | number;
}) {
  const image =
    question.kind === "picture-choice"
      ? question.options.find(({ id }) => id === value)?.image
      : undefined;
  return (
    <>
      {image && <Picture page={page} image={image} />}
      {iconOf(question, value)}
      <span>
        {typeof value === "number"
          ? value.toLocaleString(page.speech.language)
          : answerText({ ...page, answers: { [question.id]: value } }, question)}
      </span>
    </>
  );
}

export function TapToSend({ page, question, id, value, describedBy }: ControlOf<Question["kind"]>) {
  const options = optionsOf(question);
  const scale = typeof options[0] === "number";
  const busy = page.step.at === "sending";
  const press =
    (option: string | number) =>
    (event: Event): void => {
      if (busy) return;
      answer(id, option);
      // Too soon to have been read, it only chooses: then the button that sends comes up.
      void send(event);
    };
  const ends = endsOf(question);
  return (
    <div
      class={scale ? "scale tap" : "options tap"}
      data-chosen={value !== undefined}
      role="group"
      aria-labelledby={`${id}-question`}
      aria-describedby={[...endIds(id, ends), describedBy].filter(Boolean).join(" ") || undefined}
    >
      <div data-steps={scale ? options.length : undefined}>
        {options.map((option) => (
          <button
            type="button"
            class={scale ? undefined : "option"}
            key={option}
            data-answer={option}
            aria-pressed={value === option}
            aria-disabled={busy}
            onClick={press(option)}
          >
            <Face page={page} question={question} value={option} />
          </button>
        ))}
      </div>
      <Ends page={page} id={id} texts={ends} />
    </div>
  );
}
