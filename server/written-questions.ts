import type { Campaign } from "../sdk/schema/campaign.ts";

/** Questions whose texts are readers' own words: no addresses that were asked for, and nothing that a link brought. */
export const writtenQuestions = ({ definition }: Pick<Campaign, "definition">): string[] =>
  definition.questions
    .filter(
      (question) =>
        question.kind === "short-text" ||
        question.kind === "long-text" ||
        ("other" in question && question.other !== undefined),
    )
    .map(({ id }) => id);
