// `npm run simulate -- --seeds 10000`: the edge's outbox, its drain, the server's intake and ingest, all of them the real ones,
// in virtual time, with readers and faults drawn from a seed.
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { mutantOf, mutants } from "./mutants.ts";
import { planBegins } from "./run.ts";
import { simulate, type Failure, type Outcome } from "./simulate.ts";

const seedsDefault = 1_000;
const usage = `npm run simulate -- [options]
  --seeds <number>      how many seeds, ${seedsDefault} by itself
  --first <seed>        the first of them, 1 by itself
  --seed <seed>         this one alone, with its whole trace
  --processes <number>  how many at once, by itself one a core
  --all                 goes on after the first failure, and shrinks none
  --broken-drain        deletes rows before the region's server has them: must fail
  --mutants             every fault put into the source on purpose, each until it is caught
  --mutant <name>       another fault put into the source on purpose: ${mutants.map(({ name }) => name).join(", ")}`;

function numberOf(text: string | undefined, otherwise: number): number {
  const number = Number(text ?? otherwise);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new Error(`${text} is no number from 1 up`);
  return number;
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string" },
      first: { type: "string" },
      seed: { type: "string" },
      processes: { type: "string" },
      all: { type: "boolean", default: false },
      "broken-drain": { type: "boolean", default: false },
      mutants: { type: "boolean", default: false },
      mutant: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  return values;
}

/** What was asked for, or how to ask. */
function optionsOrUsage(): ReturnType<typeof readOptions> {
  try {
    const options = readOptions();
    for (const number of [options.seeds, options.first, options.seed, options.processes])
      numberOf(number, 1);
    if (options.mutant !== undefined) mutantOf(options.mutant);
    return options;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return process.exit(2);
  }
}

function tellFailure({ result, shrunk }: Failure, mutant: string | undefined): void {
  console.log(`\nseed ${result.seed} fails:`);
  for (const problem of result.problems.slice(0, 10)) console.log(`  ${problem}`);
  if (shrunk !== undefined) {
    const { plan } = shrunk;
    console.log(`\nshrunk to ${plan.steps.length} steps, and still:`);
    for (const problem of shrunk.result.problems.slice(0, 10)) console.log(`  ${problem}`);
    console.log(
      `\nits trace (virtual milliseconds; streams ${plan.streams.eu} and ${plan.streams.apac}, shards ${plan.shards}):`,
    );
    const { lines } = shrunk.result;
    const first = lines.findIndex((line) => line.endsWith(planBegins));
    for (const line of lines.slice(first + 1)) console.log(`  ${line}`);
  }
  const broken = mutant === undefined ? "" : ` --mutant ${mutant}`;
  console.log(`\nagain: npm run simulate -- --seed ${result.seed}${broken}`);
}

function tellSum(outcome: Outcome, seconds: number): void {
  const { played, steps, acknowledged, lasted, failures } = outcome;
  console.log(
    `${played} seeds, ${failures.length} failed; ${acknowledged} acknowledgements, ${steps} steps, ` +
      `${(lasted / 3_600_000).toFixed(1)} virtual hours in ${seconds.toFixed(1)} s: ${(played / seconds).toFixed(1)} seeds/s`,
  );
}

/** Each mutant until its first failure; 1 where one lives through all seeds. */
async function huntMutants(seeds: number, processes: number): Promise<number> {
  let survivors = 0;
  for (const { name } of mutants) {
    const outcome = await simulate({
      firstSeed: 1,
      seeds,
      processes,
      mutant: name,
      untilFirst: true,
      shrink: false,
      keep: false,
    });
    const [failure] = outcome.failures;
    survivors += failure === undefined ? 1 : 0;
    console.log(
      failure === undefined
        ? `${name}: NOT caught in ${outcome.played} seeds`
        : `${name}: caught by seed ${failure.result.seed}: ${failure.result.problems[0]}`,
    );
  }
  return survivors === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  const options = optionsOrUsage();
  if (options.help) {
    console.log(usage);
    return 0;
  }
  const processes = numberOf(options.processes, availableParallelism());
  if (options.mutants) return huntMutants(numberOf(options.seeds, seedsDefault), processes);
  const mutant = options["broken-drain"] ? "broken-drain" : options.mutant;
  const isOne = options.seed !== undefined;
  const began = performance.now();
  let toldAt = began;
  const outcome = await simulate({
    firstSeed: numberOf(options.seed ?? options.first, 1),
    seeds: isOne ? 1 : numberOf(options.seeds, seedsDefault),
    processes: isOne ? 1 : processes,
    mutant,
    untilFirst: !options.all,
    shrink: !options.all,
    keep: isOne,
    progress(done, failed) {
      if (performance.now() - toldAt < 10_000) return;
      toldAt = performance.now();
      console.log(`${done} seeds, ${failed} failed`);
    },
  });
  if (isOne && outcome.failures.length === 0) for (const line of outcome.lines) console.log(line);
  for (const failure of outcome.failures.slice(0, 5)) tellFailure(failure, mutant);
  if (outcome.failures.length > 5)
    console.log(`failed: ${outcome.failures.map(({ result }) => result.seed).join(" ")}`);
  tellSum(outcome, (performance.now() - began) / 1_000);
  return outcome.failures.length === 0 ? 0 : 1;
}

process.exitCode = await main();
