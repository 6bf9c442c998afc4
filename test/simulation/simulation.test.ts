// The simulation itself: that seeds hold, that the same seed is the same run, and that it finds what is broken on purpose.
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { mutants, mutate } from "./mutants.ts";
import { simulate, type Simulation } from "./simulate.ts";

/** They take ten seconds alone, and more where other suites run beside them. */
const timeoutMilliseconds = 240_000;

const seeds = (firstSeed: number, count: number, more: Partial<Simulation> = {}) =>
  simulate({
    firstSeed,
    seeds: count,
    processes: 2,
    untilFirst: false,
    shrink: false,
    keep: false,
    ...more,
  });

const told = (outcome: Awaited<ReturnType<typeof simulate>>): string =>
  outcome.failures
    .map(({ result }) => `seed ${result.seed}: ${result.problems.join("; ")}`)
    .join("\n");

test(
  "every promise holds in 150 runs full of faults",
  async () => {
    const outcome = await seeds(1, 150);
    expect(told(outcome)).toBe("");
    expect(outcome.played).toBe(150);
    expect(outcome.acknowledged).toBeGreaterThan(500);
  },
  timeoutMilliseconds,
);

test(
  "a seed is the same run, to the byte, in whichever process and after whatever others",
  async () => {
    const one = await seeds(40, 12, { processes: 1 });
    const other = await seeds(34, 18, { processes: 2 });
    expect(one.digests.size).toBe(12);
    for (const [seed, digest] of one.digests)
      expect(other.digests.get(seed), `${seed}`).toBe(digest);
  },
  timeoutMilliseconds,
);

test(
  "a drain that deletes before the server has it is caught, and shrunk",
  async () => {
    const { failures } = await seeds(1, 60, {
      mutant: "broken-drain",
      untilFirst: true,
      shrink: true,
    });
    const [failure] = failures;
    expect(failure?.result.problems.join()).toMatch(/lost: /);
    const { plan, result } = failure?.shrunk ?? {};
    expect(result?.problems.join()).toMatch(/lost: /);
    // Of some twenty steps.
    expect(plan?.steps.length).toBeLessThanOrEqual(7);
  },
  timeoutMilliseconds,
);

test.each(mutants)("the line that $name changes is in $file, once", async (mutant) => {
  const source = await readFile(mutant.file, "utf8");
  expect(mutate({ ...mutant }, mutant.file, source)).not.toBe(source);
});

test("a mutant whose line is gone, and one that is none, are refused", async () => {
  const [mutant] = mutants;
  expect(() => mutate(mutant, mutant?.file ?? "", "")).toThrow("adapt test/simulation/mutants.ts");
  await expect(seeds(1, 1, { mutant: "nonsense" })).rejects.toThrow("there is no mutant nonsense");
  expect(mutants.length).toBeGreaterThanOrEqual(8);
});
