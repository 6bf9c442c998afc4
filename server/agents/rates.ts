// How many calls a subject makes: a bucket each, of bounded number.

export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

const subjectsMax = 4_096;

export class Rates {
  readonly #rate: Rate;
  /** Subject → calls left at the time given; the one used longest ago is first. */
  readonly #buckets = new Map<string, { left: number; at: number }>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** Seconds to wait, 0 where the calls are taken. `now` in milliseconds. */
  take(subject: string, calls: number, now = performance.now()): number {
    const { perSecond, burst } = this.#rate;
    const known = this.#buckets.get(subject) ?? { left: burst, at: now };
    this.#buckets.delete(subject);
    const left = Math.min(burst, known.left + ((now - known.at) / 1000) * perSecond);
    const taken = left >= calls;
    this.#buckets.set(subject, { left: taken ? left - calls : left, at: now });
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size <= subjectsMax) break;
      this.#buckets.delete(oldest);
    }
    return taken ? 0 : Math.max(1, Math.ceil((calls - left) / perSecond));
  }
}
