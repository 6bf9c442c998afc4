// From a run that failed to the shortest plan that still fails: steps are left out while it does (Zeller's ddmin).
import type { Plan, Step } from "./plan.ts";

/** Runs spent on one failure. */
const runsMax = 250;

/** Whether a plan still shows the failure. */
export type Fails = (plan: Plan) => Promise<boolean>;

function without(steps: readonly Step[], from: number, to: number): Step[] {
  return steps.filter((_, index) => index < from || index >= to);
}

/** A plan with fewer steps, or the same; every step of it is needed, unless the runs are used up. */
export async function shrink(plan: Plan, fails: Fails): Promise<Plan> {
  let best = plan;
  const spent = { runs: 0 };
  const tryOne = async (candidate: Plan): Promise<boolean> => {
    if (spent.runs++ >= runsMax) return false;
    const stillFails = await fails(candidate);
    if (stillFails) best = candidate;
    return stillFails;
  };
  for (let size = Math.ceil(best.steps.length / 2); size >= 1 && spent.runs < runsMax;) {
    let isSmaller = false;
    for (let from = 0; from < best.steps.length;) {
      const steps = without(best.steps, from, from + size);
      if (await tryOne({ ...best, steps })) isSmaller = true;
      else from += size;
    }
    if (size > 1) size = Math.ceil(size / 2);
    else if (!isSmaller) break;
  }
  // What is not needed to fail is as simple as it can be.
  for (const simpler of [
    { shards: 1 },
    { lastKill: false },
    { streams: { eu: "embedded", apac: "embedded" } },
  ] as const)
    await tryOne({ ...best, ...simpler });
  const hungUp = best.steps.findIndex(
    (step) => step.kind !== "fault" && step.hangUpAfter !== undefined,
  );
  if (hungUp >= 0)
    await tryOne({
      ...best,
      steps: best.steps.map((step) =>
        step.kind === "fault" ? step : { ...step, hangUpAfter: undefined },
      ),
    });
  return best;
}
