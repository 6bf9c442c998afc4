// `maily snowflake rejected`: rows that Snowflake refused, where they lie on the stream and why, and another try at them.
import { Option, type Command } from "commander";
import { z } from "zod";
import { OperatorSecrets } from "../../sdk/schema/deployment.ts";
import { origin } from "../arguments.ts";
import { ask } from "../ask.ts";
import { operatorFile } from "../keygen.ts";
import { readJson } from "../read-json.ts";

/** Pages of 200; a sink that has 10,000 rows refused stops. */
const pagesMax = 100;

const Page = z.looseObject({
  rejected: z.array(
    z.looseObject({
      id: z.string(),
      topic: z.string(),
      partition: z.number(),
      first: z.string(),
      last: z.string(),
      rows: z.number(),
      reason: z.string(),
      at: z.string(),
      attempts: z.number(),
    }),
  ),
  next: z.string().optional(),
});
const Replay = z.looseObject({ replaying: z.number() });

interface Options {
  readonly server: string;
  readonly keys: string;
  readonly replay?: string | true;
  readonly json: boolean;
}

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function run({ server, keys, replay, json }: Options): Promise<void> {
  const { token } = await readJson(operatorFile(keys), OperatorSecrets);
  const headers = { authorization: `Bearer ${token}` };
  const path = `${server}/v1/snowflake/rejected`;
  if (replay !== undefined) {
    const id = replay === true ? "all" : encodeURIComponent(replay);
    const { replaying } = Replay.parse(
      await ask(`${path}/${id}/replay`, { method: "POST", headers }),
    );
    process.stderr.write(`${replaying} sent again; what is still refused stays listed\n`);
    return;
  }
  let rows = 0;
  let after: string | undefined;
  for (let page = 0; page < pagesMax; page++) {
    const listed = Page.parse(
      await ask(after === undefined ? path : `${path}?after=${after}`, { headers }),
    );
    for (const rejection of listed.rejected) {
      const { id, topic, partition, first, last, reason, attempts } = rejection;
      rows += rejection.rows;
      say(
        json
          ? JSON.stringify(rejection)
          : `${id}  ${topic}/${partition}@${first}-${last}  ${rejection.rows} ${reason}, ${attempts} tries`,
      );
    }
    after = listed.next;
    if (after === undefined) break;
  }
  if (rows === 0) process.stderr.write("Snowflake has refused nothing\n");
}

export function addRejectedCommand(snowflake: Command): void {
  snowflake
    .command("rejected")
    .description(
      "rows that Snowflake refused: where they lie and why; once it can take them, send them again",
    )
    .addOption(
      new Option("--server <origin>", "the region server's address")
        .argParser(origin)
        .makeOptionMandatory(),
    )
    .option("--keys <folder>", "the folder that `maily keygen` wrote", "keys")
    .option("--replay [id]", "send all again, or the one with this id")
    .option("--json", "one JSON object a line", false)
    .action(run);
}
