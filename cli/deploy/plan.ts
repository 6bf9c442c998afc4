// What a deployment would do, step by step, and what it must not do: whatever would lose answers is refused.
import { keySteps } from "./plan-keys.ts";
import { objectSteps } from "./plan-objects.ts";
import { regionSteps } from "./plan-regions.ts";
import { routeSteps } from "./plan-routes.ts";
import { step, type Situation, type Step } from "./step.ts";

function* recordSteps({ target, deployed, live, found, adopt }: Situation): Generator<Step> {
  if (deployed !== undefined) yield step("keep", `last deployed ${deployed.at}`);
  else if (found !== undefined)
    yield step(
      adopt ? "note" : "refuse",
      `an edge answers at ${found}, and no deployed-${target.environment}.json says how it was deployed`,
      `This is not the first deployment. Restore that file, or name the edge with --edge ${found} and compare.`,
    );
  else if (live === undefined)
    yield step(
      "note",
      "nothing here says that anything is live: this is taken for the first deployment",
      "Name the edge with --edge if there is one.",
    );
  else
    yield step(
      adopt ? "note" : "refuse",
      `an edge is live, and no deployed-${target.environment}.json says how it was deployed`,
      "Its jurisdictions, shards and classes must not change. Restore that file, or compare by eye and say --adopt.",
    );
}

/** Everything, in the order it matters. */
export async function planOf(situation: Situation): Promise<Step[]> {
  return [
    ...recordSteps(situation),
    ...objectSteps(situation),
    ...regionSteps(situation),
    ...(await keySteps(situation)),
    ...routeSteps(situation),
  ];
}

export const refusals = (steps: readonly Step[]): Step[] =>
  steps.filter(({ action }) => action === "refuse");
