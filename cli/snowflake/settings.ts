// Options that say which account, and as whom; each may come from the variable that the server has.
import { readFile } from "node:fs/promises";
import { InvalidArgumentError, Option, type Command } from "commander";
import { Problem } from "../../sdk/problem.ts";
import { isRegion, type Region } from "../../sdk/region.ts";
import { snowflakeOf, snowflakeVariables } from "../../server/snowflake/environment.ts";
import type { SnowflakeSettings } from "../../server/snowflake/settings.ts";
import { z } from "zod";

export interface AccountOptions {
  readonly region: Region;
  readonly account: string;
  readonly user: string;
  readonly keyFile: string;
  readonly keyPassphraseFile?: string;
  readonly role?: string;
  readonly warehouse?: string;
  readonly database?: string;
  readonly schema?: string;
  readonly host?: string;
}

function region(text: string): Region {
  if (!isRegion(text)) throw new InvalidArgumentError("must be eu, us or apac");
  return text;
}

const option = (flags: string, what: string, variable: string): Option =>
  new Option(flags, what).env(variable);

/** `--region`, `--account` and so on. */
export const addAccountOptions = (command: Command): Command =>
  command
    .addOption(
      option("--region <region>", "whose region's answers", "MAILY_REGION")
        .argParser(region)
        .makeOptionMandatory(),
    )
    .addOption(
      option("--account <id>", "such as ACME-EU1", "MAILY_SNOWFLAKE_ACCOUNT").makeOptionMandatory(),
    )
    .addOption(
      option("--user <name>", "the loading user", "MAILY_SNOWFLAKE_USER").makeOptionMandatory(),
    )
    .addOption(
      option(
        "--key-file <file>",
        "its private key, PKCS#8",
        "MAILY_SNOWFLAKE_KEY_FILE",
      ).makeOptionMandatory(),
    )
    .addOption(
      option(
        "--key-passphrase-file <file>",
        "the key's passphrase",
        "MAILY_SNOWFLAKE_KEY_PASSPHRASE_FILE",
      ),
    )
    .addOption(option("--role <name>", "the loading role", "MAILY_SNOWFLAKE_ROLE"))
    .addOption(option("--warehouse <name>", "for statements", "MAILY_SNOWFLAKE_WAREHOUSE"))
    .addOption(option("--database <name>", "the database", "MAILY_SNOWFLAKE_DATABASE"))
    .addOption(option("--schema <name>", "without it the region's name", "MAILY_SNOWFLAKE_SCHEMA"))
    .addOption(
      option("--host <address>", "in the place of the account's own", "MAILY_SNOWFLAKE_HOST"),
    );

const Variables = z.object(snowflakeVariables);

async function read(setting: string, file: string): Promise<string> {
  return readFile(file, "utf8").catch(() => {
    throw new Problem("configuration-invalid", { errors: [`${setting}: ${file} cannot be read`] });
  });
}

/** Checked as the server checks its environment. Throws Problem `configuration-invalid`. */
export async function settingsOf(options: AccountOptions): Promise<SnowflakeSettings> {
  const parsed = Variables.safeParse({
    MAILY_SNOWFLAKE_ACCOUNT: options.account,
    MAILY_SNOWFLAKE_USER: options.user,
    MAILY_SNOWFLAKE_KEY_FILE: options.keyFile,
    MAILY_SNOWFLAKE_KEY_PASSPHRASE_FILE: options.keyPassphraseFile,
    MAILY_SNOWFLAKE_ROLE: options.role,
    MAILY_SNOWFLAKE_WAREHOUSE: options.warehouse,
    MAILY_SNOWFLAKE_DATABASE: options.database,
    MAILY_SNOWFLAKE_SCHEMA: options.schema,
    MAILY_SNOWFLAKE_HOST: options.host,
  });
  if (!parsed.success)
    throw new Problem("configuration-invalid", {
      errors: parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`),
    });
  const settings = await snowflakeOf(parsed.data, options.region, read);
  if (settings === undefined) throw new TypeError("an account that the options let through");
  return settings;
}
