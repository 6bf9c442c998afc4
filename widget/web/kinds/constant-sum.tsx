// A total to give away among options.
import type { AnswerValue } from "../../../sdk/schema/answer.ts";
import type { Question } from "../../../sdk/schema/widget.ts";
import { answer } from "../asking.ts";
import { local, tongueOf, type Open } from "../page.ts";
import type { ControlOf } from "../question.tsx";
import type { KindsWords } from "../words/kinds/words.ts";
import { fill } from "../words/words.ts";
import { readNumber, writeNumber } from "./read-number.ts";
import { keepTyped, shownText } from "./typed.ts";

type Sum = Extract<Question, { kind: "constant-sum" }>;

/** As many digits as an answer may have. */
const pointsMax = 9_999_999;

/** Points by option id, every option in it. */
export function pointsOf(
  { options }: Pick<Sum, "options">,
  value: AnswerValue | undefined,
): Map<string, number> {
  const parts = new Map(
    (Array.isArray(value) ? value : []).map((part) => {
      const [option = "", points] = part.split(":");
      return [option, Number(points)];
    }),
  );
  return new Map(options.map(({ id }) => [id, parts.get(id) ?? 0]));
}

const sumOf = (points: Iterable<number>): number =>
  [...points].reduce((sum, each) => sum + each, 0);

/** The answer; undefined where nothing is given, so that a reader who took all of it back need not give. */
export const sharesOf = (points: ReadonlyMap<string, number>): string[] | undefined =>
  sumOf(points.values()) === 0
    ? undefined
    : [...points].map(([option, each]) => `${option}:${each}`);

/** The total in parts that differ by one at most, the larger ones first. */
export const evenly = ({ options, total }: Pick<Sum, "options" | "total">): string[] =>
  options.map(({ id }, index) => {
    const rest = index < total % options.length ? 1 : 0;
    return `${id}:${Math.floor(total / options.length) + rest}`;
  });

/** How far the points given are from the total, in words. */
export function balanceOf(
  { speech: { language } }: Open,
  { total }: Pick<Sum, "total">,
  given: number,
  words: KindsWords,
): string {
  const say = (points: number): string => writeNumber(points, language, true);
  if (given === total) return fill(words.allGiven, say(total));
  return given < total
    ? fill(words.left, say(total - given), say(total))
    : fill(words.over, say(given - total), say(total));
}

/** Whole and not negative; what cannot be read is nothing given. */
const readPoints = (text: string, language: string): number => {
  const points = Math.round(readNumber(text, language) ?? 0);
  return Math.min(Math.max(points, 0), pointsMax);
};

export function ConstantSum(props: ControlOf<"constant-sum"> & { words: KindsWords }) {
  const { page, question, id, value, describedBy, invalid, words } = props;
  const { language } = page.speech;
  const { options, unit } = question;
  const points = pointsOf(question, value);
  const balance = balanceOf(page, question, sumOf(points.values()), words);
  const give = (option: string, each: number): void => {
    const given = new Map(points).set(option, each);
    answer(id, sharesOf(given), balanceOf(page, question, sumOf(given.values()), words));
  };
  return (
    <div class="sum" role="group" aria-labelledby={`${id}-question`} aria-describedby={describedBy}>
      {options.map((option) => {
        const field = `${id}-${option.id}`;
        const given = value === undefined ? undefined : points.get(option.id);
        return (
          <div class="measure" key={option.id}>
            <label for={field} {...tongueOf(page, option.text)}>
              {local(page, option.text)}
            </label>
            <input
              type="text"
              inputMode="numeric"
              autocomplete="off"
              id={field}
              placeholder="0"
              value={shownText(
                field,
                given === 0 ? undefined : given,
                (text) => readPoints(text, language) || undefined,
                (shown) => writeNumber(shown, language),
              )}
              aria-describedby={`${id}-balance`}
              aria-invalid={invalid}
              onInput={({ currentTarget }) => {
                keepTyped(field, currentTarget.value);
                give(option.id, readPoints(currentTarget.value, language));
              }}
            />
            {unit && <span>{local(page, unit)}</span>}
          </div>
        );
      })}
      <p id={`${id}-balance`} class="count">
        {balance}
      </p>
      <button
        type="button"
        class="quiet"
        onClick={() =>
          answer(id, evenly(question), balanceOf(page, question, question.total, words))
        }
      >
        {words.evenly}
      </button>
    </div>
  );
}
