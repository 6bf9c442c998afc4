// Counts by option as an agent may be told them: in the widget's first language, small ones left out.
import type { QuestionCounts } from "../../../sdk/schema/agent-tools.ts";
import type { Campaign } from "../../../sdk/schema/campaign.ts";
import type { Question } from "../../../sdk/schema/widget.ts";
import { matrixOf, optionResults, saidIn } from "../../option-results.ts";
import { rounded } from "../../rounded.ts";
import type { SegmentChoices } from "../../segments/choices.ts";
import type { OptionCount } from "../../warehouse/counts.ts";
import { shownAlone, shownParts } from "../suppress.ts";

/** Of these a reader chooses one: their counts, and who chose none, make up the whole. A ranking counts first places. */
const oneOf = new Set(["single-choice", "dropdown", "yes-no", "consent", "country", "ranking"]);
const takesOne = (question: Question): boolean =>
  oneOf.has(question.kind) || (question.kind === "picture-choice" && !question.multiple);

interface Told {
  readonly id: string;
  readonly text: string;
  readonly count: number;
}

/** How many readers there are, and how many of them answered where that is told too. */
export interface Whole {
  readonly readers: number;
  readonly answered?: number;
  readonly floor: number;
}

interface ToldCounts {
  readonly answered?: number;
  readonly options: NonNullable<QuestionCounts["options"]>;
  readonly suppressed: number;
}

/** Which counts may be told; the last says it of how many answered. */
function shownOf(counts: readonly number[], partition: boolean, whole: Whole): boolean[] {
  const { readers, answered, floor } = whole;
  // Where all answered there is no such part.
  if (answered === undefined || answered === readers)
    return [
      ...(partition
        ? shownParts(counts, readers, floor)
        : counts.map((count) => shownAlone(count, readers, floor))),
      answered !== undefined,
    ];
  // Who did not answer is a part too: telling how many answered tells it.
  if (partition) return shownParts([...counts, readers - answered], readers, floor);
  const told = shownAlone(answered, readers, floor);
  return [
    ...counts.map(
      (count) => shownAlone(count, readers, floor) && (!told || shownAlone(count, answered, floor)),
    ),
    told,
  ];
}

/** Options of one whole, those that may be told with their counts. */
export function toldOptions(
  options: readonly Told[],
  whole: Whole,
  partition: boolean,
): ToldCounts {
  const { readers, answered } = whole;
  const shown = shownOf(
    options.map(({ count }) => count),
    partition,
    whole,
  );
  const tellsAnswered = answered !== undefined && shown[options.length] === true;
  // A share of what is not told would tell it.
  const of = tellsAnswered ? answered : readers;
  return {
    ...(tellsAnswered && { answered }),
    options: options.map(({ id, text, count }, index) => ({
      id,
      text,
      ...(shown[index] === true && { count, share: of === 0 ? 0 : rounded(count / of) }),
    })),
    suppressed: options.filter((_, index) => shown[index] !== true).length,
  };
}

/** A matrix is a question a row. */
function rowsOf(
  question: Extract<Question, { kind: "matrix" }>,
  counts: ReadonlyMap<string, OptionCount>,
  said: ReturnType<typeof saidIn>,
): Told[][] {
  const { columns, rows } = matrixOf(question, { counts, answered: 0 }, said);
  return rows.map((row) =>
    row.cells.map((cell, index) => ({
      id: `${row.id}:${columns[index]?.id ?? ""}`,
      text: `${row.text}: ${columns[index]?.text ?? ""}`,
      count: cell.count,
    })),
  );
}

const counted = (count: number): OptionCount => ({
  count,
  first: count,
  placesSum: 0,
  pointsSum: 0,
});

/** What is known of one question: counts by option id, and how many answered it where that may be told. */
export interface Chosen {
  readonly counts: ReadonlyMap<string, number>;
  readonly answered?: number;
}

/** One question's options with what may be told; undefined where it has none. */
export function choicesOf(
  question: Question,
  said: ReturnType<typeof saidIn>,
  { counts: byOption, answered }: Chosen,
  { readers, floor }: Omit<Whole, "answered">,
): ToldCounts | undefined {
  const counts = new Map(Array.from(byOption, ([id, count]) => [id, counted(count)]));
  const whole = { readers, floor, ...(answered !== undefined && { answered }) };
  if (question.kind === "matrix") {
    const told = rowsOf(question, counts, said).map((cells) =>
      toldOptions(cells, { readers, floor }, !question.multiple),
    );
    return {
      options: told.flatMap(({ options }) => options),
      suppressed: told.reduce((sum, { suppressed }) => sum + suppressed, 0),
    };
  }
  const options = optionResults(question, { counts, answered: readers }, said);
  return options && toldOptions(options, whole, takesOne(question));
}

/** Questions with choices, of so many readers; those without, or that nobody answered, are not among them. */
export function choicesWithin(
  campaign: Campaign,
  chosen: readonly SegmentChoices[],
  whole: Omit<Whole, "answered">,
): QuestionCounts[] {
  const { questions, languages } = campaign.definition;
  const said = saidIn(languages[0] ?? "en");
  return questions.flatMap((question) => {
    const found = chosen.find(({ question: id }) => id === question.id);
    if (found === undefined) return [];
    const { options: counts, answered } = found;
    const told = choicesOf(question, said, { counts, answered }, whole);
    const { id, kind } = question;
    return told === undefined ? [] : [{ id, kind, text: said.textOf(question.text), ...told }];
  });
}
