import { Option, type Command } from "commander";
import { TenantSecrets } from "../sdk/schema/deployment.ts";
import { download } from "./download.ts";
import { tenantFile } from "./keygen.ts";
import { readJson } from "./read-json.ts";
import { askingRegion } from "./region-server.ts";

interface ExportOptions {
  readonly server: string;
  readonly keys: string;
  readonly tenant: number;
  readonly format: "csv" | "parquet";
  readonly out?: string;
  readonly long: boolean;
  readonly ids: boolean;
}

/** `maily export`. */
export function addExportCommand(program: Command): void {
  askingRegion(program.command("export"))
    .description("a campaign's answers from one region's server as a file: CSV or Parquet")
    .argument("<campaign>")
    .addOption(
      new Option("--format <name>", "for a spreadsheet or for programs")
        .choices(["csv", "parquet"])
        .default("csv"),
    )
    .option("--out <file>", "where to; without it <campaign>.<format>")
    .option("--long", "a row a value; without it a row an answer and a column a question", false)
    .option("--ids", "ids of questions and options in CSV, not what they say", false)
    .action(async (campaign: string, options: ExportOptions) => {
      const { token } = await readJson(tenantFile(options.keys, options.tenant), TenantSecrets);
      const file = options.out ?? `${campaign}.${options.format}`;
      const query = new URLSearchParams({
        format: options.format,
        rows: options.long ? "values" : "answers",
        names: options.ids ? "ids" : "texts",
      });
      const path = `/v1/campaigns/${encodeURIComponent(campaign)}/export?${query}`;
      await download(options.server + path, token, file);
      process.stdout.write(`${file}\n`);
      process.stderr.write(
        "It holds readers' answers and their own words: keep it no longer than the notice says, and take a new one after a withdrawal.\n",
      );
    });
}
