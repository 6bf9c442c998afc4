// Telling of changes: the first at once, further ones when they have settled, and never a queue of them.
import { faultOf, log } from "../log.ts";
import { telling } from "./limits.ts";

/** What is told, and when each of `Thing` was told last. */
export class Telling<Thing extends object> {
  readonly #tell: (things: readonly Thing[]) => void;
  readonly #toldAt = new WeakMap<Thing, number>();
  readonly #waiting = new Set<Thing>();
  #restsUntil = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (things: readonly Thing[]) => void) {
    this.#tell = tell;
  }

  /** These changed just now. */
  changed(things: Iterable<Thing>): void {
    for (const thing of things) this.#waiting.add(thing);
    this.#tellDue();
  }

  forget(thing: Thing): void {
    this.#waiting.delete(thing);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#waiting.clear();
  }

  #tellDue(): void {
    const now = performance.now();
    const due: Thing[] = [];
    let nextIn = Number.POSITIVE_INFINITY;
    for (const thing of this.#waiting) {
      const toldAt = this.#toldAt.get(thing) ?? Number.NEGATIVE_INFINITY;
      const waits = Math.max(toldAt + telling.settleMs, this.#restsUntil) - now;
      if (waits > 0) nextIn = Math.min(nextIn, waits);
      else due.push(thing);
    }
    for (const thing of due) {
      this.#waiting.delete(thing);
      this.#toldAt.set(thing, now);
    }
    if (due.length > 0) {
      this.#tell(due);
      const took = performance.now() - now;
      this.#restsUntil = now + took / telling.shareMax;
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (nextIn !== Number.POSITIVE_INFINITY)
      this.#timer = setTimeout(() => this.#tellDue(), Math.ceil(nextIn)).unref();
  }
}

/** One who listens and fails must not keep the others from hearing, nor the commit from being counted. */
export function tellAll<Told>(listeners: Iterable<(told: Told) => void>, told: Told): void {
  for (const listener of listeners)
    try {
      listener(told);
    } catch (error) {
      log("segment-listener-failed", { fault: faultOf(error) });
    }
}
