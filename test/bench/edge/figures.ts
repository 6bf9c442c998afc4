// The arithmetic of the edge's benchmarks: percentiles, a histogram of constant size, what was lost and doubled.

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

const at = (sorted: Float64Array, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;

/** Nearest rank: a percentile is a value that was measured. NaN of nothing. */
export function percentilesOf(values: Iterable<number>): Percentiles {
  const sorted = Float64Array.from(values).sort();
  return { p50: at(sorted, 0.5), p99: at(sorted, 0.99), p999: at(sorted, 0.999) };
}

/** The middle one, or the lower of two. NaN of nothing. */
export const median = (values: readonly number[]): number =>
  values.toSorted((left, right) => left - right)[Math.ceil(values.length / 2) - 1] ?? Number.NaN;

/** Two neighbouring bounds are 2 % apart. */
const growth = 1.02;
const smallest = 0.01;
const buckets = 1_000;

/** Counts milliseconds from 0.01 to a million in constant memory; a percentile is at most 2 % too large. */
export class Histogram {
  readonly #counts = new Float64Array(buckets);
  #total = 0;

  add(milliseconds: number): void {
    const bucket = Math.ceil(
      Math.log(Math.max(milliseconds, smallest) / smallest) / Math.log(growth),
    );
    const index = Math.min(bucket, buckets - 1);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#total += 1;
  }

  get total(): number {
    return this.#total;
  }

  /** The upper bound of the bucket in which the percentile lies. NaN of nothing. */
  percentile(share: number): number {
    let left = Math.ceil(this.#total * share);
    if (left === 0) return Number.NaN;
    const index = this.#counts.findIndex((count) => (left -= count) <= 0);
    return smallest * growth ** index;
  }
}

export interface Reconciled {
  readonly acknowledged: number;
  /** Ids in the topic, each once. */
  readonly arrived: number;
  /** Acknowledged and not in the topic. */
  readonly lost: number;
  /** Records beyond the first of an id. */
  readonly doubled: number;
  /** In the topic, though the client was never told: no fault, a client that tries again is known. */
  readonly unacknowledged: number;
}

/** Exact: `arrivals` counts each id's records. */
export function reconcile(
  acknowledged: ReadonlySet<string>,
  arrivals: ReadonlyMap<string, number>,
): Reconciled {
  let doubled = 0;
  let unacknowledged = 0;
  for (const [id, records] of arrivals) {
    doubled += records - 1;
    if (!acknowledged.has(id)) unacknowledged += 1;
  }
  const lost = Array.from(acknowledged).filter((id) => !arrivals.has(id)).length;
  return { acknowledged: acknowledged.size, arrived: arrivals.size, lost, doubled, unacknowledged };
}

/** The rates of an open loop, a second: each about 1.4 times the one before. */
export const risingRates = [
  250, 350, 500, 700, 1_000, 1_400, 2_000, 2_800, 4_000, 5_600, 8_000, 11_000, 16_000,
] as const;
