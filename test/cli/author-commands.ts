// The authoring commands as a process of their own: `node author-commands.ts compile …`.
import { Command } from "commander";
import { addCompileCommand } from "../../cli/compile.ts";
import { addDevCommand } from "../../cli/dev/command.ts";
import { Problem } from "../../sdk/problem.ts";

const program = new Command("maily").exitOverride((error) =>
  process.exit(error.exitCode === 0 ? 0 : 2),
);
addCompileCommand(program);
addDevCommand(program);
await program.parseAsync().catch((error: unknown) => {
  if (!(error instanceof Problem)) throw error;
  console.error(`maily: ${error.message}. ${JSON.stringify(error)}`);
  process.exit(1);
});
