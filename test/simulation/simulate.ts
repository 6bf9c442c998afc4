// Shares seeds out among processes and gathers what became of them.
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Plan } from "./plan.ts";
import type { Result } from "./run.ts";
import type { Order, Report } from "./worker.ts";

/** A process is replaced after so many seeds: what the collector leaves behind does not grow with their number. */
const seedsPerProcess = 2_000;

export interface Simulation {
  readonly firstSeed: number;
  readonly seeds: number;
  readonly processes: number;
  readonly mutant?: string | undefined;
  /** Ends with the first failure. */
  readonly untilFirst: boolean;
  /** Shrinks failures. */
  readonly shrink: boolean;
  /** Keeps each trace as text. */
  readonly keep: boolean;
  readonly progress?: (done: number, failed: number) => void;
}

export interface Failure {
  readonly result: Result;
  readonly shrunk: { readonly plan: Plan; readonly result: Result } | undefined;
}

export interface Outcome {
  readonly played: number;
  readonly failures: readonly Failure[];
  readonly digests: ReadonlyMap<number, string>;
  readonly steps: number;
  readonly acknowledged: number;
  /** Virtual milliseconds. */
  readonly lasted: number;
  readonly lines: readonly string[];
}

const workerFile = fileURLToPath(new URL("worker.ts", import.meta.url));

async function startWorker(mutant: string | undefined): Promise<ChildProcess> {
  const worker = fork(workerFile, {
    // workerd has base64 in Uint8Array; Node has it behind this.
    execArgv: ["--js-base-64", "--max-semi-space-size=64"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  worker.send({ kind: "begin", mutant } satisfies Order);
  const report = await heard(worker);
  if (report.kind === "broken") {
    worker.kill();
    throw new Error(report.error);
  }
  return worker;
}

/** The process's next word; rejects where it ends without one. */
function heard(worker: ChildProcess): Promise<Report> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void =>
      reject(new Error(`a process of the simulation ended with ${String(code)}`));
    worker.once("exit", onExit);
    worker.once("message", (report: Report) => {
      worker.off("exit", onExit);
      resolve(report);
    });
  });
}

async function playOne(
  worker: ChildProcess,
  order: Order,
): Promise<Extract<Report, { kind: "played" }>> {
  worker.send(order);
  const report = await heard(worker);
  if (report.kind !== "played") throw new Error(`unexpected ${report.kind}`);
  return report;
}

/** Plays all seeds, or those up to the first that fails. Throws Error where a mutant's line is not found. */
export async function simulate(simulation: Simulation): Promise<Outcome> {
  const { firstSeed, seeds, keep, mutant } = simulation;
  const failures: Failure[] = [];
  const digests = new Map<number, string>();
  const lines: string[] = [];
  let steps = 0;
  let acknowledged = 0;
  let lasted = 0;
  let next = firstSeed;
  let played = 0;
  const isOver = (): boolean =>
    next >= firstSeed + seeds || (simulation.untilFirst && failures.length > 0);
  const work = async (): Promise<void> => {
    while (!isOver()) {
      const worker = await startWorker(mutant);
      try {
        for (let count = 0; count < seedsPerProcess && !isOver(); count++) {
          const seed = next++;
          const order = { kind: "play", seed, keep, shrink: simulation.shrink } as const;
          const { result, shrunk } = await playOne(worker, order);
          played += 1;
          steps += result.steps;
          acknowledged += result.acknowledged;
          lasted += result.lasted;
          digests.set(seed, result.digest);
          lines.push(...result.lines);
          if (result.problems.length > 0) failures.push({ result, shrunk });
          simulation.progress?.(played, failures.length);
        }
      } finally {
        worker.kill();
      }
    }
  };
  await Promise.all(Array.from({ length: simulation.processes }, work));
  failures.sort((left, right) => left.result.seed - right.result.seed);
  return { played, failures, digests, steps, acknowledged, lasted, lines };
}
