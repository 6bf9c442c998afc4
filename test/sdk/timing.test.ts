import { describe, expect, test } from "vitest";
import { cases, leaks, leakyEqual, plainLeak } from "../bench/timing/cases.ts";
import { measure } from "../bench/timing/measure.ts";
import { certainT, compare, suspiciousT, welchT } from "../bench/timing/welch.ts";

/** Numbers that only look random: the same in each run, so that no verdict below depends on the machine. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Times around 1,000 ns, every tenth of them interrupted for as much as `interruption` ns. */
function times(seed: number, count: number, meanNs = 1000, interruption = 0): Float64Array {
  const next = noise(seed);
  return Float64Array.from(
    { length: count },
    () => meanNs + 40 * (next() + next() - 1) + (next() < 0.1 ? interruption * next() : 0),
  );
}

describe("Welch's t", () => {
  test("is that of a worked example: 27.5, 21.0, 19.0, 23.6, 17.0 against 27.1, 22.0, 20.8, 23.4, 23.4", () => {
    const left = Float64Array.of(27.5, 21, 19, 23.6, 17);
    const right = Float64Array.of(27.1, 22, 20.8, 23.4, 23.4);
    // Means 21.62 and 23.34, variances 16.772 and 5.598: -1.72 ÷ √((16.772 + 5.598) ÷ 5).
    expect(welchT(left, right)).toBeCloseTo(-0.81317, 4);
  });
  test("is 0 where nothing differs and nothing varies", () => {
    expect(welchT(new Float64Array(200).fill(7), new Float64Array(200).fill(7))).toBe(0);
  });
});

describe("the verdict", () => {
  test("finds nothing between two samples of one distribution, interrupted or not", () => {
    for (const interruption of [0, 50_000])
      for (const seed of [1, 3, 5, 7]) {
        const { t } = compare(
          times(seed, 20_000, 1000, interruption),
          times(seed + 100, 20_000, 1000, interruption),
        );
        expect(Math.abs(t)).toBeLessThan(suspiciousT);
      }
  });
  test("finds two nanoseconds of a thousand", () => {
    const { t, differenceNs } = compare(times(1, 20_000), times(2, 20_000, 1002));
    expect(t).toBeLessThan(-certainT);
    expect(differenceNs).toBeGreaterThan(1);
    expect(differenceNs).toBeLessThan(3);
  });
  test("finds two nanoseconds beneath interruptions only by cutting these off", () => {
    const [left, right] = [times(1, 20_000, 1000, 1e6), times(2, 20_000, 1002, 1e6)];
    expect(Math.abs(welchT(left, right))).toBeLessThan(suspiciousT);
    const { t, kept } = compare(left, right);
    expect(Math.abs(t)).toBeGreaterThan(certainT);
    expect(kept).toBeLessThan(1);
  });
  test("is not given on a handful of times", () => {
    expect(() => compare(times(1, 99), times(2, 5000))).toThrow(RangeError);
  });
});

describe("a short run", () => {
  test("the comparison that stops early compares", () => {
    const bytes = Uint8Array.of(1, 2, 3);
    expect([leakyEqual(bytes, bytes.slice()), leakyEqual(bytes, Uint8Array.of(1, 2, 4))]).toEqual([
      true,
      false,
    ]);
  });
  test("finds the plain leak: a wrong byte at the end takes longer than one at the beginning", () => {
    const { left, right } = measure(plainLeak(), { milliseconds: 20_000, runs: 3000 });
    const { t, differenceNs } = compare(left, right);
    // 16,384 bytes against one: hundreds of times as long, whatever else the machine does.
    expect(t).toBeLessThan(-certainT);
    expect(differenceNs).toBeGreaterThan(0);
  });
  test("runs every case on both classes", async () => {
    const all = [...leaks(), ...(await cases())];
    expect(all).toHaveLength(14);
    for (const subject of all) {
      const { left, right } = measure(subject, { milliseconds: 20_000, runs: 600 });
      expect(left.length + right.length).toBe(600);
      expect(Number.isFinite(compare(left, right).t)).toBe(true);
    }
  });
});
