// `maily rotate`: new keys beside the old ones, and in which order the processes get them.
import { Command, Option } from "commander";
import { Problem } from "../../sdk/problem.ts";
import { isRegion, regions, type Region } from "../../sdk/region.ts";
import { count, instant } from "../arguments.ts";
import { readFolder, writeFolder, type Folder } from "./folder.ts";
import { requireOpenable } from "./openable.ts";
import { retire } from "./retire.ts";
import {
  rotateForward,
  rotateOperator,
  rotateReceipt,
  rotateRegion,
  rotateRoot,
  rotateVisit,
  type Rotation,
} from "./rotate.ts";

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const keysOption = () =>
  new Option("--keys <folder>", "the folder that `maily keygen` wrote").default("keys");
const regionOption = () =>
  new Option("--region <region>", "the region").choices([...regions]).makeOptionMandatory();

function regionOf(name: string): Region {
  if (isRegion(name)) return name;
  throw new Problem("configuration-invalid", { detail: `There is no region ${name}.` });
}

/** Checked before anything is written; then every file whole, and the steps. */
async function rotate(
  keys: string,
  turn: (folder: Folder, now: number) => Rotation | Promise<Rotation>,
): Promise<void> {
  const now = Date.now();
  const before = await readFolder(keys);
  const { folder, steps } = await turn(before, now);
  await requireOpenable(before, folder, now);
  const written = await writeFolder(keys, before, folder);
  for (const file of written) say(file);
  if (written.length === 0) say("nothing is over yet: every file stays as it is");
  else for (const [index, what] of steps.entries()) say(`${index + 1}. ${what}`);
}

const kinds = () => [
  new Command("region")
    .description("the next epoch of a region's key; needs operator.json")
    .addOption(regionOption())
    .addOption(
      new Option("--starts <date>", "when pages begin to seal to it").argParser((text: string) =>
        Date.parse(instant(text)),
      ),
    )
    .addOption(keysOption())
    .action(({ keys, region, starts }: { keys: string; region: string; starts?: number }) =>
      rotate(keys, (folder, now) => rotateRegion(folder, regionOf(region), { starts, now })),
    ),
  new Command("forward")
    .description("the key that signs what the edge sends to a region's server")
    .addOption(regionOption())
    .addOption(keysOption())
    .action(({ keys, region }: { keys: string; region: string }) =>
      rotate(keys, (folder) => rotateForward(folder, regionOf(region))),
    ),
  new Command("operator")
    .description("the key that publishes a tenant's campaigns")
    .addOption(new Option("--tenant <number>", "the tenant").argParser(count).default(1))
    .addOption(keysOption())
    .action(({ keys, tenant }: { keys: string; tenant: number }) =>
      rotate(keys, (folder, now) => rotateOperator(folder, tenant, now)),
    ),
  new Command("receipt")
    .description("the key that signs receipts")
    .addOption(keysOption())
    .action(({ keys }: { keys: string }) => rotate(keys, rotateReceipt)),
  new Command("visit")
    .description("the key that signs what visitors of sites are given; the first one too")
    .addOption(keysOption())
    .action(({ keys }: { keys: string }) => rotate(keys, rotateVisit)),
  new Command("root")
    .description("the root key that the pages pin; needs operator.json")
    .addOption(keysOption())
    .action(({ keys }: { keys: string }) => rotate(keys, rotateRoot)),
  new Command("retire")
    .description("destroy the seeds of keys that ended two weeks ago")
    .option(
      "--forward",
      "and forward keys that edge.json no longer has: the edge runs with it",
      false,
    )
    .addOption(keysOption())
    .action(({ keys, forward }: { keys: string; forward: boolean }) =>
      rotate(keys, (folder, now) => retire(folder, { forward, now })),
    ),
];

export function addRotateCommand(program: Command): void {
  const command = program
    .command("rotate")
    .description("replace a key while everything goes on: writes the files and says the order");
  // Wrong usage ends with status 2 here too.
  for (const kind of kinds()) command.addCommand(kind.copyInheritedSettings(command));
}
