// What readers felt: how long an acknowledgement took while nothing was broken, and how long there was none at all.

/** Buckets grow by a twentieth: a percentile is right to within that. */
const growth = 1.05;
const leastMilliseconds = 0.1;
const buckets = 300;

export interface Felt {
  /** Of first tries in quiet times, milliseconds. */
  readonly quietP50: number;
  readonly quietP99: number;
  readonly quietAnswers: number;
  /** The longest time without an acknowledgement to anybody, milliseconds. */
  readonly longestGap: number;
}

export class Feelings {
  readonly #counts = new Uint32Array(buckets);
  #answers = 0;
  #lastAt: number | undefined;
  #longestGap = 0;

  /** An acknowledgement now; `milliseconds` where the time it took counts. */
  acknowledged(milliseconds: number | undefined): void {
    const now = performance.now();
    if (this.#lastAt !== undefined)
      this.#longestGap = Math.max(this.#longestGap, now - this.#lastAt);
    this.#lastAt = now;
    if (milliseconds === undefined) return;
    const bucket = Math.log(Math.max(1, milliseconds / leastMilliseconds)) / Math.log(growth);
    const index = Math.min(buckets - 1, Math.floor(bucket));
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#answers += 1;
  }

  /** Nobody sends for a while: nobody waits either. */
  held(): void {
    this.#lastAt = undefined;
  }

  result(): Felt {
    return {
      quietP50: this.#percentile(0.5),
      quietP99: this.#percentile(0.99),
      quietAnswers: this.#answers,
      longestGap: this.#longestGap,
    };
  }

  #percentile(share: number): number {
    let left = share * this.#answers;
    for (const [index, count] of this.#counts.entries()) {
      left -= count;
      if (left <= 0 && count > 0) return leastMilliseconds * growth ** (index + 1);
    }
    return Number.NaN;
  }
}
