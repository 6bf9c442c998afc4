// Plays the seeds it is handed, one after the other, in a process of its own: `node test/simulation/worker.ts`, over IPC.
import { buildScripts, type Scripts } from "./bundles.ts";
import { mutantOf } from "./mutants.ts";
import { planOf, type Plan } from "./plan.ts";
import { play, type Result } from "./run.ts";
import { shrink } from "./shrink.ts";
import { makeWorld, type World } from "./world.ts";

/** What the parent asks. */
export type Order =
  | { readonly kind: "begin"; readonly mutant: string | undefined }
  | {
      readonly kind: "play";
      readonly seed: number;
      readonly keep: boolean;
      readonly shrink: boolean;
    };

/** What it is told. */
export type Report =
  | { readonly kind: "ready" }
  | { readonly kind: "broken"; readonly error: string }
  | {
      readonly kind: "played";
      readonly result: Result;
      /** The shortest that fails, with its whole trace. */
      readonly shrunk: { readonly plan: Plan; readonly result: Result } | undefined;
    };

const tell = (report: Report): void => {
  // A parent that has heard enough is gone, perhaps in this moment.
  if (process.connected) process.send?.(report, () => undefined);
};

/** What is thrown where nobody waits for it: a bug of the code under test, or of the simulation. */
const thrown: string[] = [];
process.on("unhandledRejection", (reason) => {
  thrown.push(
    `not caught: ${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}`,
  );
});

async function playOnce(
  plan: Plan,
  world: World,
  scripts: Scripts,
  keep: boolean,
): Promise<Result> {
  thrown.length = 0;
  let result: Result;
  try {
    result = await play(plan, world, scripts, keep);
  } catch (error) {
    const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const none = { digest: "", lines: [], steps: 0, acknowledged: 0, lasted: 0 };
    result = { seed: plan.seed, problems: [`thrown: ${said}`], ...none };
  }
  return thrown.length === 0 ? result : { ...result, problems: [...result.problems, ...thrown] };
}

/** What was broken, without what it happened to: the words before the colon. */
const kindsOf = ({ problems }: Result): Set<string> =>
  new Set(problems.map((problem) => problem.slice(0, problem.indexOf(":"))));

async function answer(world: World, scripts: Scripts, order: Extract<Order, { kind: "play" }>) {
  const plan = planOf(order.seed, world);
  const result = await playOnce(plan, world, scripts, order.keep);
  if (result.problems.length === 0 || !order.shrink) {
    tell({ kind: "played", result, shrunk: undefined });
    return;
  }
  const [kind = ""] = kindsOf(result);
  const shortest = await shrink(plan, async (candidate) => {
    const again = await playOnce(candidate, world, scripts, false);
    return kindsOf(again).has(kind);
  });
  const told = await playOnce(shortest, world, scripts, true);
  tell({ kind: "played", result, shrunk: { plan: shortest, result: told } });
}

let prepared: { readonly world: World; readonly scripts: Scripts } | undefined;

async function prepare(mutant: string | undefined): Promise<void> {
  try {
    const change = mutant === undefined ? undefined : mutantOf(mutant);
    prepared = { world: await makeWorld(), scripts: await buildScripts(change) };
    tell({ kind: "ready" });
  } catch (error) {
    tell({ kind: "broken", error: error instanceof Error ? error.message : String(error) });
  }
}

process.on("message", (order: Order) => {
  if (order.kind === "begin") void prepare(order.mutant);
  else if (prepared !== undefined) void answer(prepared.world, prepared.scripts, order);
});
