import { Command } from "commander";
import { TenantSecrets } from "../../sdk/schema/deployment.ts";
import { tenantFile } from "../keygen.ts";
import { readJson } from "../read-json.ts";
import { importActivities, type ImportCounts } from "./import.ts";
import { regionOf } from "./post.ts";
import { askingRegion } from "../region-server.ts";

interface ImportOptions {
  readonly server: string;
  readonly keys: string;
  readonly tenant: number;
  readonly campaign: string;
}

const complain = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** What became of a file, in one line. */
export const told = ({ stored, repeated, refused, elsewhere, faults }: ImportCounts): string =>
  [
    [stored, "stored"] as const,
    [repeated, "there already"] as const,
    [refused, "refused: the reader did not agree to it then, or does not now"] as const,
    [elsewhere, "of other regions: tell them to their own servers"] as const,
    [faults, "rows left out"] as const,
  ]
    .filter(([number], index) => index === 0 || number > 0)
    .map(([number, what]) => `${number.toLocaleString("en")} ${what}`)
    .join(", ");

async function run(file: string, options: ImportOptions): Promise<void> {
  const secrets = await readJson(tenantFile(options.keys, options.tenant), TenantSecrets);
  const counts = await importActivities({
    file,
    server: { origin: options.server, campaign: options.campaign, token: secrets.token },
    region: await regionOf(options.server),
    secrets,
    complain,
  });
  complain(told(counts));
  if (counts.faults > 0) process.exitCode = 1;
}

/** Adds `maily activities`. Exit status 1 where rows were left out. */
export function addActivitiesCommand(program: Command): void {
  program
    .command("activities")
    .description("what readers do beyond the page: clicks, purchases")
    .addCommand(
      askingRegion(new Command("import"))
        .description("tell a region's server a file of them; a repeat adds nothing")
        .argument(
          "<csv>",
          "id, reader, kind, happened_at; label, amount in minor units, currency, region",
        )
        .requiredOption("--campaign <id>", "the campaign")
        .action(run),
    );
}
