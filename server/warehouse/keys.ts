import { hash } from "node:crypto";
import { DuckDBTimestampMillisecondsValue, DuckDBUUIDValue } from "@duckdb/node-api";
import type { ReaderOf } from "./rows.ts";

/** 128 bits of SHA-256 over what names a thing. No part can hold the separator: numbers and base64url. */
const keyOf = (...parts: readonly (string | number)[]): DuckDBUUIDValue =>
  keyOfName(parts.join("|"));

/** The same of the parts already joined. */
export function keyOfName(name: string): DuckDBUUIDValue {
  const digest = hash("sha256", name, "buffer");
  // As DuckDB holds them: signed, the first bit the other way round.
  const high = digest.readBigInt64BE(0) ^ firstBit;
  return DuckDBUUIDValue.fromStoredHugeInt((high << 64n) | digest.readBigUInt64BE(8));
}

const firstBit = -(1n << 63n);

export const readerName = ({ tenant, campaign, reader }: ReaderOf): string =>
  `${tenant}|${campaign}|${reader}`;

export const readerKey = (of: ReaderOf): DuckDBUUIDValue => keyOfName(readerName(of));

/** Of a submission or withdrawal: an id is its reader's own, so that nobody's can hide another's. */
export const submissionKey = (row: ReaderOf & { readonly submissionId: string }): DuckDBUUIDValue =>
  keyOfName(`${readerName(row)}|${row.submissionId}`);

/** Of one event of a batch. */
export const eventKey = (
  row: ReaderOf & { readonly submissionId: string },
  position: number,
): DuckDBUUIDValue => keyOf(row.tenant, row.campaign, row.reader, row.submissionId, position);

/** Of an activity or delivery: an id is its campaign's own. It may hold the separator, and so stands last. */
export const activityKey = (
  { tenant, campaign }: Pick<ReaderOf, "tenant" | "campaign">,
  id: string,
): DuckDBUUIDValue => keyOf(tenant, campaign, "activity", id);

/** Of one count of a campaign's; its key is made of that. */
export const tallyName = (of: {
  readonly tenant: number;
  readonly campaign: string;
  readonly measure: string;
  readonly question: string | null;
  readonly option: string | null;
  readonly number: number | null;
}): string =>
  `${of.tenant}|${of.campaign}|${of.measure}|${of.question ?? ""}|${of.option ?? ""}|${of.number ?? ""}`;

/** Unix milliseconds as the tables hold them. */
export const instant = (milliseconds: number): DuckDBTimestampMillisecondsValue =>
  new DuckDBTimestampMillisecondsValue(BigInt(milliseconds));

/** When a reader decided, of a row with `given_at`: no later than it arrived, however far ahead the device's clock was. */
export const decidedAt = (row: string): string => `least(${row}.given_at, ${row}.admitted_at)`;
