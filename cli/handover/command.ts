// `maily handover`: facts for an agent's memory at Zep, examples to train with at Fireworks. What goes is what the region's server
// gives for the purpose that is named; with --dry-run it goes to files and nowhere else.
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { Problem } from "../../sdk/problem.ts";
import { TenantSecrets } from "../../sdk/schema/deployment.ts";
import { count, origin } from "../arguments.ts";
import { tenantFile } from "../keygen.ts";
import { readJson } from "../read-json.ts";
import { SendJournal } from "../send-journal.ts";
import { writeFacts, writeTraining } from "./files.ts";
import { datasetId, goneFrom, train, type Training } from "./fireworks.ts";
import { fetchFacts, fetchTraining, type HandoverSource } from "./lines.ts";
import { manifestOf, manifestsOf, writeManifest } from "./manifest.ts";
import type { Service } from "./service.ts";
import { sendFacts, type ZepGraph } from "./zep.ts";
import { askingRegion } from "../region-server.ts";

interface CommonOptions {
  readonly server: string;
  readonly keys: string;
  readonly tenant: number;
  readonly purpose: string;
  readonly floor?: number;
  readonly api: string;
  readonly dryRun: boolean;
  readonly out?: string;
  readonly firstWait: number;
}

interface ZepOptions extends CommonOptions {
  readonly graph: string;
  readonly apiVersion: "v3" | "v4";
}

interface FireworksOptions extends CommonOptions {
  readonly account: string;
  readonly baseModel: string;
  readonly epochs: number;
  readonly loraRank: number;
  readonly learningRate?: number;
  readonly check: boolean;
}

const complain = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function sourceOf(campaign: string, options: CommonOptions): Promise<HandoverSource> {
  const { token } = await readJson(tenantFile(options.keys, options.tenant), TenantSecrets);
  const { server, purpose, floor } = options;
  return { server, campaign, token, purpose, floor };
}

/** A key comes from the environment alone: others can list command lines. */
function keyIn(variable: string, isNeeded: boolean): string {
  const key = process.env[variable] ?? "";
  if (isNeeded && !/^[\x21-\x7e]{8,512}$/.test(key))
    throw new Problem("configuration-invalid", { detail: `Set ${variable} to the service's key.` });
  return key;
}

const outOf = ({ out }: CommonOptions): string => {
  if (out !== undefined) return out;
  throw new Problem("configuration-invalid", { detail: "--dry-run needs --out <folder>." });
};

function graphOf(options: ZepOptions): ZepGraph {
  const service: Service = {
    title: "Zep",
    origin: options.api,
    authorization: `Api-Key ${keyIn("ZEP_API_KEY", !options.dryRun)}`,
    keyVariable: "ZEP_API_KEY",
    firstWaitMilliseconds: options.firstWait,
  };
  return { service, version: options.apiVersion, graph: options.graph };
}

async function zep(campaign: string, options: ZepOptions): Promise<void> {
  const graph = graphOf(options);
  const facts = await fetchFacts(await sourceOf(campaign, options));
  for (const { what, why } of facts.head.leftOut) complain(`left out ${what}: ${why}`);
  if (options.dryRun) {
    for (const file of await writeFacts(outOf(options), graph, facts)) say(file);
    return;
  }
  const journal = await SendJournal.open(join(options.keys, `handover-zep-${campaign}.journal`));
  try {
    const { sent, skipped, tooLong } = await sendFacts(graph, facts, journal);
    complain(`${sent} facts sent, ${skipped} sent by an earlier run, ${tooLong} too long for Zep`);
  } finally {
    await journal.close();
  }
}

function trainingOf(options: FireworksOptions): Training {
  const key = keyIn("FIREWORKS_API_KEY", !options.dryRun && !options.check);
  return {
    service: {
      title: "Fireworks",
      origin: options.api,
      authorization: `Bearer ${key}`,
      keyVariable: "FIREWORKS_API_KEY",
      firstWaitMilliseconds: options.firstWait,
    },
    account: options.account,
    baseModel: options.baseModel,
    epochs: options.epochs,
    loraRank: options.loraRank,
    learningRate: options.learningRate,
  };
}

/** Compares what was handed over with what may be now. Problem: rebuild-needed. */
async function check(campaign: string, options: FireworksOptions): Promise<void> {
  const source = await sourceOf(campaign, options);
  const stale: string[] = [];
  for (const manifest of await manifestsOf(options.keys, campaign)) {
    // As it was made: another floor would miss texts that nobody took back.
    const { purpose, floor, texts, dataset } = manifest;
    const examples = await fetchTraining({ ...source, purpose, floor });
    if (examples.head.region !== manifest.region) continue;
    const gone = goneFrom(manifest, examples);
    say(`${dataset}: ${texts.length} texts, ${gone.length} of them may be used no longer`);
    if (gone.length > 0) stale.push(dataset);
  }
  if (stale.length > 0)
    throw new Problem("rebuild-needed", {
      errors: stale.map((dataset) => `${dataset}: rebuild it`),
    });
}

async function fireworks(campaign: string, options: FireworksOptions): Promise<void> {
  if (options.check) return check(campaign, options);
  const training = trainingOf(options);
  const source = await sourceOf(campaign, options);
  const examples = await fetchTraining(source);
  for (const { what, why } of examples.head.leftOut) complain(`left out ${what}: ${why}`);
  if (options.dryRun) {
    for (const file of await writeTraining(outOf(options), training, examples)) say(file);
    return;
  }
  const dataset = datasetId(examples);
  const manifest = manifestOf(examples, { account: options.account, dataset });
  // Before anything leaves: whatever becomes of this run, it is known what may be there.
  await writeManifest(options.keys, manifest);
  const handed = await train(
    training,
    examples,
    async () => goneFrom(manifest, await fetchTraining(source)).length === 0,
  );
  await writeManifest(options.keys, { ...manifest, job: handed.job });
  say(handed.job);
  complain(
    `${examples.lines.length} examples in ${handed.dataset}; run \`maily handover fireworks ${campaign} --check\` now and then`,
  );
}

const purposeOption = new Option(
  "--purpose <id>",
  "a purpose of the campaign's notice: only readers who agree to it are in it",
).makeOptionMandatory();

const decimal = (text: string): number => {
  if (!/^\d(\.\d{1,8})?(e-\d)?$/.test(text))
    throw new InvalidArgumentError("must be a number such as 0.0001");
  return Number(text);
};

/** What both have. */
const common = (command: Command, api: string): Command =>
  askingRegion(command)
    .argument("<campaign>")
    .addOption(purposeOption)
    .addOption(new Option("--floor <readers>", "no number of fewer; default: 20").argParser(count))
    .addOption(new Option("--api <origin>", "the service's address").argParser(origin).default(api))
    .option("--dry-run", "write what would be sent to --out, and send nothing", false)
    .option("--out <folder>", "of a dry run")
    .addOption(
      new Option("--first-wait <milliseconds>", "before a second try")
        .argParser(count)
        .default(1_000)
        .hideHelp(),
    );

/** Adds `maily handover`. */
export function addHandoverCommand(program: Command): void {
  const handover = program
    .command("handover")
    .description("hand aggregates, and texts that readers allow to train with, to another service");
  common(handover.command("zep"), "https://api.getzep.com")
    .description("facts as plain sentences into a graph of Zep's; the key in ZEP_API_KEY")
    .requiredOption("--graph <id>", "the graph's UUID; with --api-version v3 its id")
    .addOption(new Option("--api-version <version>").choices(["v4", "v3"]).default("v4"))
    .action(zep);
  common(handover.command("fireworks"), "https://api.fireworks.ai")
    .description("a data set and a LoRA training job at Fireworks; the key in FIREWORKS_API_KEY")
    .requiredOption("--account <id>", "the account there")
    .option(
      "--base-model <name>",
      "one that Fireworks says is tunable",
      "accounts/fireworks/models/deepseek-v3p1",
    )
    .addOption(new Option("--epochs <number>").argParser(count).default(1))
    .addOption(new Option("--lora-rank <number>").argParser(count).default(8))
    .addOption(new Option("--learning-rate <number>").argParser(decimal))
    .option("--check", "whether all that was handed over may still be used; sends nothing", false)
    .action(fireworks);
}
