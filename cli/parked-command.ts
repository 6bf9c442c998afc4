import { Option, type Command } from "commander";
import type { Region } from "../sdk/region.ts";
import { TenantSecrets } from "../sdk/schema/deployment.ts";
import { count, idList, origin, regionList } from "./arguments.ts";
import { tenantFile } from "./keygen.ts";
import { outboxRegions, parkedIn, parkedLine, replayAll, replayNamed } from "./parked.ts";
import { readJson } from "./read-json.ts";

interface ParkedOptions {
  readonly edge: string;
  readonly keys: string;
  readonly tenant: number;
  readonly regions?: Region[];
  readonly replay?: string[] | true;
  readonly json: boolean;
}

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** Beside the rows, which a program may read. */
const complain = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

async function run({ edge, keys, tenant, regions, replay, json }: ParkedOptions): Promise<void> {
  const secrets = await readJson(tenantFile(keys, tenant), TenantSecrets);
  const operator = { edge, secrets };
  const asked = regions ?? (await outboxRegions(edge));
  let rows = 0;
  for (const region of asked) {
    if (replay === undefined) {
      for await (const row of parkedIn(operator, region)) {
        say(json ? JSON.stringify(row) : parkedLine(row));
        rows += 1;
      }
    } else {
      const replayed =
        replay === true
          ? await replayAll(operator, region, Date.now())
          : await replayNamed(operator, region, replay);
      say(json ? JSON.stringify({ region, replayed }) : `${region}: ${replayed} put back`);
    }
  }
  if (asked.length === 0) complain("no region of this edge has an outbox: nothing can be parked");
  else if (replay === undefined && rows === 0)
    complain(`nothing of tenant ${tenant} is parked in ${asked.join(", ")}`);
}

/** `maily parked`. */
export function addParkedCommand(program: Command): void {
  program
    .command("parked")
    .description(
      "answers that a region's server refused for good: why, and once it can take them, put them back",
    )
    .addOption(
      new Option("--edge <origin>", "the edge's address").argParser(origin).makeOptionMandatory(),
    )
    .option("--keys <folder>", "the folder that `maily keygen` wrote", "keys")
    .addOption(new Option("--tenant <number>", "the tenant").argParser(count).default(1))
    .addOption(
      new Option("--regions <list>", "such as eu,us; without it all that have an outbox").argParser(
        regionList,
      ),
    )
    .addOption(
      new Option(
        "--replay [ids]",
        "put all back into the queue, or those of these ids, such as 0-3,0-7, of one region",
      ).argParser(idList),
    )
    .option("--json", "one JSON object a line", false)
    .action(async (options: ParkedOptions, command: Command) => {
      if (Array.isArray(options.replay) && options.regions?.length !== 1)
        command.error("error: ids are of one region: name it with --regions");
      await run(options);
    });
}
