// Runs targets in threads, a few at a time.
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import type { Report } from "./fuzz.ts";
import { targets } from "./targets/all.ts";
import type { Message, Task } from "./worker.ts";

// workerd has base64 in Uint8Array; Node has it behind this, for threads begun from here on.
setFlagsFromString("--js-base-64");

/** One a core of a small machine. */
const threads = 2;

/** No 64 cases take so long, on however busy a machine: one of them does not end. */
const stillMillisecondsMax = 120_000;

/** Rejects where the thread ends, or says nothing for too long. */
export function runThread(
  worker: Worker,
  task: Task,
  progress: (done: number) => void,
  stillMilliseconds = stillMillisecondsMax,
): Promise<Report> {
  const { promise, resolve, reject } = Promise.withResolvers<Report>();
  let known = 0;
  const hang = (): void => {
    const where = `after case ${known} of seed ${task.seed}`;
    reject(new Error(`${task.target} hangs: nothing for ${stillMilliseconds / 1_000} s ${where}`));
    void worker.terminate();
  };
  let watchdog = setTimeout(hang, stillMilliseconds);
  worker.on("message", ({ report, done = 0 }: Message) => {
    clearTimeout(watchdog);
    if (report !== undefined) {
      resolve(report);
      return;
    }
    watchdog = setTimeout(hang, stillMilliseconds);
    known = done;
    progress(done);
  });
  worker.once("error", reject);
  worker.once("exit", (code) => {
    clearTimeout(watchdog);
    reject(new Error(`${task.target} ended with ${code}`));
  });
  return promise;
}

export interface FuzzAll {
  /** Names of targets; all of them where none is named. */
  readonly names?: readonly string[];
  readonly cases: number;
  readonly seed: string;
  readonly told?: (report: Report) => void;
  readonly progress?: (target: string, done: number) => void;
}

/** One report a target, in the targets' order. Throws Error for a name that is none. */
export async function fuzzAll({
  names = [],
  cases,
  seed,
  told,
  progress,
}: FuzzAll): Promise<Report[]> {
  const unknown = names.filter((name) => !targets.some((target) => target.name === name));
  if (unknown.length > 0)
    throw new Error(
      `There is no parser ${unknown.join(", ")}; there are ${targets.map(({ name }) => name).join(", ")}.`,
    );
  const chosen = targets.filter(({ name }) => names.length === 0 || names.includes(name));
  const reports = new Map<string, Report>();
  const waiting = [...chosen];
  const thread = async (): Promise<void> => {
    for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) {
      const { name } = target;
      const task: Task = { target: name, cases, seed };
      const worker = new Worker(new URL("worker.ts", import.meta.url), { workerData: task });
      const report = await runThread(worker, task, (done) => progress?.(name, done));
      reports.set(name, report);
      told?.(report);
    }
  };
  await Promise.all(Array.from({ length: threads }, thread));
  return chosen.flatMap(({ name }) => reports.get(name) ?? []);
}
