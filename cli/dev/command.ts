// `maily dev` as a command; start.ts has what it does.
import { Option, type Command } from "commander";
import { count, origin } from "../arguments.ts";
import type { DevOptions } from "./start.ts";

/** Adds `maily dev`. Runs until it is interrupted. */
export function addDevCommand(program: Command): void {
  program
    .command("dev")
    .description("a page on this machine that shows a mail while it is written")
    .argument("<file>", "an MJML template, or a widget")
    .option("--widget <file>", "the widget, where the template does not name it")
    .addOption(
      new Option("--port <number>", "a port; without it any free one").argParser(count).default(0),
    )
    .option("--readers <csv>", "show these readers' mails instead of three invented ones'")
    .addOption(
      new Option("--edge <origin>", "the edge's address")
        .argParser(origin)
        .default("https://edge.example"),
    )
    .option("--campaign <id>", "the published campaign that a test is sent for")
    .option("--keys <folder>", "the folder that `maily keygen` wrote", "keys")
    .addOption(new Option("--tenant <number>", "the tenant").argParser(count).default(1))
    .option(
      "--smtp <url>",
      "where tests are sent through, such as smtp://host:587; better in MAILY_SMTP: it holds a password",
    )
    .option("--from <address>", "whom tests come from")
    .action(async (file: string, options: DevOptions) => {
      // mjml takes most of a second to load, for which no other command should wait.
      const { startDev } = await import("./start.ts");
      const dev = await startDev(file, options);
      process.stdout.write(`${dev.origin}\n`);
      process.stderr.write(`${file} is followed; Ctrl+C ends\n`);
      const stop = (): void => {
        dev.close().then(
          () => process.exit(0),
          (error: unknown) => {
            throw error;
          },
        );
      };
      process.once("SIGINT", stop);
      process.once("SIGTERM", stop);
    });
}
