// What every command has that asks one region's server as a tenant.
import { Option, type Command } from "commander";
import { count, origin } from "./arguments.ts";

/** Adds `--server`, `--keys` and `--tenant`. */
export const askingRegion = (command: Command): Command =>
  command
    .addOption(
      new Option("--server <origin>", "the region server's address")
        .argParser(origin)
        .makeOptionMandatory(),
    )
    .option("--keys <folder>", "the folder that `maily keygen` wrote", "keys")
    .addOption(new Option("--tenant <number>", "the tenant").argParser(count).default(1));
