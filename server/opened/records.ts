// Rows that were stored, as the records that tell of them (sdk/schema/opened.ts). Pure: which rows, the warehouse decides.
import type { Region } from "../../sdk/region.ts";
import {
  deadLetterSchema,
  openedEventSchema,
  openedSchema,
  type DeadLetterNotice,
  type EventRefusal,
  type OpenedAnswer,
  type OpenedEvent,
  type OpenedPreferences,
  type OpenedRecord,
  type OpenedRequest,
  type OpenedValue,
  type OpenedWithdrawal,
  type ReaderState,
} from "../../sdk/schema/opened.ts";
import { deadLetterTopic, openedEventsTopic, openedTopic } from "../stream/topics.ts";
import type {
  AnswerRow,
  DeadLetterRow,
  EventsRow,
  PreferencesRow,
  ReaderChange,
  ReaderOf,
  RequestRow,
  SubmissionRow,
  WithdrawalRow,
} from "../warehouse/rows.ts";

/** A record on its way to a topic of the region. */
export interface Outgoing {
  readonly topic: string;
  readonly key: string;
  /** The value of its header `schema`. */
  readonly schema: string;
  readonly value: object;
}

const instantOf = (milliseconds: number): string => new Date(milliseconds).toISOString();

const named = (region: Region, { tenant, campaign, reader }: ReaderOf) => ({
  region,
  tenant,
  campaign,
  reader,
});

/** Names a fact by whose it is and its own id: all that makes it unique in the region. */
const idOf = (kind: string, { tenant, campaign, reader }: ReaderOf, own: string): string =>
  `${kind}:${tenant}:${campaign}:${reader}:${own}`;

const onOpened = (region: Region, of: ReaderOf, value: OpenedRecord): Outgoing => ({
  topic: openedTopic(region),
  key: `${of.tenant}|${of.reader}`,
  schema: openedSchema,
  value,
});

/** What may leave the region's own warehouse of a value: an address that was asked for may not. */
export function openedValue(row: AnswerRow): OpenedValue {
  // Nearly all: options and numbers, as they are. The two types differ in what they say of `redacted` and `contact` alone.
  if (row.contact === undefined && row.redacted === undefined) return row as OpenedValue;
  const { contact, ...value } = row;
  if (contact === undefined) {
    const { redacted, ...rest } = value;
    return redacted === undefined || redacted.length === 0
      ? rest
      : { ...rest, redacted: [...redacted] };
  }
  const { question, position } = value;
  return { question, position, text: `[${contact}]`, redacted: [contact], cleared: true };
}

/** What of an answer is published; its envelope and its place on the stream are not. */
type Unpublished = "kind" | "source" | "envelopeSha256" | "refusesEvents" | "test";
export type PublishedAnswer = Omit<SubmissionRow, Unpublished> &
  Partial<Pick<SubmissionRow, Unpublished>>;

/** `correction`: the same answer once more, its texts looked at since. */
export function answerRecord(region: Region, row: PublishedAnswer, correction?: number): Outgoing {
  const own = correction === undefined ? row.submissionId : `${row.submissionId}:${correction}`;
  const value: OpenedAnswer = {
    kind: "answer",
    id: idOf("answer", row, own),
    ...named(region, row),
    submissionId: row.submissionId,
    receiptId: row.receiptId,
    revision: row.revision,
    channel: row.channel,
    language: row.language,
    notice: row.notice,
    purposes: [...row.purposes],
    givenAt: instantOf(row.givenAt),
    admittedAt: instantOf(row.admittedAt),
    ...(row.outcome !== undefined && { outcome: row.outcome }),
    ...(correction !== undefined && { correction }),
    values: row.answers.map(openedValue),
  };
  return onOpened(region, row, value);
}

export function withdrawalRecord(region: Region, row: WithdrawalRow): Outgoing {
  const value: OpenedWithdrawal = {
    kind: "withdrawal",
    id: idOf("withdrawal", row, row.submissionId),
    ...named(region, row),
    submissionId: row.submissionId,
    receiptId: row.receiptId,
    admittedAt: instantOf(row.admittedAt),
  };
  return onOpened(region, row, value);
}

export function preferencesRecord(region: Region, row: PreferencesRow): Outgoing {
  const value: OpenedPreferences = {
    kind: "preferences",
    id: idOf("preferences", row, row.submissionId),
    ...named(region, row),
    submissionId: row.submissionId,
    receiptId: row.receiptId,
    revision: row.revision,
    language: row.language,
    notice: row.notice,
    purposes: [...row.purposes],
    givenAt: instantOf(row.givenAt),
    admittedAt: instantOf(row.admittedAt),
    topics: [...row.topics],
    ...(row.frequency !== undefined && { frequency: row.frequency }),
  };
  return onOpened(region, row, value);
}

export function requestRecord(region: Region, row: RequestRow): Outgoing {
  const value: OpenedRequest = {
    kind: "request",
    id: idOf("request", row, row.submissionId),
    ...named(region, row),
    submissionId: row.submissionId,
    request: row.request,
    via: row.via,
    admittedAt: instantOf(row.admittedAt),
  };
  return onOpened(region, row, value);
}

/** `changedAt` in Unix milliseconds. */
export function stateRecord(region: Region, change: ReaderChange, changedAt: number): Outgoing {
  const value: ReaderState = {
    kind: "state",
    id: idOf("state", change, String(change.sequence)),
    ...named(region, change),
    sequence: change.sequence,
    current: change.current?.submissionId ?? null,
    purposes: [...change.purposes],
    changedAt: instantOf(changedAt),
  };
  return onOpened(region, change, value);
}

const onEvents = (region: Region, of: ReaderOf, value: OpenedEvent | EventRefusal): Outgoing => ({
  topic: openedEventsTopic(region),
  key: `${of.tenant}|${of.reader}`,
  schema: openedEventSchema,
  value,
});

/** The event at `position` of a batch. */
export function eventRecord(
  region: Region,
  row: EventsRow,
  position: number,
): Outgoing | undefined {
  const event = row.events[position];
  if (event === undefined) return undefined;
  return onEvents(region, row, {
    kind: "event",
    id: idOf("event", row, `${row.submissionId}:${position}`),
    ...named(region, row),
    batch: row.submissionId,
    position,
    revision: row.revision,
    channel: row.channel,
    language: row.language,
    event: event.kind,
    ...("question" in event && event.question !== undefined && { question: event.question }),
    ...("option" in event && { option: event.option }),
    ...("milliseconds" in event && { milliseconds: event.milliseconds }),
    // However far ahead the device's clock is.
    happenedAt: instantOf(Math.min(Date.parse(event.at), row.admittedAt)),
    givenAt: instantOf(row.givenAt),
    admittedAt: instantOf(row.admittedAt),
  });
}

/** `refusedAt` in Unix milliseconds. */
export const refusalRecord = (region: Region, of: ReaderOf, refusedAt: number): Outgoing =>
  onEvents(region, of, {
    kind: "refusal",
    id: idOf("refusal", of, String(refusedAt)),
    ...named(region, of),
    refusedAt: instantOf(refusedAt),
  });

/** Where a dead letter lies and why; `failedAt` in Unix milliseconds. */
export function deadLetterRecord(region: Region, row: DeadLetterRow, failedAt: number): Outgoing {
  const { source, code, campaign } = row;
  const value: DeadLetterNotice = {
    kind: "dead-letter",
    id: `dead-letter:${source.topic}:${source.partition}:${source.offset}:${failedAt}`,
    region,
    code,
    topic: source.topic,
    partition: source.partition,
    offset: String(source.offset),
    ...(campaign !== undefined && { campaign }),
    appendedAt: instantOf(source.appendedAt),
    failedAt: instantOf(failedAt),
  };
  return {
    topic: deadLetterTopic(region),
    // Not the record's own key: what cannot be read may have anything as its key.
    key: `${source.partition}-${source.offset}`,
    schema: deadLetterSchema,
    value,
  };
}
