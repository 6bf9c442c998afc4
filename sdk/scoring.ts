import type { Answers } from "./schema/answer.ts";
import type { Definition, Outcome } from "./schema/widget.ts";

/** The outcome with the most points from the options chosen; the earlier one wins a tie; undefined where none is defined. */
export function outcomeOf(definition: Definition, answers: Answers): Outcome | undefined {
  const points = new Map(definition.outcomes.map((outcome) => [outcome.id, 0]));
  for (const question of definition.questions) {
    if (!("options" in question)) continue;
    const value = answers[question.id];
    const chosen = Array.isArray(value) ? value : [value];
    for (const option of question.options) {
      if (!chosen.includes(option.id)) continue;
      for (const [outcome, score] of Object.entries(option.scores ?? {}))
        points.set(outcome, (points.get(outcome) ?? 0) + score);
    }
  }
  let best: Outcome | undefined;
  for (const outcome of definition.outcomes)
    if (best === undefined || (points.get(outcome.id) ?? 0) > (points.get(best.id) ?? 0))
      best = outcome;
  return best;
}
