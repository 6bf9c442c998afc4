// `npm run fuzz -- --cases 1000000 [--seed text] [--keep] [parser…]`: every parser that meets the network.
import { parseArgs } from "node:util";
import type { Report } from "./fuzz.ts";
import { keepInputs } from "./kept.ts";
import { fuzzAll } from "./run.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    cases: { type: "string", default: "20000" },
    seed: { type: "string", default: new Date().toISOString().slice(0, 10) },
    /** Adds what is found to test/fuzz/kept. */
    keep: { type: "boolean", default: false },
  },
});
const cases = Number(values.cases);
if (!Number.isInteger(cases) || cases < 1) {
  console.error("Give --cases a whole number, such as --cases 1000000.");
  process.exit(2);
}

const count = (value: number): string => value.toLocaleString("en");
const line = ({ target, cases: judged, same, refused, findingsTotal, seconds }: Report): string =>
  [
    target.padEnd(16),
    `${count(judged).padStart(10)} cases`,
    `${count(Object.values(refused).reduce((sum, times) => sum + times, 0)).padStart(10)} refused`,
    `${count(same).padStart(8)} still genuine`,
    `${count(findingsTotal).padStart(4)} found`,
    `${count(Math.round(judged / seconds)).padStart(8)}/s`,
  ].join("  ");

console.log(`seed ${values.seed}`);
const reports = await fuzzAll({
  names: positionals,
  cases,
  seed: values.seed,
  told: (report) => {
    console.log(line(report));
    console.log(
      `  ${Object.entries(report.refused)
        .map(([code, times]) => `${code} ${count(times)}`)
        .join(", ")}`,
    );
    for (const { is, why, input, index } of report.findings)
      console.log(`  ${is} at case ${index}: ${why}\n    ${input.slice(0, 2_000)}`);
  },
});
if (values.keep)
  for (const { target, findings } of reports)
    if (findings.length > 0)
      await keepInputs(
        target,
        findings.map(({ input }) => input),
      );
const total = (of: (report: Report) => number): number =>
  reports.reduce((sum, report) => sum + of(report), 0);
const found = total(({ findingsTotal }) => findingsTotal);
console.log(
  `${count(total(({ cases: judged }) => judged))} cases, ${count(found)} found (crashes, accepted, 5xx, logged secrets)`,
);
process.exit(found === 0 ? 0 : 1);
