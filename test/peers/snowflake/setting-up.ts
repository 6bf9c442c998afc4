// The setup as tests run it: names, and what an emulator cannot run.
import {
  defaultRoles,
  type SetupNames,
  type SetupStatement,
} from "../../../server/snowflake/setup.ts";
import { account, privateKey, region, user } from "./sinking.ts";
import type { SnowflakeSettings } from "../../../server/snowflake/settings.ts";
import { publicKeyText } from "../../../server/snowflake/key-pair.ts";

export const names: SetupNames = {
  region,
  database: "MAILY",
  schema: "EU",
  warehouse: "MAILY_LOADING",
  user,
  ...defaultRoles,
  publicKey: publicKeyText(privateKey),
  purpose: "results",
  floor: 20,
};

export const settingsAt = (origin: string): SnowflakeSettings => ({
  account,
  user,
  privateKey,
  role: defaultRoles.loader,
  warehouse: names.warehouse,
  database: names.database,
  schema: names.schema,
  origin,
  channelPrefix: "maily",
});

/** Roles, users, warehouses and grants the emulator does not know; pipes, tasks and policies neither. */
export const emulated = ({ needs, sql }: SetupStatement): boolean =>
  needs === "standard" && !/^(CREATE (ROLE|USER|WAREHOUSE)|ALTER USER|GRANT)\b/.test(sql);
