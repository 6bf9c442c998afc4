// What stands around a segment's SQL: the views cut to one tenant and campaign, and the purpose its members agree to. The
// author's text is put in as it is; by the grammar it names nothing but these views.
import { viewColumns, viewNames } from "./views.ts";

/** Whose rows, and where the views are. */
export interface Within {
  readonly tenant: number;
  readonly campaign: string;
  readonly purpose: string;
  /** The schema of the flat views, so that none of ours is taken for them: `main` in DuckDB. */
  readonly schema: string;
}

const idForm = /^[\w-]{1,32}$/;
const schemaForm = /^[a-z][\w.]{0,120}$/i;

/** These are ids of ours, checked long before; none is put into SQL without a second look. */
function requireIds({ tenant, campaign, purpose, schema }: Within): void {
  if (!Number.isInteger(tenant) || !idForm.test(campaign) || !idForm.test(purpose))
    throw new TypeError("no id");
  if (!schemaForm.test(schema)) throw new TypeError("no schema");
}

/** Readers of the segment: one column, each once. */
export function membersSql(sql: string, within: Within): string {
  requireIds(within);
  const { tenant, campaign, purpose, schema } = within;
  const mine = `tenant = ${tenant} AND campaign = '${campaign}'`;
  // The innermost of a name wins: the segment sees these, and no other rows.
  const views = viewNames.map(
    (view) =>
      `${view} AS (SELECT reader, ${Object.keys(viewColumns[view]).join(", ")} FROM ${schema}.${view} WHERE ${mine})`,
  );
  return `WITH ${views.join(",\n  ")}
SELECT DISTINCT m.reader FROM (
${sql}
) m JOIN ${schema}.current_purposes p ON p.reader = m.reader
WHERE p.tenant = ${tenant} AND p.campaign = '${campaign}' AND p.purpose = '${purpose}'`;
}
