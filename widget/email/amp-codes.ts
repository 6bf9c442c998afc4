// What is posted from inside a mail: sealed choices alone. A control whose own value would say something has no name or
// stands outside the form, and a hidden input carries the code.
import { slotToken } from "../../sdk/mail-plan.ts";
import { attribute, chosenIn, chosenOf, isAnswered, isChosen, keyOf } from "./amp-bind.ts";
import { rowsOf, type AmpQuestion } from "./amp-questions.ts";
import type { MailView } from "./view.ts";

/** Characters of a code (SPEC §3.8). */
export const codeCharacters = 22;

export interface AmpForm {
  readonly view: MailView;
  readonly codes: "direct" | "packed";
  /**
   * Whether questions stand within the form, and post their own codes. Not where all are packed, nor with a matrix of one
   * answer a row: the rows of one question would be one group of radios by the name that they are posted under.
   */
  readonly inside: boolean;
  /** Where a question's codes begin among all that are packed. */
  readonly offsets: ReadonlyMap<number, number>;
  /** Whether a question may turn out to be off the reader's way. */
  readonly branching: boolean;
  /** Questions of the widget that no mail can lead to. */
  readonly beyond: number;
  /** One question at a time. */
  readonly stepped: boolean;
}

export const nameOf = ({ view }: AmpQuestion): string => `q.${view.question.id}`;

/** Whether each option is an input that is posted itself, with its own code. */
export const holdsCodes = ({ inside }: AmpForm, { control }: AmpQuestion): boolean =>
  inside && control !== "dropdown" && control !== "slider" && control !== "page";

export const offPath = ({ index }: AmpQuestion): string => `at.path.indexOf(${index})<0`;

/** Posted only while `condition` holds. */
const hiddenCode = (name: string, value: string, condition: string): string =>
  `<input type="hidden" name="${name}" disabled${attribute("[value]", value)}${attribute("[disabled]", `!(${condition})`)}>`;

/** An expression for the code at `place` among the question's own; a number, or an expression that needs no brackets. */
function codeAt(form: AmpForm, question: AmpQuestion, place: number | string): string {
  if (form.codes === "direct") return `sealed.${keyOf(question)}[${place}]`;
  const offset = codeCharacters * (form.offsets.get(question.index) ?? 0);
  const from =
    typeof place === "number"
      ? String(offset + codeCharacters * place)
      : `${offset}+${codeCharacters}*${place}`;
  return `sealed.codes.substr(${from},${codeCharacters})`;
}

/** The hidden inputs that carry the codes of questions whose controls do not. */
export function hiddenCodes(form: AmpForm, question: AmpQuestion): string {
  if (question.control === "page" || holdsCodes(form, question)) return "";
  const onPath = form.branching ? `&&!(${offPath(question)})` : "";
  const name = nameOf(question);
  const { control, columns = 1, view } = question;
  if (control === "checks")
    return view.options
      .map(({ index }) =>
        hiddenCode(name, codeAt(form, question, index), `${isChosen(question, index)}${onPath}`),
      )
      .join("");
  if (control === "grid")
    return rowsOf(question)
      .map((_, row) => {
        const chosen = chosenIn(question, row);
        const place = `(${row * columns}+${chosen})`;
        return hiddenCode(name, codeAt(form, question, place), `${chosen}>=0${onPath}`);
      })
      .join("");
  return hiddenCode(
    name,
    codeAt(form, question, chosenOf(question)),
    `${isAnswered(question)}${onPath}`,
  );
}

/** The codes that hidden inputs look up, as JSON with slots; undefined where every code stands in its input. */
export function sealedJson(form: AmpForm, questions: readonly AmpQuestion[]): string | undefined {
  if (form.codes === "packed") return `{"codes":"${slotToken({ slot: "codes" })}"}`;
  const looked = questions.filter((question) => !holdsCodes(form, question));
  if (looked.length === 0) return undefined;
  const members = looked.map((question) => {
    const codes = question.view.options.map(
      ({ index }) => `"${slotToken({ slot: "code", question: question.index, option: index })}"`,
    );
    return `"${keyOf(question)}":[${codes.join(",")}]`;
  });
  return `{${members.join(",")}}`;
}
