// One target in a thread of its own: what it logs is looked through and goes nowhere else.
import { parentPort, workerData } from "node:worker_threads";
import { fix } from "./fixed.ts";
import { fuzz, type Report } from "./fuzz.ts";
import { keptInputs } from "./kept.ts";
import { targets } from "./targets/all.ts";

/** How far it is, then what became of it. */
export interface Message {
  readonly done?: number;
  readonly report?: Report;
}

export interface Task {
  readonly target: string;
  readonly cases: number;
  readonly seed: string;
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
const tell = (message: Message): void => parentPort?.postMessage(message);

const lines: string[] = [];
const keep = (line: unknown): void => void lines.push(String(line));
console.log = keep;
console.error = keep;
process.stdout.write = (piece: unknown): boolean => {
  keep(piece);
  return true;
};

const { target: name, cases, seed } = workerData as Task; // What all.ts's caller sent.
const target = targets.find((candidate) => candidate.name === name);
if (target === undefined) throw new Error(`no target ${name}`);
const goOn = fix(name);
const prepared = await target.prepare();
goOn();
let report: Report;
try {
  report = await fuzz(name, prepared, {
    cases,
    seed,
    kept: await keptInputs(name),
    logged: () => lines.splice(0),
    progress: (done) => tell({ done }),
  });
} finally {
  prepared.close?.();
}
// Last: whoever has the last report ends the process, and its threads with it.
tell({ report });
