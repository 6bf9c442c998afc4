// Every parser that meets the network, 20,000 cases each and all that was found before; and that the judge can find anything.
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import type { Prepared, Report, Verdict } from "./fuzz.ts";
import { fuzz } from "./fuzz.ts";
import { Random } from "./random.ts";
import { fuzzAll, runThread } from "./run.ts";
import { targets } from "./targets/all.ts";

const cases = 20_000;

const found = ({ target, findings }: Report): string[] =>
  findings.map(({ is, why, index }) => `${target}: ${is} at case ${index}: ${why}`);

test(`${cases} cases a parser: none crashes, none is taken, none is a 5xx, no log names a reader`, async () => {
  const reports = await fuzzAll({ cases, seed: "ci" });
  expect(reports.map(({ target }) => target)).toEqual(targets.map(({ name }) => name));
  expect(reports.flatMap(found)).toEqual([]);
  for (const { target, same, refused: codes, cases: judged } of reports) {
    expect(judged, target).toBeGreaterThanOrEqual(cases);
    // Both ways were gone: what is genuine passes, and nothing stood before the parser.
    expect(same, target).toBeGreaterThan(0);
    expect(Object.keys(codes).length, target).toBeGreaterThan(0);
    expect(codes, target).not.toHaveProperty("rate-limited");
  }
}, 900_000);

const digests = async (): Promise<string[]> =>
  // Those whose genuine inputs are sealed, signed or drawn.
  (await fuzzAll({ names: ["answer", "amp-form", "http-signature"], cases: 64, seed: "ci" })).map(
    ({ digest }) => digest,
  );

test("a seed makes the same cases, to the byte", async () => {
  const first = await digests();
  expect(new Set(first).size).toBe(3);
  expect(await digests()).toEqual(first);
}, 240_000);

/** A parser that is broken in one way. */
const broken = (judge: (first: number) => Verdict): Prepared => ({
  make: (random) => random.bytes(8),
  judge: ([first = 0]) => Promise.resolve().then(() => judge(first)),
  secrets: ["an invitation"],
});
const refused: Verdict = { is: "refused", code: "malformed-request" };
const run = { cases: 2_000, seed: "broken" };

test("a parser that throws, takes, answers 5xx or logs is found", async () => {
  const crash = await fuzz(
    "crash",
    broken((first) => {
      if (first === 7) throw new RangeError("an index");
      return refused;
    }),
    run,
  );
  expect(new Set(crash.findings.map(({ is }) => is))).toEqual(new Set(["crash"]));
  expect(crash.findings[0]?.why).toContain("an index");
  const takes = await fuzz(
    "takes",
    broken((first) => (first === 7 ? { is: "accepted", why: "taken" } : refused)),
    run,
  );
  expect(takes.findingsTotal).toBeGreaterThan(0);
  expect(Buffer.from(takes.findings[0]!.input, "base64")[0]).toBe(7);
  const faults = await fuzz(
    "faults",
    broken((first) => (first === 7 ? { is: "fault", why: "500" } : refused)),
    run,
  );
  expect(faults.findingsTotal).toBeGreaterThan(0);
  const lines = ["refused", "refused an invitation"];
  const logs = await fuzz(
    "logs",
    broken(() => refused),
    { ...run, logged: () => lines.splice(0) },
  );
  expect(logs.findings.map(({ is }) => is)).toEqual(["logged"]);
});

test("a parser that does not end is found", async () => {
  const worker = new Worker("for (;;);", { eval: true });
  const task = { target: "endless", cases: 1, seed: "ci" };
  await expect(runThread(worker, task, () => undefined, 200)).rejects.toThrow(
    "endless hangs: nothing for 0.2 s after case 0 of seed ci",
  );
});

test("a kept input is judged first, and a seed gives the same cases again", async () => {
  const seen: number[][] = [];
  const recording = (): Prepared => ({
    make: (random) => random.bytes(4),
    judge: (input) => {
      seen.push([...input]);
      return Promise.resolve(refused);
    },
  });
  const twice = { cases: 50, seed: "again" };
  const first = await fuzz("recording", recording(), { ...twice, kept: [Uint8Array.of(1, 2)] });
  expect(first.cases).toBe(51);
  const [kept, ...made] = seen.splice(0);
  expect(kept).toEqual([1, 2]);
  await fuzz("recording", recording(), twice);
  expect(seen).toEqual(made);
  expect(new Random("a").uint32()).not.toBe(new Random("b").uint32());
});
