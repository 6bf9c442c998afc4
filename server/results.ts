// Counts become what a marketer reads: by the newest revision's questions, in the widget's first language.
import type { Region } from "../sdk/region.ts";
import type { Campaign } from "../sdk/schema/campaign.ts";
import type { NumberResult, QuestionResult, Results } from "../sdk/schema/results.ts";
import type { Definition, Question } from "../sdk/schema/widget.ts";
import { matrixOf, optionResults, saidIn, type Said } from "./option-results.ts";
import { rounded } from "./rounded.ts";
import { asksForEvents } from "../sdk/events.ts";
import type { FunnelCounts } from "./warehouse/events.ts";
import type { CampaignCounts, NumberCounts, NumberRanges } from "./warehouse/counts.ts";

/** Sliders with more steps than this are counted in this many equal ranges. */
const rangesMax = 50;
/** Numbers between bounds and without steps are counted in so many; the last one is the upper bound alone. */
const rangesWithoutSteps = 20;

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
    case "opinion-scale":
      return { from: question.from, width: 1, last: question.steps - 1 };
    case "slider":
      return steppedScale(question);
    case "number": {
      const { from, to, step } = question;
      if (from === undefined || to === undefined) return undefined;
      if (step !== undefined) return steppedScale({ from, to, step });
      return { from, width: (to - from) / rangesWithoutSteps, last: rangesWithoutSteps };
    }
    default:
      return undefined;
  }
}

function steppedScale({ from, to, step }: { from: number; to: number; step: number }): Scale {
  const steps = Math.floor((to - from) / step + 1e-6);
  // Ranges of whole steps, so that no range holds more values than another by rounding.
  return { from, width: step * Math.ceil((steps + 1) / rangesMax), last: rangeOf(steps) };
}

const rangeOf = (steps: number): number => Math.floor(steps / Math.ceil((steps + 1) / rangesMax));

export const numberRanges = (campaign: Campaign): NumberRanges[] =>
  campaign.definition.questions.flatMap((question) => {
    const scale = scaleOf(question);
    return scale === undefined ? [] : [{ question: question.id, ...scale }];
  });

const meanOf = (counts: NumberCounts | undefined): number | null =>
  counts === undefined || counts.count === 0 ? null : rounded(counts.sum / counts.count);

function numbersOf(
  question: Question,
  scale: Scale | undefined,
  counts: NumberCounts | undefined,
): NumberResult {
  const histogram =
    scale === undefined
      ? []
      : Array.from({ length: scale.last + 1 }, (_, range) => ({
          value: rounded(scale.from + range * scale.width),
          count: counts?.ranges.get(range) ?? 0,
        }));
  const { count = 0 } = counts ?? {};
  const mean = meanOf(counts);
  if (question.kind !== "nps") return { mean, histogram };
  const total = (from: number, to: number): number =>
    histogram.slice(from, to + 1).reduce((all, bar) => all + bar.count, 0);
  const nps = count === 0 ? null : Math.round(((total(9, 10) - total(0, 6)) / count) * 1000) / 10;
  return { mean, histogram, nps };
}

function questionResult(question: Question, counts: CampaignCounts, said: Said): QuestionResult {
  const answered = counts.answered.get(question.id) ?? 0;
  const text = said.textOf(question.text);
  const result = { id: question.id, kind: question.kind, text, answered };
  const of = { counts: counts.options.get(question.id), answered };
  if (question.kind === "matrix") return { ...result, matrix: matrixOf(question, of, said) };
  const options = optionResults(question, of, said);
  if (options !== undefined) return { ...result, options };
  const scale = scaleOf(question);
  if (scale !== undefined || question.kind === "number")
    return { ...result, numbers: numbersOf(question, scale, counts.numbers.get(question.id)) };
  // A date is only counted as well: one reader's birthday is no statistic.
  return question.kind === "date" ? result : { ...result, texts: { count: answered } };
}

/** What was brought and what was calculated; neither where the definition has none. */
function valueResults(
  { hidden = [], calculated = [] }: Definition,
  counts: CampaignCounts,
): Pick<Results, "hidden" | "calculated"> {
  const answeredOf = (id: string): number => counts.answered.get(id) ?? 0;
  return {
    ...(hidden.length > 0 && {
      hidden: hidden.map(({ id }) => ({ id, answered: answeredOf(id) })),
    }),
    ...(calculated.length > 0 && {
      calculated: calculated.map(({ id }) => ({
        id,
        answered: answeredOf(id),
        mean: meanOf(counts.numbers.get(id)),
      })),
    }),
  };
}

/** Fewer readers' time before a question is a reader's, not a figure. */
const timedReadersMin = 5;

/** None where no purpose allows events, whatever was recorded before. */
function funnelOf(campaign: Campaign, counts: FunnelCounts): Pick<Results, "funnel"> {
  if (!asksForEvents(campaign.notice)) return {};
  const { viewed, started, sent, abandoned, questions } = counts;
  return {
    funnel: {
      viewed,
      started,
      questions: campaign.definition.questions.map(({ id }) => {
        const { seen = 0, timed = 0, milliseconds = 0 } = questions.get(id) ?? {};
        const seconds = timed < timedReadersMin ? null : rounded(milliseconds / 1000);
        return { id, seen, seconds };
      }),
      sent,
      abandoned,
    },
  };
}

/** `asOf` in Unix milliseconds. */
export function resultsOf(
  campaign: Campaign,
  counts: CampaignCounts & {
    readonly events: FunnelCounts;
    readonly visitors: number | undefined;
  },
  region: Region,
  asOf: number,
): Results {
  const { title, languages, questions, outcomes } = campaign.definition;
  const said = saidIn(languages[0] ?? "en");
  const { textOf } = said;
  return {
    campaign: campaign.id,
    tenant: campaign.tenant,
    region,
    asOf: new Date(asOf).toISOString(),
    title: textOf(title),
    answers: counts.readers,
    ...(counts.visitors !== undefined && { visitors: counts.visitors }),
    submissions: counts.submissions,
    ...(counts.held > 0 && { held: counts.held }),
    questions: questions.map((question) => questionResult(question, counts, said)),
    ...valueResults(campaign.definition, counts),
    ...(outcomes.length > 0 && {
      outcomes: outcomes.map((outcome) => ({
        id: outcome.id,
        title: textOf(outcome.title),
        count: counts.outcomes.get(outcome.id) ?? 0,
      })),
    }),
    ...funnelOf(campaign, counts.events),
  };
}
