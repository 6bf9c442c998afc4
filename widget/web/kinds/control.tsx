// The controls of the kinds that not every page has, and what may stand around any question's.
import type { Option, Question } from "../../../sdk/schema/widget.ts";
import { shuffled } from "../../../sdk/shuffle.ts";
import type { Open } from "../page.ts";
import { BasicControl, type ControlOf } from "../question.tsx";
import type { KindsWords } from "../words/kinds/words.ts";
import { advanceOnTap } from "./advance.ts";
import { ConstantSum } from "./constant-sum.tsx";
import { CountryField } from "./country.tsx";
import { EmailField } from "./email.tsx";
import { Picture } from "./images.tsx";
import { Matrix } from "./matrix.tsx";
import { NumberField } from "./number.tsx";
import { otherOption, OwnWords } from "./other.tsx";
import { PhoneField } from "./phone.tsx";
import { PictureChoices } from "./picture-choice.tsx";
import { DrawnRating, OpinionScale } from "./steps.tsx";
import { TapToSend } from "./tap.tsx";
import { Thumbs } from "./thumbs.tsx";
import { wordsOf } from "./speech.ts";

/** The question with its options as this reader sees them. */
function arranged(page: Open, question: Question, words: KindsWords): Question {
  if (!("options" in question)) return question;
  const { definition } = page.visit.manifest;
  // A question of the page is one of the definition.
  const index = definition.questions.findIndex(({ id }) => id === question.id);
  const options: Option[] = question.shuffle
    ? shuffled(question.options, page.visit.invited.body.reader, index)
    : [...question.options];
  if ("other" in question && question.other) options.push(otherOption(page, question, words));
  // The same options in another order, and one that has no picture only where none has.
  return { ...question, options } as Question;
}

function KindControl({ words, ...props }: ControlOf<Question["kind"]> & { words: KindsWords }) {
  const { question, ...rest } = props;
  switch (question.kind) {
    case "picture-choice":
      return <PictureChoices question={question} {...rest} />;
    case "matrix":
      return <Matrix question={question} {...rest} />;
    case "number":
      return <NumberField question={question} {...rest} />;
    case "email":
      return <EmailField question={question} words={words} {...rest} />;
    case "phone":
      return <PhoneField question={question} words={words} {...rest} />;
    case "country":
      return <CountryField question={question} {...rest} />;
    case "opinion-scale":
      return <OpinionScale question={question} words={words} {...rest} />;
    case "constant-sum":
      return <ConstantSum question={question} words={words} {...rest} />;
    case "rating":
      if (question.look !== undefined && question.look !== "numbers")
        return <DrawnRating question={question} words={words} {...rest} />;
      break;
    case "yes-no":
      if (question.look === "thumbs") return <Thumbs question={question} {...rest} />;
  }
  return <BasicControl {...props} />;
}

export function Control(props: ControlOf<Question["kind"]>) {
  const { page, id, describedBy, invalid } = props;
  const words = wordsOf(page);
  const question = arranged(page, props.question, words);
  if (page.visit.manifest.definition.send)
    return (
      <>
        {question.image && <Picture page={page} image={question.image} />}
        <TapToSend {...props} question={question} />
      </>
    );
  const moves = "advance" in question && page.step.at === "question";
  const explained = [describedBy, moves && `${id}-moves`].filter(Boolean).join(" ") || undefined;
  const control = (
    <KindControl {...props} question={question} describedBy={explained} words={words} />
  );
  return (
    <>
      {question.image && <Picture page={page} image={question.image} />}
      {moves ? <div onClick={advanceOnTap(id)}>{control}</div> : control}
      {moves && (
        <p id={`${id}-moves`} class="unseen">
          {words.movesOn}
        </p>
      )}
      {"other" in question && question.other && (
        <OwnWords
          page={page}
          question={question}
          words={words}
          describedBy={describedBy}
          invalid={invalid}
        />
      )}
    </>
  );
}
