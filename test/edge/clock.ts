// A clock that can be told to jump, for the chaos worker: imported before anything of the edge reads the time. workerd does
// not start under libfaketime.
import { setNow } from "../set-now.ts";

const real = Date.now.bind(Date);
let offset = 0;

/** What the worker's clock is ahead of the machine's, in milliseconds. */
export function setClockOffset(milliseconds: number): void {
  offset = milliseconds;
}

/** An instant of the worker's clock as one of the machine's, in Unix milliseconds. */
export const machineTime = (at: number): number => at - offset;

setNow(() => real() + offset);
