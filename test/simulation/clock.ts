// Virtual time: a queue of things to do, each at its instant, one at a time. Between two of them all that JavaScript had
// left to do is done, so that nothing but the seed decides the order.
import { AsyncLocalStorage } from "node:async_hooks";
import { createHash } from "node:crypto";
import { setImmediate as settled } from "node:timers/promises";

/** Steps of one run; beyond it something turns in circles. */
const stepsMax = 400_000;

/** What runs code: an isolate, an object, a region's server. What is dead runs nothing any more. */
export interface Process {
  readonly name: string;
  alive: boolean;
  /** How far its clock is ahead of the world's. */
  skewMilliseconds: number;
  /** Until then, in virtual milliseconds, it stands still: a pause of the collector, a busy machine. */
  stallsUntil: number;
}

export const startProcess = (name: string): Process => ({
  name,
  alive: true,
  skewMilliseconds: 0,
  stallsUntil: 0,
});

/** A request inside an isolate: once it is cancelled, its code does not go on. */
export interface RequestContext {
  alive: boolean;
}

export interface Event {
  readonly at: number;
  readonly order: number;
  readonly process: Process;
  readonly context: RequestContext | undefined;
  readonly run: () => void;
  cancelled: boolean;
}

const isBefore = (left: Event, right: Event): boolean =>
  left.at < right.at || (left.at === right.at && left.order < right.order);

/** The request that the running code belongs to. */
const contexts = new AsyncLocalStorage<RequestContext | undefined>();

export class Clock {
  /** Milliseconds since the run began, with fractions. */
  now = 0;
  steps = 0;
  readonly lines: string[] = [];
  readonly #begins: number;
  readonly #events: Event[] = [];
  readonly #digest = createHash("sha256");
  readonly #keep: boolean;
  readonly #moments = new Map<string, (() => void)[]>();
  #order = 0;

  /** `begins` in Unix milliseconds; `keep` whether the trace is kept as text beside its digest. */
  constructor(begins: number, keep: boolean) {
    this.#begins = begins;
    this.#keep = keep;
  }

  /** What a process believes the time to be, Unix milliseconds. */
  unix(process: Process): number {
    return this.#begins + Math.floor(this.now + process.skewMilliseconds);
  }

  /** Runs `run` in `process` after `milliseconds`, within the request that asks for it. */
  after(process: Process, milliseconds: number, run: () => void): Event {
    return this.at(process, this.now + Math.max(0, milliseconds), contexts.getStore(), run);
  }

  /** The same outside of any request. */
  later(process: Process, milliseconds: number, run: () => void): Event {
    return this.at(process, this.now + Math.max(0, milliseconds), undefined, run);
  }

  at(process: Process, at: number, context: RequestContext | undefined, run: () => void): Event {
    const event = { at, order: this.#order++, process, context, run, cancelled: false };
    this.#push(event);
    return event;
  }

  /** Runs `work` as part of a request. */
  within<Result>(context: RequestContext | undefined, work: () => Result): Result {
    return contexts.run(context, work);
  }

  context(): RequestContext | undefined {
    return contexts.getStore();
  }

  /** Goes on until `until` (virtual milliseconds), or until `done` holds. Throws Error where it turns in circles. */
  async run(until: number, done: () => boolean = () => false): Promise<void> {
    while (!done()) {
      const event = this.#events[0];
      if (event === undefined || event.at > until) break;
      this.#pop();
      if (event.cancelled || !event.process.alive || event.context?.alive === false) continue;
      if (event.process.stallsUntil > event.at) {
        this.at(event.process, event.process.stallsUntil, event.context, event.run);
        continue;
      }
      this.now = Math.max(this.now, event.at);
      if (++this.steps > stepsMax) throw new Error(`more than ${stepsMax} steps`);
      contexts.run(event.context, event.run);
      // Resolves after every promise that can go on has.
      await settled();
    }
    if (!done()) this.now = Math.max(this.now, until);
  }

  /** Something has just happened that a fault may wait for. */
  mark(moment: string): void {
    const waiting = this.#moments.get(moment) ?? [];
    this.#moments.delete(moment);
    for (const run of waiting) run();
  }

  /** Runs `run` at the next such moment. */
  whenNext(moment: string, run: () => void): void {
    this.#moments.set(moment, [...(this.#moments.get(moment) ?? []), run]);
  }

  /** From here on nobody waits for a moment. */
  forgetMoments(): void {
    this.#moments.clear();
  }

  /** One line of the trace. */
  tell(line: string): void {
    const told = `${this.now.toFixed(2)} ${line}`;
    this.#digest.update(told).update("\n");
    if (this.#keep) this.lines.push(told);
  }

  /** SHA-256 of the whole trace; the last thing asked. */
  digest(): string {
    return this.#digest.digest("hex");
  }

  /** A binary heap: the earliest in front, and of those the first that was asked for. */
  #push(event: Event): void {
    const events = this.#events;
    let index = events.push(event) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const other = events[above];
      if (other === undefined || !isBefore(event, other)) break;
      events[index] = other;
      events[above] = event;
      index = above;
    }
  }

  #pop(): void {
    const events = this.#events;
    const last = events.pop();
    if (last === undefined || events.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      let next = events[left];
      let place = left;
      const other = events[right];
      if (next === undefined) break;
      if (other !== undefined && isBefore(other, next)) {
        next = other;
        place = right;
      }
      if (!isBefore(next, last)) break;
      events[index] = next;
      index = place;
    }
    events[index] = last;
  }
}
