// What readers did, one row an event. Kept only as long as the consent it came with stands: whatever takes that back deletes
// them in its own transaction, and what comes later from before it is not stored.
import type { DuckDBAppender, DuckDBConnection } from "@duckdb/node-api";
import { numberCell, textCell } from "./cells.ts";
import { decidedAt, eventKey, instant, readerKey } from "./keys.ts";
import type { EventsRow, ReaderOf } from "./rows.ts";
import { unpublishEvents } from "./outgoing.ts";
import { appendTo, execute } from "./statements.ts";

function appendEvents(appender: DuckDBAppender, row: EventsRow): void {
  for (const [position, event] of row.events.entries()) {
    appender.appendUUID(eventKey(row, position));
    appender.appendUUID(readerKey(row));
    appender.appendUInteger(row.tenant);
    appender.appendVarchar(row.campaign);
    appender.appendVarchar(row.reader);
    appender.appendVarchar(row.submissionId);
    appender.appendUTinyInt(position);
    appender.appendUInteger(row.revision);
    appender.appendBoolean(row.test);
    appender.appendVarchar(row.channel);
    appender.appendVarchar(row.language);
    appender.appendUSmallInt(row.notice);
    appender.appendVarchar(event.kind);
    if (!("question" in event) || event.question === undefined) appender.appendNull();
    else appender.appendVarchar(event.question);
    if ("option" in event) appender.appendUSmallInt(event.option);
    else appender.appendNull();
    if ("milliseconds" in event) appender.appendUInteger(event.milliseconds);
    else appender.appendNull();
    // However far ahead the device's clock is.
    appender.appendTimestampMilliseconds(instant(Math.min(Date.parse(event.at), row.admittedAt)));
    appender.appendTimestampMilliseconds(instant(row.givenAt));
    appender.appendTimestampMilliseconds(instant(row.admittedAt));
    appender.endRow();
  }
}

const insertNew = `
  INSERT INTO events SELECT DISTINCT ON (key) * FROM watching
  WHERE NOT EXISTS (SELECT 1 FROM event_refusals r
    WHERE r.key = watching.reader_key AND r.refused_at >= ${decidedAt("watching")})
  ON CONFLICT DO NOTHING RETURNING key::VARCHAR`;

/** An event that is stored, by its place in its batch. */
export interface StoredEvent {
  readonly row: EventsRow;
  readonly position: number;
}

/** Stores what is new and still agreed to: which events. */
export async function storeEvents(
  connection: DuckDBConnection,
  rows: readonly EventsRow[],
): Promise<StoredEvent[]> {
  if (rows.length === 0) return [];
  await appendTo(connection, { table: "watching", temporary: true }, (appender) => {
    for (const row of rows) appendEvents(appender, row);
  });
  const inserted = await execute(connection, insertNew);
  await execute(connection, "DELETE FROM watching");
  const fresh = new Set(inserted.getRowsJS().map(([key]) => textCell(key)));
  return rows.flatMap((row) =>
    row.events.flatMap((_, position) =>
      // The first of each id alone.
      fresh.delete(eventKey(row, position).toString()) ? [{ row, position }] : [],
    ),
  );
}

/** A decision by which a reader allows no events, as of when it was made. */
export type Refusal = ReaderOf & { readonly admittedAt: number; readonly givenAt?: number };

export const refusedAt = ({ admittedAt, givenAt = admittedAt }: Refusal): number =>
  Math.min(givenAt, admittedAt);

const refuse = [
  `INSERT INTO event_refusals SELECT key, max(refused_at) FROM refusing GROUP BY key
   ON CONFLICT DO UPDATE SET refused_at = greatest(event_refusals.refused_at, excluded.refused_at)`,
  `DELETE FROM events USING event_refusals r
   WHERE events.reader_key = r.key AND r.key IN (SELECT key FROM refusing)
     AND ${decidedAt("events")} <= r.refused_at`,
  "DELETE FROM refusing",
];

/** Deletes the events that those readers had agreed to until then, and keeps that none of them is stored later. */
export async function refuseEvents(
  connection: DuckDBConnection,
  refusals: readonly Refusal[],
): Promise<void> {
  if (refusals.length === 0) return;
  await appendTo(connection, { table: "refusing", temporary: true }, (appender) => {
    for (const refusal of refusals) {
      appender.appendUUID(readerKey(refusal));
      appender.appendTimestampMilliseconds(instant(refusedAt(refusal)));
      appender.endRow();
    }
  });
  for (const statement of refuse) await execute(connection, statement);
  await unpublishEvents(
    connection,
    new Map(refusals.map((refusal) => [`${refusal.tenant}|${refusal.reader}`, refusedAt(refusal)])),
  );
}

/** How far the readers came who agreed to be watched. Counts are of readers. */
export interface FunnelCounts {
  readonly viewed: number;
  readonly started: number;
  readonly abandoned: number;
  /** Of whom an answer counts. */
  readonly sent: number;
  /** By id. */
  readonly questions: ReadonlyMap<string, QuestionFunnel>;
}

interface QuestionFunnel {
  readonly seen: number;
  /** Readers whose time before it is known, and the median of that. */
  readonly timed: number;
  readonly milliseconds: number;
}

const watched = "tenant = $tenant AND campaign = $campaign AND NOT test";

// Of one reader all times before a question are one.
const countKinds = `
  SELECT kind, question, count(*), median(milliseconds) FROM (
    SELECT kind, CASE WHEN kind <> 'abandon' THEN question END AS question, reader_key,
           sum(milliseconds)::DOUBLE AS milliseconds FROM events
    WHERE ${watched} AND kind IN ('view', 'start', 'question', 'time', 'abandon')
    GROUP BY ALL)
  GROUP BY kind, question`;

const countSent = `
  SELECT count(*) FROM readers
  WHERE tenant = $tenant AND campaign = $campaign AND "current" IS NOT NULL AND consented IS DISTINCT FROM false
    AND key IN (SELECT reader_key FROM events WHERE ${watched})`;

export async function countEvents(
  connection: DuckDBConnection,
  of: Pick<ReaderOf, "tenant" | "campaign">,
): Promise<FunnelCounts> {
  const values = { tenant: of.tenant, campaign: of.campaign };
  const found = await execute(connection, countKinds, { values });
  const counts = { view: 0, start: 0, abandon: 0 };
  const questions = new Map<string, QuestionFunnel>();
  for (const [kind, id, readers, median] of found.getRowsJS()) {
    const name = textCell(kind);
    if (name === "view" || name === "start" || name === "abandon")
      counts[name] = numberCell(readers);
    else {
      const question = textCell(id);
      const known = questions.get(question) ?? { seen: 0, timed: 0, milliseconds: 0 };
      questions.set(
        question,
        name === "question"
          ? { ...known, seen: numberCell(readers) }
          : { ...known, timed: numberCell(readers), milliseconds: numberCell(median) },
      );
    }
  }
  const sent = await execute(connection, countSent, { values });
  return {
    viewed: counts.view,
    started: counts.start,
    abandoned: counts.abandon,
    sent: numberCell(sent.getRowsJS()[0]?.[0]),
    questions,
  };
}

/** One event of a reader's, for that reader; Unix milliseconds. */
export interface KeptEvent {
  readonly kind: string;
  readonly question: string | undefined;
  readonly option: number | undefined;
  readonly milliseconds: number | undefined;
  readonly happenedAt: number;
}

/** Newest first, at most `limit`. */
export async function eventsOf(
  connection: DuckDBConnection,
  reader: ReaderOf,
  limit: number,
): Promise<KeptEvent[]> {
  const found = await connection.runAndReadAll(
    `SELECT kind, question, "option", milliseconds, epoch_ms(happened_at) FROM events
     WHERE reader_key = $1 ORDER BY happened_at DESC, batch, position DESC LIMIT $2`,
    [readerKey(reader), limit],
  );
  return found.getRowsJS().map(([kind, question, option, milliseconds, happenedAt]) => ({
    kind: textCell(kind),
    question: question === null ? undefined : textCell(question),
    option: option === null ? undefined : numberCell(option),
    milliseconds: milliseconds === null ? undefined : numberCell(milliseconds),
    happenedAt: numberCell(happenedAt),
  }));
}
