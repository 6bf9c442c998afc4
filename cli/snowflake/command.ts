import { InvalidArgumentError, Option, type Command } from "commander";
import { applySetup } from "../../server/snowflake/apply.ts";
import { backfill } from "../../server/snowflake/backfill.ts";
import { checkSnowflake } from "../../server/snowflake/check.ts";
import { publicKeyText } from "../../server/snowflake/key-pair.ts";
import {
  defaultRoles,
  setupStatements,
  type SetupNames,
  type SetupOptions,
} from "../../server/snowflake/setup.ts";
import { openSql } from "../../server/snowflake/sql.ts";
import { count } from "../arguments.ts";
import { addRejectedCommand } from "./rejected.ts";
import { addAccountOptions, settingsOf, type AccountOptions } from "./settings.ts";

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

interface SetupCommandOptions extends AccountOptions, SetupOptions {
  readonly apply: boolean;
  readonly as?: string;
  readonly asKeyFile?: string;
  readonly purpose: string;
  readonly floor: number;
}

/** Into a statement's quotes: nothing else is let in. */
function lag(text: string): string {
  if (!/^[1-9]\d{0,3} (minute|hour|day)s?$/.test(text))
    throw new InvalidArgumentError("must be such as 1 minute");
  return text;
}
function purpose(text: string): string {
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(text))
    throw new InvalidArgumentError("must be a purpose's id");
  return text;
}

async function setUp(options: SetupCommandOptions): Promise<void> {
  const settings = await settingsOf(options);
  const { region, edition, cortex, materialize } = options;
  const { database, schema, warehouse, user } = settings;
  const names: SetupNames = {
    region,
    database,
    schema,
    warehouse,
    user,
    ...defaultRoles,
    loader: settings.role,
    publicKey: publicKeyText(settings.privateKey),
    purpose: options.purpose,
    floor: options.floor,
  };
  const setup: SetupOptions = {
    edition,
    cortex,
    ...(materialize !== undefined && { materialize }),
  };
  if (!options.apply) {
    for (const { sql } of setupStatements(names, setup)) say(`${sql};\n`);
    return;
  }
  const administrator = await settingsOf({
    ...options,
    user: options.as ?? options.user,
    keyFile: options.asKeyFile ?? options.keyFile,
  });
  const sql = await openSql(administrator, { inSchema: false });
  try {
    await applySetup(sql, names, setup, say);
  } finally {
    await sql.close();
  }
}

function addSetupCommand(snowflake: Command): void {
  addAccountOptions(
    snowflake
      .command("setup")
      .description("the SQL that makes roles, tables, pipes, views, policies and tasks"),
  )
    .option("--print", "only say the statements (the default)", true)
    .option("--apply", "run them; what is there already stays", false)
    .option("--as <user>", "who runs them, where the loading user may not")
    .option("--as-key-file <file>", "that user's private key")
    .addOption(
      new Option(
        "--edition <edition>",
        "standard has no masking, row access or search optimisation",
      )
        .choices(["standard", "enterprise"])
        .default("enterprise"),
    )
    .addOption(
      new Option(
        "--materialize <lag>",
        "keep the deduplicated facts as dynamic tables, such as '1 minute'",
      ).argParser(lag),
    )
    .option("--cortex", "the example that sums up what readers wrote", false)
    .addOption(
      new Option("--purpose <id>", "of the example: only readers who agree to it")
        .argParser(purpose)
        .default("results"),
    )
    .addOption(
      new Option("--floor <number>", "of the example: the fewest readers")
        .argParser(count)
        .default(20),
    )
    .action(setUp);
}

interface BackfillCommandOptions extends AccountOptions {
  readonly from: string;
}

async function fill({ from, ...options }: BackfillCommandOptions): Promise<void> {
  const sql = await openSql(await settingsOf(options));
  try {
    const filled = await backfill({
      region: options.region,
      file: from,
      sql,
      onProgress: ({ kind, rows }) => process.stderr.write(`${kind}: ${rows}\n`),
    });
    for (const { kind, rows, inserted } of filled) say(`${kind}: ${inserted} new of ${rows}`);
  } finally {
    await sql.close();
  }
}

async function check(options: AccountOptions): Promise<void> {
  const findings = await checkSnowflake(await settingsOf(options), options.region);
  for (const { holds, what, remedy } of findings)
    say(holds ? `✓ ${what}` : `✗ ${what}\n    ${remedy ?? ""}`);
  if (findings.some(({ holds }) => !holds)) process.exitCode = 1;
}

/** `maily snowflake`. */
export function addSnowflakeCommand(program: Command): void {
  const snowflake = program.command("snowflake").description("a region's answers in Snowflake");
  addSetupCommand(snowflake);
  addAccountOptions(
    snowflake.command("check").description("whether the server's user can do all it needs"),
  ).action(check);
  addAccountOptions(
    snowflake
      .command("backfill")
      .description(
        "fill in what is older than the stream, from a backup or a stopped server's warehouse",
      ),
  )
    .requiredOption("--from <file>", "the warehouse's file")
    .action(fill);
  addRejectedCommand(snowflake);
}
