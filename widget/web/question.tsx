// One question: its heading, what helps, what is wrong, and the native control of its kind.
import type { AnswerFault } from "../../sdk/check-answers.ts";
import type { AnswerValue } from "../../sdk/schema/answer.ts";
import type { Question } from "../../sdk/schema/widget.ts";
import { answer } from "./asking.ts";
import { CheckChoices, Dropdown, RadioChoices } from "./choices.tsx";
import { DateField, LongText, ShortText, Slider } from "./entries.tsx";
import { more } from "./more.ts";
import { local, tongueOf, type Open } from "./page.ts";
import { Ranking } from "./ranking.tsx";
import { Scale } from "./scale.tsx";
import { fill } from "./words/words.ts";

/** What every control is given: `id` its own or its group's, `describedBy` ids of what explains it. */
interface Field {
  readonly page: Open;
  readonly value: AnswerValue | undefined;
  readonly id: string;
  readonly describedBy: string | undefined;
  readonly invalid: boolean;
}

export type ControlOf<Kind extends Question["kind"]> = Field & {
  readonly question: Extract<Question, { kind: Kind }>;
};

export function BasicControl(props: ControlOf<Question["kind"]>) {
  const { question, ...rest } = props;
  switch (question.kind) {
    case "single-choice":
    case "yes-no":
      return <RadioChoices question={question} {...rest} />;
    case "multiple-choice":
    case "consent":
      return <CheckChoices question={question} {...rest} />;
    case "dropdown":
      return <Dropdown question={question} {...rest} />;
    case "ranking":
      return <Ranking question={question} {...rest} />;
    case "rating":
    case "nps":
      return <Scale question={question} {...rest} />;
    case "slider":
      return <Slider question={question} {...rest} />;
    case "short-text":
      return <ShortText question={question} {...rest} />;
    case "long-text":
      return <LongText question={question} {...rest} />;
    case "date":
      return <DateField question={question} {...rest} />;
    default:
      return null;
  }
}

/** Kinds of one control, which the heading labels; the others are groups, which it names. */
const singles: readonly Question["kind"][] = [
  "dropdown",
  "slider",
  "short-text",
  "long-text",
  "date",
];

function hintOf({ speech: { asking } }: Open, question: Question): string | undefined {
  if (question.kind === "ranking") return asking.rankHint;
  if (question.kind !== "multiple-choice") return undefined;
  const { atLeast, atMost } = question;
  const hints = [
    atLeast !== undefined && atLeast > 1 && fill(asking.atLeast, atLeast),
    atMost !== undefined && atMost < question.options.length && fill(asking.upTo, atMost),
  ];
  return hints.filter(Boolean).join(" ") || undefined;
}

export function QuestionField(props: {
  page: Open;
  question: Question;
  fault: AnswerFault | undefined;
  alone?: boolean;
}) {
  const { page, question, fault, alone } = props;
  const { asking } = page.speech;
  const { id } = question;
  const value = page.answers[id];
  const Heading = alone ? "h1" : "h2";
  const about = more?.aboutOf(page, question, fault);
  const hint = about?.hint ?? hintOf(page, question);
  const Control = more ? more.Control : BasicControl;
  const { description } = question;
  const describedBy =
    [description && `${id}-about`, hint && `${id}-hint`, fault && `${id}-fault`]
      .filter(Boolean)
      .join(" ") || undefined;
  const text = local(page, question.text);
  const single = about?.single ?? singles.includes(question.kind);
  return (
    <section class="question" data-kind={question.kind} data-fault={fault}>
      <Heading id={`${id}-question`} tabIndex={-1} {...tongueOf(page, question.text)}>
        {single ? <label for={id}>{text}</label> : text}
        {!question.required && <small>{asking.optional}</small>}
      </Heading>
      {description && (
        <p id={`${id}-about`} class="about" {...tongueOf(page, description)}>
          {local(page, description)}
        </p>
      )}
      {hint && (
        <p id={`${id}-hint`} class="about">
          {hint}
        </p>
      )}
      {fault && (
        <p id={`${id}-fault`} class="fault">
          {about?.says ??
            asking.faults[
              fault in asking.faults ? (fault as keyof typeof asking.faults) : "missing"
            ]}
        </p>
      )}
      <Control
        page={page}
        question={question}
        value={value}
        id={id}
        describedBy={describedBy}
        invalid={fault !== undefined}
      />
      {!question.required && value !== undefined && (
        <button type="button" class="quiet" onClick={() => answer(id, undefined)}>
          {asking.clear}
          <span class="unseen">: {text}</span>
        </button>
      )}
    </section>
  );
}
