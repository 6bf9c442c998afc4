// `maily compile` as a command; compile-files.ts has what it does.
import { Option, type Command } from "commander";
import { espNames } from "../widget/email/esp.ts";
import { count, origin } from "./arguments.ts";
import type { CompileOptions } from "./compile-files.ts";

/** `--upload` needs to know what is uploaded, and where to. */
function refuseUpload(command: Command, { upload, campaign, server }: CompileOptions): void {
  if (!upload) return;
  const missing = [
    ...(campaign === undefined ? ["--campaign <id>"] : []),
    ...(server.length === 0 ? ["--server <origin>, once a region"] : []),
  ];
  if (missing.length > 0)
    command.error(`error: --upload needs ${missing.join(" and ")}`, { exitCode: 2 });
}

/** Adds `maily compile`. Exit status 1 where a file has an error: nothing is written then. */
export function addCompileCommand(program: Command): void {
  program
    .command("compile")
    .description("compile a widget, and an MJML template around it, into a campaign's mail")
    .argument("<widget>", "YAML or JSON")
    .option("--template <mjml>", "a template that holds the widget; without it Maily's own")
    .addOption(
      new Option("--edge <origin>", "the edge's address").argParser(origin).makeOptionMandatory(),
    )
    .option("--campaign <id>", "the published campaign; without it the mail is a preview")
    .addOption(
      new Option("--esp <name>", `merge tags of a sending service: ${espNames.join(", ")}`),
    )
    .option("--language <tags...>", "only these of the widget's languages")
    .option("--readers <csv>", "check the template's [[columns]] against this file's")
    .option(
      "--hidden <ids...>",
      "hidden fields that links bring, each from the readers' column of its name (_ for -)",
    )
    .option("--out <folder>", "where the files go", "mail")
    .option("--upload", "store the plan at the regions' servers, which render it", false)
    .addOption(
      new Option("--server <origin>", "a region server's address; repeat it for each region")
        .argParser((text, before: readonly string[]) => [...before, origin(text)])
        .default([]),
    )
    .option("--keys <folder>", "the folder that `maily keygen` wrote", "keys")
    .addOption(new Option("--tenant <number>", "the tenant").argParser(count).default(1))
    .action(async (widget: string, options: CompileOptions, command: Command) => {
      refuseUpload(command, options);
      // mjml takes most of a second to load, for which no other command should wait.
      const { runCompile } = await import("./compile-files.ts");
      await runCompile(widget, options);
    });
}
