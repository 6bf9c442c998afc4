// Counts become what a marketer reads: by the newest revision's questions, in the widget's first language.
import { inLanguage } from "../sdk/local-text.ts";
import type { Region } from "../sdk/region.ts";
import type { Campaign } from "../sdk/schema/campaign.ts";
import type { NumberResult, OptionResult, QuestionResult, Results } from "../sdk/schema/results.ts";
import type { Question } from "../sdk/schema/widget.ts";
import type { CampaignCounts, NumberCounts, NumberRanges } from "./warehouse/counts.ts";

/** Sliders with more steps than this are counted in this many equal ranges. */
const rangesMax = 50;

interface Scale {
  readonly from: number;
  readonly width: number;
  readonly last: number;
}

/** The values, or ranges of values, of a question that is answered with a number. */
function scaleOf(question: Question): Scale | undefined {
  switch (question.kind) {
    case "rating":
      return { from: 1, width: 1, last: question.steps - 1 };
    case "nps":
      return { from: 0, width: 1, last: 10 };
    case "slider": {
      const { from, to, step } = question;
      const steps = Math.floor((to - from) / step + 1e-6);
      // Ranges of whole steps, so that no range holds more values than another by rounding.
      return { from, width: step * Math.ceil((steps + 1) / rangesMax), last: rangeOf(steps) };
    }
    default:
      return undefined;
  }
}

const rangeOf = (steps: number): number => Math.floor(steps / Math.ceil((steps + 1) / rangesMax));

export const numberRanges = (campaign: Campaign): NumberRanges[] =>
  campaign.definition.questions.flatMap((question) => {
    const scale = scaleOf(question);
    return scale === undefined ? [] : [{ question: question.id, ...scale }];
  });

/** Decimal steps such as 0.1 are not exact in binary: 0.30000000000000004 is nobody's value. */
const rounded = (value: number): number => Number(value.toPrecision(12));

function numbersOf(
  question: Question,
  scale: Scale,
  counts: NumberCounts | undefined,
): NumberResult {
  const { sum = 0, count = 0, ranges } = counts ?? {};
  const histogram = Array.from({ length: scale.last + 1 }, (_, range) => ({
    value: rounded(scale.from + range * scale.width),
    count: ranges?.get(range) ?? 0,
  }));
  const mean = count === 0 ? null : rounded(sum / count);
  if (question.kind !== "nps") return { mean, histogram };
  const total = (from: number, to: number): number =>
    histogram.slice(from, to + 1).reduce((all, bar) => all + bar.count, 0);
  const nps = count === 0 ? null : Math.round(((total(9, 10) - total(0, 6)) / count) * 1000) / 10;
  return { mean, histogram, nps };
}

/** Ids and texts of what may be chosen; undefined for kinds that have no choices. */
function choicesOf(
  question: Question,
  textOf: (text: Question["text"]) => string,
): { id: string; text: string }[] | undefined {
  if ("options" in question)
    return question.options.map(({ id, text }) => ({ id, text: textOf(text) }));
  if (question.kind === "consent") return [{ id: "agreed", text: textOf(question.label) }];
  if (question.kind !== "yes-no") return undefined;
  return [
    { id: "yes", text: "Yes" },
    { id: "no", text: "No" },
  ];
}

function questionResult(
  question: Question,
  counts: CampaignCounts,
  textOf: (text: Question["text"]) => string,
): QuestionResult {
  const answered = counts.answered.get(question.id) ?? 0;
  const result = { id: question.id, kind: question.kind, text: textOf(question.text), answered };
  const choices = choicesOf(question, textOf);
  if (choices !== undefined) {
    const chosen = counts.options.get(question.id);
    const options = choices.map(({ id, text }): OptionResult => {
      const { count = 0, first = 0, placesSum = 0 } = chosen?.get(id) ?? {};
      const counted = question.kind === "ranking" ? first : count;
      // An earlier revision may have had a question of another kind under this id: a share is never above one.
      const share = answered === 0 ? 0 : Math.min(1, counted / answered);
      const meanRank = count === 0 ? null : rounded(placesSum / count + 1);
      return { id, text, count: counted, share, ...(question.kind === "ranking" && { meanRank }) };
    });
    return { ...result, options };
  }
  const scale = scaleOf(question);
  if (scale !== undefined)
    return { ...result, numbers: numbersOf(question, scale, counts.numbers.get(question.id)) };
  // A date is only counted as well: one reader's birthday is no statistic.
  return question.kind === "date" ? result : { ...result, texts: { count: answered } };
}

/** `asOf` in Unix milliseconds. */
export function resultsOf(
  campaign: Campaign,
  counts: CampaignCounts,
  region: Region,
  asOf: number,
): Results {
  const { title, languages, questions, outcomes } = campaign.definition;
  const language = languages[0] ?? "en";
  const textOf = (text: Question["text"]): string => inLanguage(text, language, language);
  return {
    campaign: campaign.id,
    tenant: campaign.tenant,
    region,
    asOf: new Date(asOf).toISOString(),
    title: textOf(title),
    answers: counts.readers,
    submissions: counts.submissions,
    ...(counts.held > 0 && { held: counts.held }),
    questions: questions.map((question) => questionResult(question, counts, textOf)),
    ...(outcomes.length > 0 && {
      outcomes: outcomes.map((outcome) => ({
        id: outcome.id,
        title: textOf(outcome.title),
        count: counts.outcomes.get(outcome.id) ?? 0,
      })),
    }),
  };
}
