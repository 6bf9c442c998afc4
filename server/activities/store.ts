// Activities and deliveries into the tables, inside the transaction that the caller holds. An activity is stored only of a reader who
// agrees to it now and agreed, without a break, when it happened; the sender's deliveries need no such purpose.
import {
  LIST,
  listValue,
  VARCHAR,
  type DuckDBAppender,
  type DuckDBConnection,
} from "@duckdb/node-api";
import { isDelivery, type Activity, type ActivityResult } from "../../sdk/schema/activity.ts";
import { textCell } from "../warehouse/cells.ts";
import { activityKey, decidedAt, instant, readerKey } from "../warehouse/keys.ts";
import type { ReaderOf } from "../warehouse/rows.ts";
import { appendTo } from "../warehouse/statements.ts";
import type { ActivityChange, ActivityRow } from "./rows.ts";

/** Whose activities they are, and which purposes of the notice allow to keep them. */
export interface Keeping extends Pick<ReaderOf, "tenant" | "campaign"> {
  readonly purposes: readonly string[];
  /** Unix milliseconds. */
  readonly receivedAt: number;
}

export interface Kept {
  /** One an activity, in order. */
  readonly results: readonly ActivityResult[];
  readonly changes: readonly ActivityChange[];
}

const happened = ({ happenedAt }: Activity, { receivedAt }: Keeping): number =>
  Math.min(Date.parse(happenedAt), receivedAt);

/** What both tables begin with. */
function appendCommon(appender: DuckDBAppender, of: Keeping, activity: Activity): void {
  appender.appendUUID(activityKey(of, activity.id));
  appender.appendUUID(readerKey({ ...of, reader: activity.reader }));
  appender.appendUInteger(of.tenant);
  appender.appendVarchar(of.campaign);
  appender.appendVarchar(activity.reader);
  appender.appendVarchar(activity.id);
  appender.appendVarchar(activity.kind);
}

function appendTimes(appender: DuckDBAppender, of: Keeping, activity: Activity): void {
  appender.appendTimestampMilliseconds(instant(happened(activity, of)));
  appender.appendTimestampMilliseconds(instant(of.receivedAt));
  appender.endRow();
}

const isOurs = ({ kind }: Activity): boolean => isDelivery(kind);

async function stage(
  connection: DuckDBConnection,
  of: Keeping,
  activities: readonly Activity[],
): Promise<void> {
  await appendTo(connection, { table: "delivering", temporary: true }, (appender) => {
    for (const activity of activities.filter(isOurs)) {
      appendCommon(appender, of, activity);
      appendTimes(appender, of, activity);
    }
  });
  await appendTo(connection, { table: "acting", temporary: true }, (appender) => {
    for (const activity of activities.filter((each) => !isOurs(each))) {
      appendCommon(appender, of, activity);
      if (activity.label === undefined) appender.appendNull();
      else appender.appendVarchar(activity.label);
      if (activity.amount === undefined) appender.appendNull();
      else appender.appendBigInt(BigInt(activity.amount));
      if (activity.currency === undefined) appender.appendNull();
      else appender.appendVarchar(activity.currency);
      appender.appendList(listValue(of.purposes), LIST(VARCHAR));
      appendTimes(appender, of, activity);
    }
  });
}

// A reader's decisions, and since when, without a break, the latest of them agree. A withdrawal breaks it too.
const insertActivities = `
  INSERT INTO activities
  WITH decisions AS (
    SELECT reader_key, ${decidedAt("s")} AS decided_at, list_has_any(purposes, $purposes) AS agrees
    FROM submissions s WHERE NOT test AND reader_key IN (SELECT reader_key FROM acting)
    UNION ALL
    SELECT reader_key, ${decidedAt("p")}, list_has_any(purposes, $purposes)
    FROM preferences p WHERE NOT test AND reader_key IN (SELECT reader_key FROM acting)),
  broken AS (
    SELECT r.key, greatest(max(r.withdrawn_at), max(CASE WHEN NOT d.agrees THEN d.decided_at END)) AS at
    FROM readers r JOIN decisions d ON d.reader_key = r.key GROUP BY r.key),
  agreed AS (
    SELECT d.reader_key AS key, min(d.decided_at) AS since
    FROM decisions d JOIN broken b ON b.key = d.reader_key
    WHERE d.agrees AND (b.at IS NULL OR d.decided_at > b.at) GROUP BY d.reader_key)
  SELECT a.* FROM acting a JOIN readers r ON r.key = a.reader_key JOIN agreed g ON g.key = a.reader_key
  WHERE r."current" IS NOT NULL AND r.consented IS DISTINCT FROM false
    AND list_has_any(r.purposes, $purposes) AND a.happened_at >= g.since
  ON CONFLICT DO NOTHING RETURNING activity_id`;

const insertDeliveries = `
  INSERT INTO deliveries SELECT * FROM delivering d
  WHERE NOT EXISTS (SELECT 1 FROM erasures e WHERE e.key = d.reader_key AND e.erased_at >= d.happened_at)
  ON CONFLICT DO NOTHING RETURNING delivery_id`;

// Planned anew each time, as is all here: a plan with a LEFT JOIN that DuckDB made while a table was empty is wrong once it is
// not. What is there already under the id, and whether it is the same. An id is one thing's in a campaign, delivery or not.
const compare = `
  SELECT s.activity_id, coalesce(
    a.reader = s.reader AND a.kind = s.kind AND a.label IS NOT DISTINCT FROM s.label
      AND a.amount IS NOT DISTINCT FROM s.amount AND a.currency IS NOT DISTINCT FROM s.currency, false)
  FROM acting s LEFT JOIN activities a ON a.key = s.key LEFT JOIN deliveries d ON d.key = s.key
  WHERE a.key IS NOT NULL OR d.key IS NOT NULL
  UNION ALL
  SELECT s.delivery_id, coalesce(d.reader = s.reader AND d.kind = s.kind, false)
  FROM delivering s LEFT JOIN deliveries d ON d.key = s.key LEFT JOIN activities a ON a.key = s.key
  WHERE a.key IS NOT NULL OR d.key IS NOT NULL`;

const isSame = (one: Activity, other: Activity): boolean =>
  one.reader === other.reader &&
  one.kind === other.kind &&
  one.label === other.label &&
  one.amount === other.amount &&
  one.currency === other.currency;

const rowOf = (activity: Activity, of: Keeping): ActivityRow => ({
  id: activity.id,
  kind: activity.kind,
  ...(activity.label !== undefined && { label: activity.label }),
  ...(activity.amount !== undefined && { amount: activity.amount }),
  ...(activity.currency !== undefined && { currency: activity.currency }),
  happenedAt: happened(activity, of),
});

function changesOf(of: Keeping, stored: readonly Activity[]): ActivityChange[] {
  const byReader = Map.groupBy(stored, ({ reader }) => reader);
  return Array.from(byReader, ([reader, activities]) => ({
    tenant: of.tenant,
    campaign: of.campaign,
    reader,
    cleared: false,
    stored: activities.map((activity) => rowOf(activity, of)),
  }));
}

/** Stores what is new and agreed to; what became of each. */
export async function storeActivities(
  connection: DuckDBConnection,
  of: Keeping,
  activities: readonly Activity[],
): Promise<Kept> {
  const first = new Map<string, Activity>();
  for (const activity of activities) if (!first.has(activity.id)) first.set(activity.id, activity);
  await stage(connection, of, [...first.values()]);
  // Before anything is inserted: afterwards everything would be there.
  const compared = await connection.runAndReadAll(compare);
  const known = new Map(
    compared.getRowsJS().map(([id, same]) => [textCell(id), same === true] as const),
  );
  await connection.runAndReadAll("DELETE FROM acting WHERE key IN (SELECT key FROM deliveries)");
  await connection.runAndReadAll(
    "DELETE FROM delivering WHERE key IN (SELECT key FROM activities)",
  );
  const inserted = await connection.runAndReadAll(
    insertActivities,
    { purposes: listValue(of.purposes) },
    { purposes: LIST(VARCHAR) },
  );
  const delivered = await connection.runAndReadAll(insertDeliveries);
  await connection.runAndReadAll("DELETE FROM acting");
  await connection.runAndReadAll("DELETE FROM delivering");
  const fresh = new Set(
    [...inserted.getRowsJS(), ...delivered.getRowsJS()].map(([id]) => textCell(id)),
  );
  const stateOf = (activity: Activity): ActivityResult["status"] => {
    const earlier = first.get(activity.id);
    if (earlier !== undefined && !isSame(earlier, activity)) return "activity-conflict";
    const same = known.get(activity.id);
    if (same !== undefined) return same ? "repeated" : "activity-conflict";
    if (!fresh.has(activity.id)) return "consent-missing";
    return earlier === activity ? "stored" : "repeated";
  };
  const results = activities.map((activity) => ({ id: activity.id, status: stateOf(activity) }));
  const stored = [...first.values()].filter(({ id, kind }) => fresh.has(id) && !isDelivery(kind));
  return { results, changes: changesOf(of, stored) };
}
