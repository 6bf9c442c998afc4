import { calculatedOf } from "./calculated.ts";
import type { Answers } from "./schema/answer.ts";
import type { Definition, Outcome } from "./schema/widget.ts";

/** The points of each outcome from the options chosen. */
export function pointsOf(definition: Definition, answers: Answers): ReadonlyMap<string, number> {
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
  return points;
}

/**
 * The first outcome whose `when` holds; else, of those without one, that with the most points from the options chosen, the
 * earlier one in a tie; undefined where there is none. `answers` are those that are sent: what is on the reader's way.
 */
export function outcomeOf(definition: Definition, answers: Answers): Outcome | undefined {
  const values = calculatedOf(definition, answers);
  const points = pointsOf(definition, answers);
  let best: Outcome | undefined;
  for (const outcome of definition.outcomes) {
    const { when } = outcome;
    if (when !== undefined) {
      const value = values[when.value];
      if (value === undefined) continue;
      if (value >= (when.atLeast ?? -Infinity) && value <= (when.atMost ?? Infinity))
        return outcome;
    } else if (best === undefined || (points.get(outcome.id) ?? 0) > (points.get(best.id) ?? 0))
      best = outcome;
  }
  return best;
}
