// Activities go with the consent they were kept for, in the transaction that takes it back.
import { LIST, listValue, UUID, type DuckDBConnection } from "@duckdb/node-api";
import { numberCell, textCell } from "../warehouse/cells.ts";
import { readerKey } from "../warehouse/keys.ts";
import type { ReaderOf } from "../warehouse/rows.ts";
import type { ActivityChange, ActivityRow } from "./rows.ts";

// Most commits change readers of whom nothing is kept: one look, and nothing more.
const anyKept = `SELECT 1 FROM activities WHERE reader_key IN (SELECT unnest($keys)) LIMIT 1`;

// Of a withdrawal and a new consent in one batch, what was kept until the withdrawal goes nevertheless.
const refuse = `
  DELETE FROM activities WHERE reader_key IN (SELECT unnest($keys)) AND NOT EXISTS (
    SELECT 1 FROM readers r WHERE r.key = activities.reader_key
      AND r."current" IS NOT NULL AND r.consented IS DISTINCT FROM false
      AND list_has_any(r.purposes, activities.purposes)
      AND (r.withdrawn_at IS NULL OR activities.happened_at > r.withdrawn_at))
  RETURNING tenant, campaign, reader`;

const kept = `
  SELECT activity_id, kind, label, amount, currency, epoch_ms(happened_at) FROM activities
  WHERE reader_key = $key ORDER BY happened_at, activity_id`;

/** All that is kept of one reader, oldest first. */
export async function activitiesOf(
  connection: DuckDBConnection,
  reader: ReaderOf,
): Promise<ActivityRow[]> {
  const found = await connection.runAndReadAll(kept, { key: readerKey(reader) });
  return found.getRowsJS().map(([id, kind, label, amount, currency, happenedAt]) => ({
    id: textCell(id),
    kind: textCell(kind),
    ...(label !== null && { label: textCell(label) }),
    ...(amount !== null && { amount: numberCell(amount) }),
    ...(currency !== null && { currency: textCell(currency) }),
    happenedAt: numberCell(happenedAt),
  }));
}

/** The sender's record of one mail; Unix milliseconds. */
export interface KeptDelivery {
  readonly kind: string;
  readonly happenedAt: number;
}

/** Newest first, at most `limit`. */
export async function deliveriesOf(
  connection: DuckDBConnection,
  reader: ReaderOf,
  limit: number,
): Promise<KeptDelivery[]> {
  const found = await connection.runAndReadAll(
    `SELECT kind, epoch_ms(happened_at) FROM deliveries WHERE reader_key = $1
     ORDER BY happened_at DESC, key LIMIT $2`,
    [readerKey(reader), limit],
  );
  return found
    .getRowsJS()
    .map(([kind, happenedAt]) => ({ kind: textCell(kind), happenedAt: numberCell(happenedAt) }));
}

/** Deletes the activities that those readers, as they are decided now, no longer agree to. */
export async function refuseActivities(
  connection: DuckDBConnection,
  readers: readonly ReaderOf[],
): Promise<ActivityChange[]> {
  if (readers.length === 0) return [];
  const values = { keys: listValue(readers.map(readerKey)) };
  const types = { keys: LIST(UUID) };
  const any = await connection.runAndReadAll(anyKept, values, types);
  if (any.currentRowCount === 0) return [];
  const deleted = await connection.runAndReadAll(refuse, values, types);
  const cleared = new Map(
    deleted.getRowsJS().map(([tenant, campaign, reader]) => {
      const of = {
        tenant: numberCell(tenant),
        campaign: textCell(campaign),
        reader: textCell(reader),
      };
      return [readerKey(of).toString(), of] as const;
    }),
  );
  const changes: ActivityChange[] = [];
  for (const of of cleared.values())
    changes.push({ ...of, cleared: true, stored: await activitiesOf(connection, of) });
  return changes;
}

const eraseDeliveries = `
  DELETE FROM deliveries USING erasures e
  WHERE deliveries.reader_key = e.key AND e.key IN (SELECT unnest($keys))
    AND deliveries.happened_at <= e.erased_at`;

/** Deletes what the sender had recorded of mails to readers who had themselves erased. */
export async function eraseDeliveriesOf(
  connection: DuckDBConnection,
  readers: readonly ReaderOf[],
): Promise<void> {
  if (readers.length === 0) return;
  await connection.run(
    eraseDeliveries,
    { keys: listValue(readers.map(readerKey)) },
    { keys: LIST(UUID) },
  );
}
