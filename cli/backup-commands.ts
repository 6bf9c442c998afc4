// `maily backup` and `maily restore`: the operator's.
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { Option, type Command } from "commander";
import { Problem } from "../sdk/problem.ts";
import { regions, type Region } from "../sdk/region.ts";
import { OperatorSecrets } from "../sdk/schema/deployment.ts";
import { origin } from "./arguments.ts";
import { download } from "./download.ts";
import { operatorFile } from "./keygen.ts";
import { readJson } from "./read-json.ts";
import { writeWhole } from "./write-whole.ts";

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

interface BackupOptions {
  readonly server: string;
  readonly keys: string;
  readonly out: string;
  readonly takenBack: boolean;
}

async function backup({ server, keys, out, takenBack }: BackupOptions): Promise<void> {
  const { token } = await readJson(operatorFile(keys), OperatorSecrets);
  if (takenBack) {
    await download(`${server}/v1/taken-back`, token, out);
    say(out);
    return;
  }
  if (existsSync(out))
    throw new Problem("configuration-invalid", {
      detail: `${out} is there already: a copy replaces none. Name another file.`,
    });
  const digest = await download(`${server}/v1/backup`, token, out);
  // As `sha256sum --check` reads it.
  await writeWhole(`${out}.sha256`, `${digest.toString("hex")}  ${basename(out)}\n`, 0o600);
  say(out);
  say(`${out}.sha256`);
}

interface RestoreOptions {
  readonly region: Region;
  readonly data: string;
  readonly takenBack: string[];
  readonly unlisted: boolean;
  readonly newStream: boolean;
}

async function runRestore(file: string, options: RestoreOptions): Promise<void> {
  // With DuckDB, which no other command needs.
  const { restore } = await import("../server/backup/restore.ts");
  const { takenAt, applied, readers, replaced } = await restore({
    backup: file,
    region: options.region,
    dataDir: options.data,
    lists: options.takenBack,
    unlisted: options.unlisted,
    newStream: options.newStream,
  });
  say(`restored as of ${new Date(takenAt).toISOString()}: ${readers} readers count`);
  say(`${applied} decisions of readers applied again: withdrawals, preferences, requests`);
  if (replaced !== undefined)
    say(`what was in use is ${replaced}: delete it once the restored one is good`);
  say("start the region's server: it goes on from the stream where the copy was taken");
}

/** `maily backup`, `maily restore`. */
export function addBackupCommands(program: Command): void {
  program
    .command("backup")
    .description("a copy of a region's warehouse while its server runs; keep it in that region")
    .addOption(
      new Option("--server <origin>", "the region server's address")
        .argParser(origin)
        .makeOptionMandatory(),
    )
    .option("--keys <folder>", "the folder that `maily keygen` wrote", "keys")
    .requiredOption("--out <file>", "where to; its digest is written beside it")
    .option(
      "--taken-back",
      "only the list of what readers took back: small, and to be kept apart, often",
      false,
    )
    .action(backup);
  program
    .command("restore")
    .description("make a copy a region's warehouse again; its server must be stopped")
    .argument("<file>", "what `maily backup` wrote")
    .addOption(
      new Option("--region <region>", "whose copy it is").choices(regions).makeOptionMandatory(),
    )
    .requiredOption("--data <folder>", "the region's MAILY_DATA_DIR")
    .option(
      "--taken-back <file...>",
      "lists of what readers took back since; the data folder's own is used as well",
      [],
    )
    .option("--unlisted", "go on without any such list", false)
    .option("--new-stream", "the stream is lost too: begin with a new one", false)
    .action(runRestore);
}
