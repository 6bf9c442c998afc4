// What processes spend, as Linux counts it (proc(5)).
import { readFileSync, writeFileSync } from "node:fs";
import type { Child } from "../../../demo/child.ts";

export interface Watched {
  readonly name: string;
  /** Changes where a process is started again. */
  readonly pid: () => number;
}

export interface Spent {
  readonly processorMilliseconds: number;
  /** Handed to the file system, by processes that write no file twice before it is on disk. */
  readonly writtenBytes: number;
}

/** `stat`, fields 14 and 15: hundredths of a second in user and kernel mode. */
function processorMilliseconds(pid: number): number {
  const [, fields = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
  const [user = 0, system = 0] = fields.split(" ").slice(11, 13).map(Number);
  return (user + system) * 10;
}

const fieldOf = (text: string, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? Number.NaN);

export const spentBy = (watched: readonly Watched[]): Spent[] =>
  watched.map(({ pid }) => ({
    processorMilliseconds: processorMilliseconds(pid()),
    writtenBytes: fieldOf(readFileSync(`/proc/${pid()}/io`, "utf8"), "write_bytes"),
  }));

/** Begins the count of the highest memory anew (proc(5): clear_refs 5). */
export function forgetPeaks(watched: readonly Watched[]): void {
  for (const { pid } of watched) writeFileSync(`/proc/${pid()}/clear_refs`, "5");
}

const status = (pid: number): string => readFileSync(`/proc/${pid}/status`, "utf8");

/** Bytes, since `forgetPeaks`. */
export const peakMemory = ({ pid }: Watched): number => fieldOf(status(pid()), "VmHWM") * 1024;

/** Bytes. */
export const memoryNow = ({ pid }: Watched): number => fieldOf(status(pid()), "VmRSS") * 1024;

const children = new Set<Child>();

/** A benchmark that is broken off leaves nothing running. */
export function endWithUs(child: Child): void {
  if (children.size === 0) {
    for (const signal of ["SIGINT", "SIGTERM"] as const)
      process.once(signal, () => process.exit(1));
    process.once("exit", () => {
      for (const { pid } of children)
        try {
          if (pid !== undefined) process.kill(pid, "SIGKILL");
        } catch {
          // It has ended already.
        }
    });
  }
  children.add(child);
}
