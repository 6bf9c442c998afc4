// What the server's environment says of Snowflake (server/config.ts); without MAILY_SNOWFLAKE_ACCOUNT there is none.
import { z } from "zod";
import { Problem } from "../../sdk/problem.ts";
import type { Region } from "../../sdk/region.ts";
import { readPrivateKey } from "./key-pair.ts";
import { accountForm, identifierForm, originOf, type SnowflakeSettings } from "./settings.ts";

const identifier = z
  .string()
  .regex(identifierForm, "set it to an unquoted identifier: letters, digits and _, at most 63");

/** The members of the environment. */
export const snowflakeVariables = {
  MAILY_SNOWFLAKE_ACCOUNT: z
    .string()
    .regex(accountForm, "set it to the account's identifier, such as ACME-EU1")
    .optional(),
  MAILY_SNOWFLAKE_USER: identifier.optional(),
  MAILY_SNOWFLAKE_KEY_FILE: z.string().optional(),
  MAILY_SNOWFLAKE_KEY_PASSPHRASE_FILE: z.string().optional(),
  MAILY_SNOWFLAKE_ROLE: identifier.default("MAILY_LOADER"),
  MAILY_SNOWFLAKE_WAREHOUSE: identifier.default("MAILY_LOADING"),
  MAILY_SNOWFLAKE_DATABASE: identifier.default("MAILY"),
  MAILY_SNOWFLAKE_SCHEMA: identifier.optional().describe("Without it the region's name."),
  MAILY_SNOWFLAKE_HOST: z
    .url({ protocol: /^https?$/, error: "set it to an address such as https://host" })
    .optional()
    .describe("In the place of the account's own address, for private links."),
  MAILY_SNOWFLAKE_CHANNEL_PREFIX: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,31}$/, "set it to at most 32 of a-z, 0-9 and _")
    .default("maily")
    .describe("Begins channels' names; another one makes the sink begin anew."),
} as const;

const Variables = z.object(snowflakeVariables);
export type SnowflakeVariables = z.infer<typeof Variables>;

/** Plain HTTP would show rows and tokens to whoever is on the way. */
function originFrom(host: string | undefined, account: string): string {
  if (host === undefined) return originOf(account);
  const { protocol, hostname, origin } = new URL(host);
  if (protocol === "http:" && hostname !== "127.0.0.1" && hostname !== "localhost")
    throw new Problem("configuration-invalid", {
      errors: ["MAILY_SNOWFLAKE_HOST: set it to an address that begins with https"],
    });
  return origin;
}

/** Throws Problem `configuration-invalid`; `read` reads a file for the setting that names it. */
export async function snowflakeOf(
  variables: SnowflakeVariables,
  region: Region,
  read: (setting: string, file: string) => Promise<string>,
): Promise<SnowflakeSettings | undefined> {
  const {
    MAILY_SNOWFLAKE_ACCOUNT: account,
    MAILY_SNOWFLAKE_USER: user,
    MAILY_SNOWFLAKE_KEY_FILE: keyFile,
    MAILY_SNOWFLAKE_KEY_PASSPHRASE_FILE: passphraseFile,
  } = variables;
  if (account === undefined) return undefined;
  if (user === undefined || keyFile === undefined) {
    const missing = [
      ...(user === undefined ? ["MAILY_SNOWFLAKE_USER: set it to the loading user's name"] : []),
      ...(keyFile === undefined
        ? ["MAILY_SNOWFLAKE_KEY_FILE: set it to the path of the user's private key"]
        : []),
    ];
    throw new Problem("configuration-invalid", { errors: missing });
  }
  const setting = "MAILY_SNOWFLAKE_KEY_FILE";
  const passphrase =
    passphraseFile === undefined
      ? undefined
      : (await read("MAILY_SNOWFLAKE_KEY_PASSPHRASE_FILE", passphraseFile)).trim();
  return {
    account,
    user,
    privateKey: readPrivateKey(await read(setting, keyFile), passphrase, setting),
    role: variables.MAILY_SNOWFLAKE_ROLE,
    warehouse: variables.MAILY_SNOWFLAKE_WAREHOUSE,
    database: variables.MAILY_SNOWFLAKE_DATABASE,
    schema: variables.MAILY_SNOWFLAKE_SCHEMA ?? region.toUpperCase(),
    origin: originFrom(variables.MAILY_SNOWFLAKE_HOST, account),
    channelPrefix: variables.MAILY_SNOWFLAKE_CHANNEL_PREFIX,
  };
}
