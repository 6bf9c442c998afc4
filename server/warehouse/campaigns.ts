import type { DuckDBConnection } from "@duckdb/node-api";
import type { PublishedCampaign } from "../../sdk/schema/opened.ts";
import { campaignRecord } from "../opened/campaigns.ts";
import { instant } from "./keys.ts";
import { commitNumber, storeOutgoing } from "./outgoing.ts";
import { appendTo } from "./statements.ts";

async function storeOptions(
  connection: DuckDBConnection,
  { tenant, campaign, revision, questions }: PublishedCampaign,
): Promise<void> {
  await appendTo(connection, { table: "campaign_options", temporary: false }, (appender) => {
    for (const [place, question] of questions.entries())
      // A question without options has one row.
      for (const [position, option] of (question.options.length > 0
        ? question.options
        : [undefined]
      ).entries()) {
        appender.appendUInteger(tenant);
        appender.appendVarchar(campaign);
        appender.appendUInteger(revision);
        appender.appendVarchar(question.id);
        appender.appendUSmallInt(place);
        appender.appendVarchar(question.kind);
        appender.appendVarchar(question.text);
        appender.appendUSmallInt(position);
        if (option === undefined) appender.appendNull();
        else appender.appendVarchar(option.id);
        if (option === undefined) appender.appendNull();
        else appender.appendVarchar(option.text);
        appender.endRow();
      }
  });
}

/**
 * Stores a revision, once, and puts it down to be published, each time: at a start it is published again, since records
 * expire on the stream.
 */
export async function storeCampaign(
  connection: DuckDBConnection,
  published: PublishedCampaign,
): Promise<void> {
  const { tenant, campaign, revision, title, opensAt, closesAt, retentionDays } = published;
  const inserted = await connection.runAndReadAll(
    `INSERT INTO campaigns (tenant, campaign, revision, title, opens_at, closes_at, retention_days)
     VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING revision`,
    [
      tenant,
      campaign,
      revision,
      title,
      instant(Date.parse(opensAt)),
      instant(Date.parse(closesAt)),
      retentionDays,
    ],
  );
  if (inserted.currentRowCount > 0) await storeOptions(connection, published);
  await storeOutgoing(connection, [campaignRecord(published)], await commitNumber(connection));
}
