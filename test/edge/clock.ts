// A clock that can be told to jump, for the chaos worker: imported before anything of the edge reads the time. workerd does
// not start under libfaketime.

const real = Date.now.bind(Date);
let offset = 0;

/** What the worker's clock is ahead of the machine's, in milliseconds. */
export function setClockOffset(milliseconds: number): void {
  offset = milliseconds;
}

/** An instant of the worker's clock as one of the machine's, in Unix milliseconds. */
export const machineTime = (at: number): number => at - offset;

const RealDate = Date;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, given: unknown[], newTarget) =>
    // No arguments: now. The types know no way to say that the arguments are those of one of Date's overloads.
    Reflect.construct(target, given.length === 0 ? [real() + offset] : given, newTarget) as Date,
  get: (target, name, receiver): unknown =>
    name === "now" ? () => real() + offset : Reflect.get(target, name, receiver),
});
