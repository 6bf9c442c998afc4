// What was chosen, as a marketer reads it: by the newest revision's options, in the widget's first language.
import { inLanguage } from "../sdk/local-text.ts";
import { otherId } from "../sdk/other-text.ts";
import type { MatrixResult, OptionResult } from "../sdk/schema/results.ts";
import type { LocalText, Question } from "../sdk/schema/widget.ts";
import { rounded } from "./rounded.ts";
import type { OptionCount } from "./warehouse/counts.ts";

/** One question's counts by option, of so many readers. */
interface Chosen {
  readonly counts: ReadonlyMap<string, OptionCount> | undefined;
  readonly answered: number;
}

/** The language results are said in. */
export interface Said {
  readonly textOf: (text: LocalText) => string;
  readonly countryOf: (code: string) => string;
}

export function saidIn(language: string): Said {
  const names = new Intl.DisplayNames(language, { type: "region" });
  return {
    textOf: (text) => inLanguage(text, language, language),
    countryOf: (code) => names.of(code) ?? code,
  };
}

interface Choice {
  readonly id: string;
  readonly text: string;
}

/** The countries asked for; where any may be chosen, those that were, most first. */
function countriesOf(
  { countries }: Extract<Question, { kind: "country" }>,
  { counts = new Map() }: Chosen,
  { countryOf }: Said,
): Choice[] {
  const chosen = Array.from(counts, ([id, { count }]) => ({ id, count }))
    // An earlier revision may have had options under this question's id.
    .filter(({ id }) => /^[A-Z]{2}$/.test(id))
    .sort((one, next) => next.count - one.count || (one.id < next.id ? -1 : 1));
  return (countries ?? chosen.map(({ id }) => id)).map((id) => ({ id, text: countryOf(id) }));
}

/** Ids and texts of what may be chosen; undefined for kinds that have no choices. */
function choicesOf(question: Question, chosen: Chosen, said: Said): Choice[] | undefined {
  const { textOf } = said;
  if ("options" in question) {
    const options = question.options.map(({ id, text }) => ({ id, text: textOf(text) }));
    if (!("other" in question) || question.other === undefined) return options;
    const { other } = question;
    return [...options, { id: otherId, text: other === true ? "Other" : textOf(other.text) }];
  }
  switch (question.kind) {
    case "consent":
      return [{ id: "agreed", text: textOf(question.label) }];
    case "yes-no":
      return [
        { id: "yes", text: "Yes" },
        { id: "no", text: "No" },
      ];
    case "country":
      return countriesOf(question, chosen, said);
    default:
      return undefined;
  }
}

/** An earlier revision may have had a question of another kind under this id: a share is never above one. */
const shareOf = (part: number, all: number): number => (all === 0 ? 0 : Math.min(1, part / all));

function optionResult(
  question: Question,
  { id, text }: Choice,
  { counts, answered }: Chosen,
): OptionResult {
  const { count = 0, first = 0, placesSum = 0, pointsSum = 0 } = counts?.get(id) ?? {};
  if (question.kind === "ranking") {
    const meanRank = count === 0 ? null : rounded(placesSum / count + 1);
    return { id, text, count: first, share: shareOf(first, answered), meanRank };
  }
  if (question.kind !== "constant-sum") return { id, text, count, share: shareOf(count, answered) };
  const share = shareOf(pointsSum, count * question.total);
  return { id, text, count, share, meanPoints: count === 0 ? null : rounded(pointsSum / count) };
}

/** Undefined for kinds that have no choices. */
export const optionResults = (
  question: Question,
  chosen: Chosen,
  said: Said,
): OptionResult[] | undefined =>
  choicesOf(question, chosen, said)?.map((choice) => optionResult(question, choice, chosen));

export function matrixOf(
  { rows, columns }: Extract<Question, { kind: "matrix" }>,
  { counts, answered }: Chosen,
  { textOf }: Said,
): MatrixResult {
  return {
    columns: columns.map(({ id, text }) => ({ id, text: textOf(text) })),
    rows: rows.map(({ id, text }) => ({
      id,
      text: textOf(text),
      cells: columns.map((column) => {
        const count = counts?.get(`${id}:${column.id}`)?.count ?? 0;
        return { count, share: shareOf(count, answered) };
      }),
    })),
  };
}
