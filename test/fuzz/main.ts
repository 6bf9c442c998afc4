// `npm run fuzz -- --cases 1000000`: every parser that meets the network.
import { parseArgs } from "node:util";
import type { Report } from "./fuzz.ts";
import { keepInputs } from "./kept.ts";
import { fuzzAll } from "./run.ts";
import { targets } from "./targets/all.ts";

const usage = `npm run fuzz -- [options] [parser…]
  --cases N     cases a parser (20000)
  --seed TEXT   the same seed makes the same cases (today's date)
  --keep        adds what is found to test/fuzz/kept, tried first from then on
parsers, all of them where none is named:
${targets.map(({ name, about }) => `  ${name.padEnd(16)}  ${about}`).join("\n")}`;
const casesMax = 1_000_000_000;

function fail(error: unknown): never {
  console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  process.exit(2);
}

const readArguments = () =>
  parseArgs({
    allowPositionals: true,
    options: {
      cases: { type: "string", default: "20000" },
      seed: { type: "string", default: new Date().toISOString().slice(0, 10) },
      keep: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });

function given(): ReturnType<typeof readArguments> {
  try {
    return readArguments();
  } catch (error) {
    return fail(error);
  }
}

const { values, positionals } = given();
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const cases = Number(values.cases);
if (!Number.isInteger(cases) || cases < 1 || cases > casesMax)
  fail(`--cases takes a whole number from 1 to ${casesMax}, not ${values.cases}`);
const unknown = positionals.filter((name) => !targets.some((target) => target.name === name));
if (unknown.length > 0) fail(`there is no parser ${unknown.join(", ")}`);

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
