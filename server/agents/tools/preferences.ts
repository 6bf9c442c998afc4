// get_reader_preferences: what one reader chose, while that reader agrees to what it is asked for.
import type { DuckDBConnection } from "@duckdb/node-api";
import type { ToolInput, ToolOutput } from "../../../sdk/schema/agent-tools.ts";
import { textCell, textsCell } from "../../warehouse/cells.ts";
import type { ReaderOf } from "../../warehouse/rows.ts";
import { execute } from "../../warehouse/statements.ts";
import { campaignOf, commonOf, type Asked } from "./asked.ts";

type Output = ToolOutput<"get_reader_preferences">;

const mine = "tenant = $tenant AND campaign = $campaign AND reader = $reader";
const readPurposes = `SELECT purpose FROM current_purposes WHERE ${mine} ORDER BY purpose`;
const readReader = `SELECT language, outcome FROM current_readers WHERE ${mine}`;
const readChoices = `
  SELECT question, option_id FROM current_answers WHERE ${mine} AND option_id IS NOT NULL ORDER BY question, position`;
const readTopics = `
  SELECT topics, frequency FROM preferences WHERE ${mine} AND NOT test
  ORDER BY admitted_at DESC, "partition", "offset" DESC LIMIT 1`;

/** What one reader agrees to now, and everything that may be told of the reader. */
async function readReaderPreferences(
  connection: DuckDBConnection,
  { tenant, campaign, reader }: ReaderOf,
): Promise<
  Pick<Output, "language" | "outcome" | "choices" | "topics" | "frequency"> & { purposes: string[] }
> {
  const options = { values: { tenant, campaign, reader } };
  const purposes = await execute(connection, readPurposes, options);
  const [about] = (await execute(connection, readReader, options)).getRowsJS();
  const byQuestion = new Map<string, string[]>();
  for (const [question, option] of (await execute(connection, readChoices, options)).getRowsJS()) {
    const chosen = byQuestion.get(textCell(question)) ?? [];
    chosen.push(textCell(option));
    byQuestion.set(textCell(question), chosen);
  }
  const [set] = (await execute(connection, readTopics, options)).getRowsJS();
  const [language, outcome] = about ?? [null, null];
  const [topics, frequency] = set ?? [null, null];
  return {
    purposes: purposes.getRowsJS().map(([purpose]) => textCell(purpose)),
    ...(language !== null && { language: textCell(language) }),
    ...(outcome !== null && { outcome: textCell(outcome) }),
    choices: Array.from(byQuestion, ([question, chosen]) => ({ question, options: chosen })),
    ...(topics !== null && { topics: textsCell(topics) }),
    ...(frequency !== null && { frequency: textCell(frequency) }),
  };
}

/** A reader who is not known and one who does not agree are answered alike: the policy denies both. */
export async function getReaderPreferences(
  asked: Asked,
  { campaign: id, reader, purpose }: ToolInput<"get_reader_preferences">,
): Promise<Output> {
  const { authority, claims, warehouse } = asked;
  const campaign = campaignOf(asked, id);
  const asOf = Date.now();
  const { purposes, ...preferences } = await warehouse.read((connection) =>
    readReaderPreferences(connection, { tenant: claims.tenant, campaign: id, reader }),
  );
  const permit = await authority.permit(claims, {
    action: "call",
    tool: "get_reader_preferences",
    columns: ["reader", "preferences"],
    resource: { campaign: campaign.id, purpose, consented: purposes },
  });
  return {
    ...commonOf(asked, permit, asOf, {
      purpose,
      scope: "This reader alone, while the reader agrees to this purpose.",
    }),
    campaign: campaign.id,
    ...(permit.may("reader") && { reader }),
    ...(permit.may("preferences") && preferences),
  };
}
