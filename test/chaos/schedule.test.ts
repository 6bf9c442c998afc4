// A run can be repeated: the seed decides the faults and the answers, and the size of the run how many.
import { expect, test } from "vitest";
import { faultKinds, lineOf, scheduleOf, type ScheduleOptions } from "./schedule.ts";
import { plans } from "./visits.ts";

const options: ScheduleOptions = {
  seed: 7,
  answers: 6_000,
  kinds: faultKinds,
  brokers: true,
  awayMilliseconds: 10_000,
};
const lines = (more: Partial<ScheduleOptions> = {}): string[] =>
  scheduleOf({ ...options, ...more }).map(lineOf);

const answersOf = (seed: number): string[] =>
  Array.from(plans(seed, 5_000), ({ region, kinds }) =>
    [region, ...kinds.map(({ kind, repeats }) => `${kind}${repeats ? " twice" : ""}`)].join(" "),
  );

test("the same seed draws the same faults, another one others", () => {
  expect(lines()).toEqual(lines());
  expect(lines({ seed: 8 })).not.toEqual(lines());
});

test("the smallest run has every kind of fault, and kills every process", () => {
  const schedule = scheduleOf({ ...options, answers: 100 });
  expect(new Set(schedule.map(({ kind }) => kind))).toEqual(new Set(faultKinds));
  const killed = schedule.flatMap((fault) => (fault.kind === "kill" ? [fault.process] : []));
  expect(killed.toSorted()).toEqual([
    "broker apac",
    "broker eu",
    "broker us",
    "edge",
    "server apac",
    "server eu",
    "server us",
  ]);
});

test("a disk is full first while its files still grow", () => {
  for (const seed of [1, 2, 3]) {
    const kinds = scheduleOf({ ...options, seed }).map(({ kind }) => kind);
    expect(kinds.slice(0, 2)).toEqual(["disk", "disk"]);
  }
});

test("faults strike in order, within the run, and only those that were asked for", () => {
  const schedule = scheduleOf({ ...options, answers: 1_000_000, kinds: ["cut", "clock"] });
  expect(schedule).toHaveLength(200);
  expect(new Set(schedule.map(({ kind }) => kind))).toEqual(new Set(["cut", "clock"]));
  const at = schedule.map((fault) => fault.at);
  expect(at).toEqual(at.toSorted((left, right) => left - right));
  expect(at.every((answers) => answers > 0 && answers < 1_000_000)).toBe(true);
});

test("without brokers none is struck", () => {
  expect(lines({ brokers: false }).filter((line) => line.includes("broker"))).toEqual([]);
});

test("visits are the same for a seed, and bring exactly the answers asked for", () => {
  expect(answersOf(3)).toEqual(answersOf(3));
  expect(answersOf(3)).not.toEqual(answersOf(4));
  const steps = Array.from(plans(3, 5_000)).flatMap(({ kinds }) => kinds);
  expect(steps.filter(({ kind }) => kind !== "withdrawal")).toHaveLength(5_000);
  for (const kind of ["answer", "choices", "withdrawal"])
    expect(steps.some((step) => step.kind === kind)).toBe(true);
  expect(steps.some(({ repeats }) => repeats)).toBe(true);
});
