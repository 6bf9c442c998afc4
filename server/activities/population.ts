// Whom figures of conduct are about: readers whose answer counts and who agree, now, to a purpose that allows to keep what they
// do. Others' conduct is not kept, and nobody may take that for their having done nothing.
import { LIST, listValue, VARCHAR, type DuckDBType, type DuckDBValue } from "@duckdb/node-api";
import type { ReaderOf } from "../warehouse/rows.ts";

export interface Population {
  readonly floor: number;
  /** Of the notice: agreeing to one of them is enough. */
  readonly purposes: readonly string[];
  /** A further purpose that all of them agree to. */
  readonly also?: string | undefined;
  /** Only these, by pseudonym, such as a segment's members. */
  readonly members?: readonly string[];
}

export type Of = Pick<ReaderOf, "tenant" | "campaign">;

/** No campaign's notice has an id like this. */
const noPurpose = "";

export interface Bound {
  readonly values: Record<string, DuckDBValue>;
  readonly types: Record<string, DuckDBType>;
}

/** Common table `agreeing(reader)` in portable SQL, and what it is bound to. A purpose is a parameter of its own. */
export function agreeing(
  { tenant, campaign }: Of,
  { purposes, also, members }: Population,
): Bound & { readonly sql: string } {
  const asked = purposes.length > 0 ? purposes : [noPurpose];
  const names = asked.map((_, index) => `$purpose${index}`);
  // A list is DuckDB's own; another engine joins a table of members.
  const both =
    also === undefined
      ? ""
      : ` AND reader IN (SELECT reader FROM current_purposes
          WHERE tenant = $tenant AND campaign = $campaign AND purpose = $also)`;
  const among = members === undefined ? "" : " AND reader IN (SELECT unnest($members))";
  return {
    sql: `agreeing AS (
      SELECT DISTINCT reader FROM current_purposes
      WHERE tenant = $tenant AND campaign = $campaign AND purpose IN (${names.join(", ")})${both}${among})`,
    values: {
      tenant,
      campaign,
      ...Object.fromEntries(asked.map((purpose, index) => [`purpose${index}`, purpose])),
      ...(also !== undefined && { also }),
      ...(members !== undefined && { members: listValue(members) }),
    },
    types: members === undefined ? {} : { members: LIST(VARCHAR) },
  };
}
