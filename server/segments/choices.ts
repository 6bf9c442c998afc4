// How often the members of a segment chose what.
import type { Campaign } from "../../sdk/schema/campaign.ts";
import type { AnswerCell } from "./sql/rows.ts";

export interface SegmentChoices {
  readonly question: string;
  /** Members who answered it. */
  readonly answered: number;
  /** Option → members who chose it; in a ranking, who put it first. */
  readonly options: ReadonlyMap<string, number>;
}

/** Of each question that any member answered, in the campaign's order. */
export function choicesOf(
  { definition }: Pick<Campaign, "definition">,
  counts: Iterable<{ readonly cell: AnswerCell; readonly count: number }>,
): SegmentChoices[] {
  const found = new Map(
    definition.questions.map(({ id, kind }) => [
      id,
      { kind, answered: 0, options: new Map<string, number>() },
    ]),
  );
  for (const { cell, count } of counts) {
    const question = found.get(cell.question);
    if (question === undefined) continue;
    // Every answer has a value in the first place, and one alone.
    if (cell.position === 0) question.answered += count;
    if (cell.option === null || (question.kind === "ranking" && cell.position > 0)) continue;
    // Of shared points an option without any is not chosen.
    if (cell.number === 0) continue;
    question.options.set(cell.option, (question.options.get(cell.option) ?? 0) + count);
  }
  return Array.from(found, ([question, { answered, options }]) => ({
    question,
    answered,
    options,
  })).filter(({ answered }) => answered > 0);
}
