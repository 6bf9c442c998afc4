// What is published of a commit, in the order in which a consumer may take it: an erasure first, because what the same commit
// stored was decided after it, and last which answers count. Test sends are never published.
import type { Region } from "../../sdk/region.ts";
import {
  answerRecord,
  deadLetterRecord,
  eventRecord,
  preferencesRecord,
  refusalRecord,
  requestRecord,
  stateRecord,
  withdrawalRecord,
  type Outgoing,
} from "../opened/records.ts";
import { refusedAt, type Refusal, type StoredEvent } from "./events.ts";
import type {
  DeadLetterRow,
  PreferencesRow,
  ReaderChange,
  RequestRow,
  SubmissionRow,
  WithdrawalRow,
} from "./rows.ts";

type Tested<Row> = Row & { readonly test: boolean };

/** What was new in a commit. */
export interface News {
  readonly requests: readonly RequestRow[];
  readonly answers: readonly SubmissionRow[];
  readonly preferences: readonly PreferencesRow[];
  readonly withdrawals: readonly WithdrawalRow[];
  readonly refusals: readonly Tested<Refusal>[];
  readonly readers: readonly ReaderChange[];
  readonly deadLetters: readonly DeadLetterRow[];
}

const isReal = ({ test }: { readonly test: boolean }): boolean => !test;

/** Without a region, none. Made one by one as they are asked for. */
export function* recordsOf(region: Region | undefined, news: News): Generator<Outgoing> {
  if (region === undefined) return;
  const now = Date.now();
  for (const row of news.requests.filter(isReal)) yield requestRecord(region, row);
  for (const row of news.answers.filter(isReal)) yield answerRecord(region, row);
  for (const row of news.preferences.filter(isReal)) yield preferencesRecord(region, row);
  for (const row of news.withdrawals.filter(isReal)) yield withdrawalRecord(region, row);
  for (const refusal of news.refusals.filter(isReal))
    yield refusalRecord(region, refusal, refusedAt(refusal));
  for (const change of news.readers) yield stateRecord(region, change, now);
  for (const row of news.deadLetters) yield deadLetterRecord(region, row, now);
}

export function eventRecordsOf(
  region: Region | undefined,
  stored: readonly StoredEvent[],
): Outgoing[] {
  if (region === undefined) return [];
  return stored
    .filter(({ row }) => isReal(row))
    .flatMap(({ row, position }) => eventRecord(region, row, position) ?? []);
}
