// Whether two classes of times differ: Welch's t-test over cropped samples, as in Reparaz, Balasch and Verbauwhede, "Dude,
// is my code constant time?" (2017).

/** Above this |t|, chance is no explanation (dudect's own bound for a suspicion; the tables of ISO/IEC 17825 say as much). */
export const suspiciousT = 4.5;
/** dudect's bound beyond which a leak is taken for certain. */
export const certainT = 10;

const cropsMax = 20;
/** Fewer times than this in either class say nothing. */
const samplesMin = 100;

interface Moments {
  readonly count: number;
  readonly mean: number;
  readonly variance: number;
}

function moments(times: Float64Array): Moments {
  let mean = 0;
  let squares = 0;
  for (const [index, time] of times.entries()) {
    // Welford: no difference of large sums.
    const before = time - mean;
    mean += before / (index + 1);
    squares += before * (time - mean);
  }
  return { count: times.length, mean, variance: squares / (times.length - 1) };
}

/** Welch's t of two samples; 0 where neither varies and both agree. */
export function welchT(left: Float64Array, right: Float64Array): number {
  const [a, b] = [moments(left), moments(right)];
  const error = Math.sqrt(a.variance / a.count + b.variance / b.count);
  const difference = a.mean - b.mean;
  return difference === 0 ? 0 : difference / error;
}

export interface Verdict {
  /** The t of the largest |t| among all croppings. */
  readonly t: number;
  /** The share of times that this cropping kept. */
  readonly kept: number;
  /** Median of the second class less that of the first, in nanoseconds. */
  readonly differenceNs: number;
}

const sorted = (times: Float64Array): Float64Array => Float64Array.from(times).sort();
const quantile = (ascending: Float64Array, share: number): number =>
  ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? Number.NaN;

/**
 * Compares the times, in nanoseconds, of two classes. Interruptions make the slow end of both noisy, so the test is repeated
 * with ever more of that end cut off, at bounds that are common to both classes.
 */
export function compare(left: Float64Array, right: Float64Array): Verdict {
  if (left.length < samplesMin || right.length < samplesMin)
    throw new RangeError(`compare needs ${samplesMin} times of each class`);
  const all = new Float64Array(left.length + right.length);
  all.set(left);
  all.set(right, left.length);
  const ascending = sorted(all);
  let worst = { t: welchT(left, right), kept: 1 };
  for (let crop = 1; crop <= cropsMax; crop++) {
    const kept = 1 - 0.5 ** ((10 * crop) / cropsMax);
    const bound = quantile(ascending, kept);
    const [a, b] = [left, right].map((times) => times.filter((time) => time <= bound));
    if (!a || !b || a.length < samplesMin || b.length < samplesMin) continue;
    const t = welchT(a, b);
    if (Math.abs(t) > Math.abs(worst.t)) worst = { t, kept };
  }
  const medians = [left, right].map((times) => quantile(sorted(times), 0.5));
  return { ...worst, differenceNs: (medians[1] ?? 0) - (medians[0] ?? 0) };
}
