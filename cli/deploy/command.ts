// `maily deploy`: says what a deployment of the edge would do, and does it with wrangler.
import { fileURLToPath } from "node:url";
import { Option, type Command } from "commander";
import { origin } from "../arguments.ts";
import { readJson } from "../read-json.ts";
import { writeWhole } from "../write-whole.ts";
import { readKeyFiles } from "./key-files.ts";
import {
  askLive,
  deployedFile,
  formerShardsOf,
  liveAt,
  OpenApi,
  readDeployed,
  routesOf,
  type Deployed,
} from "./live.ts";
import { planOf, refusals } from "./plan.ts";
import type { Situation, Step } from "./step.ts";
import { readTarget } from "./target.ts";
import { deployWorker, putSecrets } from "./wrangler.ts";

interface DeployOptions {
  readonly plan: boolean;
  readonly env: string;
  readonly config: string;
  readonly keys: string;
  readonly edge?: string;
  readonly json: boolean;
  readonly adopt: boolean;
}

const signs = { create: "+", change: "~", keep: "=", note: "·", refuse: "✗" } as const;

const openApiFile = fileURLToPath(new URL("../../edge/openapi.json", import.meta.url));

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function situationOf(options: DeployOptions): Promise<Situation> {
  const target = await readTarget(options.config, options.env);
  const deployed = await readDeployed(options.keys, target);
  const isUnknown = options.edge === undefined && deployed === undefined;
  return {
    target,
    keys: await readKeyFiles(options.keys),
    live: options.edge === undefined ? undefined : await askLive(options.edge),
    deployed,
    found: isUnknown ? await liveAt(target.addresses) : undefined,
    adopt: options.adopt,
    routes: [...routesOf(await readJson(openApiFile, OpenApi)).keys()],
    now: Date.now(),
  };
}

function sayPlan(options: DeployOptions, situation: Situation, steps: readonly Step[]): void {
  const refused = refusals(steps).length;
  if (options.json) {
    const { environment, worker } = situation.target;
    const live = options.edge ?? null;
    say(JSON.stringify({ environment, worker, live, refused, steps }, null, 2));
    return;
  }
  say(`${situation.target.environment}: ${options.edge ?? "no edge was asked (--edge)"}`);
  for (const { action, what, detail } of steps) {
    say(`  ${signs[action]} ${action.padEnd(6)} ${what}`);
    if (detail !== undefined) say(`             ${detail}`);
  }
  if (refused > 0) say(`${refused} of these must not be: nothing is deployed.`);
}

const recordOf = ({ target, keys, deployed }: Situation, at: string): Deployed => ({
  environment: target.environment,
  at,
  worker: target.worker,
  compatibilityDate: target.compatibilityDate,
  regions: target.regions,
  formerShards: formerShardsOf(target, deployed, at),
  objects: [...target.objects],
  migrations: target.migrations.map(({ tag }) => tag),
  directory: keys.deployment.directory,
  receiptKeyId: keys.edge.receiptKey.keyId,
  forwardKeyIds: Object.fromEntries(
    Object.entries(keys.edge.forwardKeys).map(([region, { keyId }]) => [region, keyId]),
  ),
});

/**
 * The public part first: an old edge that lists a new receipt key harms nobody, a new one that signs with a key that is not
 * listed does. Between the two the edge of a first deployment answers `configuration-invalid`.
 */
async function deploy(options: DeployOptions, situation: Situation): Promise<void> {
  const { target, keys, deployed } = situation;
  const file = deployedFile(options.keys, target.environment);
  const write = (record: Deployed) =>
    writeWhole(file, `${JSON.stringify(record, null, 2)}\n`, 0o644);
  await deployWorker(options.config, target, keys.deployment);
  // Written between the two: the objects are what must not change, and they are there now. The secrets are still the old ones.
  const record = recordOf(situation, new Date().toISOString());
  const { receiptKeyId, forwardKeyIds } = deployed ?? record;
  await write({ ...record, receiptKeyId, forwardKeyIds });
  await putSecrets(options.config, target, {
    SECRETS: JSON.stringify(keys.edge),
    ...(keys.telemetry && { TELEMETRY: JSON.stringify(keys.telemetry) }),
  });
  await write(record);
}

export function addDeployCommand(program: Command): void {
  program
    .command("deploy")
    .description("deploy the edge with wrangler, once nothing of it would lose an answer")
    .option("--plan", "only say what would be created, changed and left alone", false)
    .option("--env <name>", "an environment of wrangler.toml", "production")
    .option("--config <file>", "wrangler's configuration", "wrangler.toml")
    .option("--keys <folder>", "the folder that `maily keygen` wrote", "keys")
    .addOption(new Option("--edge <origin>", "the live edge to compare with").argParser(origin))
    .option("--json", "the plan as JSON", false)
    .option(
      "--adopt",
      "what is live was deployed as wrangler.toml says, though not from this folder",
      false,
    )
    .action(async (options: DeployOptions) => {
      const situation = await situationOf(options);
      const steps = await planOf(situation);
      sayPlan(options, situation, steps);
      if (refusals(steps).length > 0) process.exitCode = 1;
      else if (!options.plan) await deploy(options, situation);
    });
}
