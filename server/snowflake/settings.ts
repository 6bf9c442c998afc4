import type { KeyObject } from "node:crypto";

/** Where a region's rows go in Snowflake, and as whom. */
export interface SnowflakeSettings {
  /** `organisation-account`, as in the account's address. */
  readonly account: string;
  readonly user: string;
  readonly privateKey: KeyObject;
  readonly role: string;
  readonly warehouse: string;
  readonly database: string;
  readonly schema: string;
  /** `https://<account>.snowflakecomputing.com`, or what stands in for it in tests. */
  readonly origin: string;
  /** Begins every channel's name: another one makes the sink begin anew. */
  readonly channelPrefix: string;
}

/** An unquoted identifier, so that no name of ours is ever quoted or escaped. */
export const identifierForm = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;
export const accountForm = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;

/** The account's own address. An account's underscores are hyphens in host names. */
export const originOf = (account: string): string =>
  `https://${account.toLowerCase().replaceAll("_", "-")}.snowflakecomputing.com`;

/** The tables that records land in, each with a pipe of the same name. */
export const landings = { records: "RECORDS", events: "EVENT_RECORDS" } as const;
export type Landing = keyof typeof landings;
