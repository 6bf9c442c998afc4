// How sure a share or a ratio is. Every interval is of 95 %, by methods that hold for few readers and for readers who differ.

/** The 97.5 % point of the standard normal distribution. */
export const z95 = 1.959963984540054;

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** A share of `n`: Wilson's score interval (Wilson 1927; Newcombe 1998, method 3). */
export function wilson(count: number, n: number): Interval {
  if (n === 0) return { low: 0, high: 1 };
  const z2 = z95 ** 2;
  const share = count / n;
  const middle = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half = (z95 / (1 + z2 / n)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/** A ratio with its interval, and the probability of one so far from 1 where there is none. */
export interface Ratio extends Interval {
  readonly ratio: number;
  readonly p: number;
}

const fromLog = (log: number, variance: number): Ratio => {
  const half = z95 * Math.sqrt(variance);
  return {
    ratio: Math.exp(log),
    low: Math.exp(log - half),
    high: Math.exp(log + half),
    p: variance > 0 ? twoSided(log / Math.sqrt(variance)) : 1,
  };
};

/** Ratio of two shares, both above 0: log-normal interval (Katz, Baptista, Azen & Pike 1978). */
export const shareRatio = (
  one: { readonly count: number; readonly n: number },
  other: { readonly count: number; readonly n: number },
): Ratio =>
  fromLog(
    Math.log((one.count * other.n) / (one.n * other.count)),
    1 / one.count - 1 / one.n + 1 / other.count - 1 / other.n,
  );

/** Sums over the readers of one group: `y` is how often each did it, `t` for how many days each was followed. */
export interface Sums {
  readonly n: number;
  readonly y: number;
  readonly yy: number;
  readonly t: number;
  readonly tt: number;
  readonly yt: number;
}

/**
 * Variance of the logarithm of a rate Σy/Σt. The linearised variance of a ratio of sums (Cochran 1977, §6.4): the same as the
 * robust (Huber–White) one of a Poisson model with its days as offset, so that it holds where a few readers do most.
 */
function logRateVariance({ n, y, yy, t, tt, yt }: Sums): number {
  const rate = y / t;
  // Differences of large sums: what is left of an exact 0 may be just below it.
  const residuals = Math.max(0, yy - 2 * rate * yt + rate * rate * tt);
  return ((n / (n - 1)) * residuals) / (y * y);
}

/** Ratio of how often one group did it per reader and day, to how often the other did. Both did it at all. */
export const rateRatio = (one: Sums, other: Sums): Ratio =>
  fromLog(
    Math.log((one.y * other.t) / (one.t * other.y)),
    logRateVariance(one) + logRateVariance(other),
  );

/** The probability that a standard normal is so far from 0, on either side; relative error under 1.2e-7. */
export function twoSided(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  // Numerical Recipes §6.2, erfcc: a Chebyshev fit.
  const t = 1 / (1 + x / 2);
  const fit = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398,
    1.48851587, -0.82215223, 0.17087277,
  ].reduceRight((sum, coefficient) => sum * t + coefficient, 0);
  return Math.min(1, t * Math.exp(-x * x + fit));
}

/**
 * Benjamini–Hochberg (1995): for each p the least rate of false discoveries at which it would be one, in the order given.
 */
export function falseDiscovery(ps: readonly number[]): number[] {
  const order = ps.map((p, index) => ({ p, index })).toSorted((a, b) => b.p - a.p);
  const found: number[] = Array.from({ length: ps.length });
  let least = 1;
  for (const [place, { p, index }] of order.entries()) {
    least = Math.min(least, (p * ps.length) / (ps.length - place));
    found[index] = least;
  }
  return found;
}
