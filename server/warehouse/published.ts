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

/** Without a region, none. */
export function recordsOf(region: Region | undefined, news: News): Outgoing[] {
  if (region === undefined) return [];
  const now = Date.now();
  return [
    ...news.requests.filter(isReal).map((row) => requestRecord(region, row)),
    ...news.answers.filter(isReal).map((row) => answerRecord(region, row)),
    ...news.preferences.filter(isReal).map((row) => preferencesRecord(region, row)),
    ...news.withdrawals.filter(isReal).map((row) => withdrawalRecord(region, row)),
    ...news.refusals
      .filter(isReal)
      .map((refusal) => refusalRecord(region, refusal, refusedAt(refusal))),
    ...news.readers.map((change) => stateRecord(region, change, now)),
    ...news.deadLetters.map((row) => deadLetterRecord(region, row, now)),
  ];
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
