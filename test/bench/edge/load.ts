// The load generator, in a thread of its own: what it spends is told apart from everything else, and said.
import { Worker } from "node:worker_threads";
import { percentilesOf, type Percentiles } from "./figures.ts";
import { idAt, type Slice } from "./requests.ts";

export interface Load {
  readonly port: number;
  readonly slice: Slice;
  readonly connections: number;
  /** An open loop: requests are due at this rate, whatever becomes of those before. Without it the loop is closed. */
  readonly perSecond?: number;
}

/** What the thread is handed. Milliseconds of the system's monotonic clock, which all threads and processes share. */
export interface LoadTask extends Load {
  readonly due: SharedArrayBuffer;
  readonly answered: SharedArrayBuffer;
  readonly statuses: SharedArrayBuffer;
}

/** What the thread says at its end. */
export interface LoadEnd {
  readonly seconds: number;
  readonly malformed: number;
  /** Of one processor. */
  readonly share: number;
}

export interface Run extends LoadEnd {
  readonly answers: number;
  /** Acknowledged, a second. */
  readonly perSecond: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** Milliseconds from when a request was due until its answer was whole, of those acknowledged. */
  readonly latency: Percentiles;
  /** Those milliseconds, one by one, in the order of `dueOf`. */
  readonly times: readonly number[];
  /** When each acknowledged answer was due, by submission id. */
  readonly dueOf: ReadonlyMap<string, number>;
  /** When the last was answered. */
  readonly endedAt: number;
}

/** Milliseconds of the clock that all threads and processes of this machine share. */
export const monotonic = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Above this share of a processor the generator itself may be what is measured. */
export const shareMax = 0.85;

function runOf(task: LoadTask, end: LoadEnd): Run {
  const { slice } = task;
  const due = new Float64Array(task.due);
  const answered = new Float64Array(task.answered);
  const statusOf = new Uint16Array(task.statuses);
  const statuses: Record<string, number> = {};
  const times: number[] = [];
  const dueOf = new Map<string, number>();
  for (let index = 0; index < slice.count; index++) {
    const status = statusOf[index] ?? 0;
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (status < 200 || status > 299) continue;
    times.push((answered[index] ?? 0) - (due[index] ?? 0));
    dueOf.set(idAt(slice.requests, slice.first + index), due[index] ?? 0);
  }
  return {
    ...end,
    answers: times.length,
    perSecond: times.length / end.seconds,
    statuses,
    latency: percentilesOf(times),
    times,
    dueOf,
    endedAt: answered.reduce((last, time) => Math.max(last, time), 0),
  };
}

/** Sends every request of the slice once and waits for the answers. */
export async function run(load: Load): Promise<Run> {
  const { count } = load.slice;
  const task: LoadTask = {
    ...load,
    due: new SharedArrayBuffer(count * 8),
    answered: new SharedArrayBuffer(count * 8),
    statuses: new SharedArrayBuffer(count * 2),
  };
  const worker = new Worker(new URL("load-worker.ts", import.meta.url), { workerData: task });
  const end = await new Promise<LoadEnd>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  await worker.terminate();
  return runOf(task, end);
}
