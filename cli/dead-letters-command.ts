// `maily dead-letters`: what a region's ingest could not read, where it lies and why, and another try at it. The operator's.
import { Option, type Command } from "commander";
import { z } from "zod";
import { OperatorSecrets } from "../sdk/schema/deployment.ts";
import { idList, origin } from "./arguments.ts";
import { ask } from "./ask.ts";
import { operatorFile } from "./keygen.ts";
import { readJson } from "./read-json.ts";

/** Pages of 200. */
const pagesMax = 100_000;

const Page = z.object({
  deadLetters: z.array(
    z.object({
      id: z.string(),
      code: z.string(),
      campaign: z.string().optional(),
      appendedAt: z.string(),
      failedAt: z.string(),
      attempts: z.number(),
    }),
  ),
  next: z.string().optional(),
});
const Replay = z.object({ replayed: z.number(), failed: z.record(z.string(), z.number()) });

interface Options {
  readonly server: string;
  readonly keys: string;
  readonly code?: string;
  readonly campaign?: string;
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

interface Asking {
  readonly address: (path: string, after?: string) => string;
  readonly headers: Readonly<Record<string, string>>;
}

async function list({ address, headers }: Asking, json: boolean): Promise<void> {
  let rows = 0;
  let after: string | undefined;
  for (let page = 0; page < pagesMax; page++) {
    const { deadLetters, next } = Page.parse(
      await ask(address("/v1/dead-letters", after), { headers }),
    );
    for (const letter of deadLetters) {
      const { id, failedAt, code, campaign = "-", attempts } = letter;
      say(
        json
          ? JSON.stringify(letter)
          : `${id.padEnd(12)}  ${failedAt}  ${code.padEnd(20)}  ${campaign.padEnd(11)}  ${attempts}`,
      );
    }
    rows += deadLetters.length;
    after = next;
    if (after === undefined) break;
  }
  if (rows === 0) complain("no such dead letters");
}

async function replay({ address, headers }: Asking, ids: readonly string[], json: boolean) {
  for (const id of ids) {
    const path = `/v1/dead-letters/${encodeURIComponent(id)}/replay`;
    const { replayed, failed } = Replay.parse(
      await ask(address(path), { method: "POST", headers }),
    );
    const again = Object.entries(failed).map(([code, count]) => `${count} ${code}`);
    say(
      json
        ? JSON.stringify({ id, replayed, failed })
        : `${id}: ${replayed} read, ${again.length === 0 ? "none" : again.join(", ")} failed again`,
    );
    if (again.length > 0) process.exitCode = 1;
  }
}

async function run(options: Options): Promise<void> {
  const { token } = await readJson(operatorFile(options.keys), OperatorSecrets);
  const address = (path: string, after?: string): string => {
    const url = new URL(options.server + path);
    const { code, campaign } = options;
    for (const [name, value] of Object.entries({ code, campaign, after }))
      if (value !== undefined) url.searchParams.set(name, value);
    return url.href;
  };
  const asking = { address, headers: { authorization: `Bearer ${token}` } };
  if (options.replay === undefined) await list(asking, options.json);
  else await replay(asking, options.replay === true ? ["all"] : options.replay, options.json);
}

/** `maily dead-letters`. */
export function addDeadLettersCommand(program: Command): void {
  program
    .command("dead-letters")
    .description("records that a region could not read: where and why, and another try at them")
    .addOption(
      new Option("--server <origin>", "the region's server")
        .argParser(origin)
        .makeOptionMandatory(),
    )
    .option("--keys <folder>", "the folder that `maily keygen` wrote", "keys")
    .option("--code <code>", "only those of a problem, such as campaign-unknown")
    .option("--campaign <id>", "only those of a campaign")
    .addOption(
      new Option(
        "--replay [ids]",
        "try again: all of these, or those named, such as 0-17,2-4",
      ).argParser(idList),
    )
    .option("--json", "as JSON, a line each", false)
    .action(run);
}
