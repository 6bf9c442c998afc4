// Another clock for a process, thread or isolate, in place of the machine's.

/** From here on `Date` has its time from `now`, Unix milliseconds; timers and `performance` keep the machine's. */
export function setNow(now: () => number): void {
  globalThis.Date = new Proxy(Date, {
    construct: (target, given: unknown[], newTarget) =>
      // No arguments: now. The types know no way to say that the arguments are those of one of Date's overloads.
      Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget) as Date,
    get: (target, name, receiver): unknown =>
      name === "now" ? now : Reflect.get(target, name, receiver),
  });
}
