// `npm run chaos -- --answers 1000000 --seed 7`: everything that can break, broken, and every acknowledgement counted.
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { runChaos, type ChaosOptions } from "./chaos.ts";
import { faultsOf, tableOf } from "./report.ts";
import { faultKinds, type FaultKind } from "./schedule.ts";

const usage = `npm run chaos -- [options]
  --answers N         answers to have acknowledged (20000)
  --seed N            the same seed draws the same faults and the same mix of answers (1)
  --faults a,b        only these kinds: ${faultKinds.join(", ")}
  --stream NAME       kafka (needs Java 17 and Maven), or embedded, which needs neither (kafka)
  --per-second N      answers a second while nothing holds them up (450)
  --away-seconds N    the one long absence of a broker (600 for a million answers, less for fewer, at least 10)
  --json FILE         writes the report
  --keep              keeps the folder: ledger, logs, warehouses; full disks stay mounted in it
  --broken-drain      the outbox forgets answers before they are taken: the run must find them lost`;

const answersMax = 10_000_000;
const awaySecondsPerMillion = 600;
const awaySecondsMin = 10;

function fail(message: string): never {
  console.error(`${message}\n${usage}`);
  process.exit(2);
}

function numberOf(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text === "" || !Number.isInteger(value) || value < least || value > most)
    fail(`--${name} takes an integer from ${least} to ${most}, not ${text}`);
  return value;
}

function kindsOf(text: string | undefined): readonly FaultKind[] {
  if (text === undefined) return faultKinds;
  return text.split(",").map((name) => {
    const kind = faultKinds.find((known) => known === name);
    return kind ?? fail(`--faults knows no ${name}`);
  });
}

function readOptions() {
  return parseArgs({
    options: {
      help: { type: "boolean", default: false },
      answers: { type: "string", default: "20000" },
      seed: { type: "string", default: "1" },
      faults: { type: "string" },
      stream: { type: "string", default: "kafka" },
      "per-second": { type: "string", default: "450" },
      "away-seconds": { type: "string" },
      json: { type: "string" },
      keep: { type: "boolean", default: false },
      "broken-drain": { type: "boolean", default: false },
    },
  }).values;
}

function valuesOf(): ReturnType<typeof readOptions> {
  try {
    return readOptions();
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

function optionsOf(): { options: ChaosOptions; json: string | undefined } {
  const values = valuesOf();
  if (values.help) {
    console.log(usage);
    process.exit(0);
  }
  const answers = numberOf("answers", values.answers, 1, answersMax);
  const { stream } = values;
  if (stream !== "kafka" && stream !== "embedded") fail(`--stream knows no ${stream}`);
  const away = Math.max(awaySecondsMin, Math.round((awaySecondsPerMillion * answers) / 1_000_000));
  const awaySeconds = numberOf("away-seconds", values["away-seconds"] ?? String(away), 0, 86_400);
  return {
    options: {
      answers,
      seed: numberOf("seed", values.seed, 0, 2 ** 32 - 1),
      kinds: kindsOf(values.faults),
      stream,
      perSecond: numberOf("per-second", values["per-second"], 1, 100_000),
      awayMilliseconds: awaySeconds * 1_000,
      brokenDrain: values["broken-drain"],
      keep: values.keep,
    },
    json: values.json,
  };
}

const { options, json } = optionsOf();
console.log(`chaos: ${options.answers} answers, seed ${options.seed}, stream ${options.stream}`);
const report = await runChaos(options, (line) => console.log(line));
console.log(`\n${tableOf(report)}`);
if (json !== undefined) await writeFile(json, `${JSON.stringify(report, null, 2)}\n`);
const found = faultsOf(report);
console.log(found.length === 0 ? "\nnothing lost, doubled or misplaced" : `\n${found.join("\n")}`);
process.exitCode = found.length === 0 ? 0 : 1;
