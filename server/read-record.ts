// One record of the stream becomes one row, or a dead letter that says why. Read down: form, region, invitation, and then
// what its kind asks for: opening, and consent and content under the newest revision that they fit.
import { base64url, textOf } from "../sdk/bytes.ts";
import { parseInvitation, type ParsedInvitation } from "../sdk/invitation.ts";
import { isProblemCode, Problem } from "../sdk/problem.ts";
import type { Region } from "../sdk/region.ts";
import type { Campaign } from "../sdk/schema/campaign.ts";
import {
  EdgeRecord,
  recordSchemas,
  type RequestRecord,
  type WithdrawalRecord,
} from "../sdk/schema/record.ts";
import { verifyReader } from "./verify-reader.ts";
import { faultOf, log } from "./log.ts";
import { answerRow } from "./read-answer.ts";
import { choicesRow } from "./read-choices.ts";
import { preferencesRow } from "./read-preferences.ts";
import { readerOf, type Admitted, type RecordReader } from "./record-reader.ts";
import type { StoredRecord } from "./stream/stream.ts";
import { regionHeader, schemaHeader } from "./stream/topics.ts";
import type { DeadLetterRow, RequestRow, Row, WithdrawalRow } from "./warehouse/rows.ts";

/** Rejects with Problem `region-unavailable` alone: everything else about a record makes it a dead letter. */
export async function readRecord(source: StoredRecord, reader: RecordReader): Promise<Row> {
  let campaign: string | undefined;
  try {
    const record = parseRecord(source, reader.region);
    const invitation = parseInvitation(record.invitation);
    campaign = base64url(invitation.body.campaign);
    return rowOf(record, admittedOf(record, invitation, source, reader), reader);
  } catch (error) {
    if (error instanceof Problem && error.code === "region-unavailable") throw error;
    return deadLetter(source, campaign, error);
  }
}

/** Problems: `region-mismatch`, `campaign-unknown`, and those of `verifyReader`. */
export function admittedOf(
  record: EdgeRecord,
  invitation: ParsedInvitation,
  source: StoredRecord,
  reader: RecordReader,
): Admitted {
  const { body } = invitation;
  if (body.region !== reader.region) throw new Problem("region-mismatch");
  const revisions = reader.campaigns.revisionsOf(base64url(body.campaign));
  if (revisions.length === 0) throw new Problem("campaign-unknown");
  verifyAtAdmission(record, invitation, revisions, reader);
  return { source, invitation, revisions };
}

function rowOf(record: EdgeRecord, admitted: Admitted, reader: RecordReader): Row {
  switch (record.kind) {
    case "answer":
      return answerRow(record, admitted, reader);
    case "choices":
      return choicesRow(record, admitted, reader);
    case "preferences":
      return preferencesRow(record, admitted, reader);
    case "withdrawal":
      return withdrawalRow(record, admitted);
    case "request":
      return requestRow(record, admitted);
    case "events":
      throw new Problem("record-malformed"); // They have a topic of their own.
  }
}

export function deadLetter(
  source: StoredRecord,
  campaign: string | undefined,
  error: unknown,
): DeadLetterRow {
  const code = error instanceof Problem && isProblemCode(error.code) ? error.code : "internal";
  const { partition, offset } = source;
  log("dead-letter", { code, partition, offset: String(offset) });
  if (code === "internal") log("fault", { fault: faultOf(error) });
  return { kind: "dead-letter", code, campaign, source };
}

/** Problems: `region-mismatch`, `record-malformed`. */
export function parseRecord(source: StoredRecord, region: Region): EdgeRecord {
  if (source.headers[regionHeader] !== region) throw new Problem("region-mismatch");
  let value: unknown;
  try {
    value = JSON.parse(textOf(source.value));
  } catch {
    throw new Problem("record-malformed"); // Neither UTF-8 nor JSON.
  }
  const parsed = EdgeRecord.safeParse(value);
  if (!parsed.success || source.headers[schemaHeader] !== recordSchemas[parsed.data.kind])
    throw new Problem("record-malformed");
  return parsed.data;
}

/**
 * An invitation that was good when the edge admitted it stays good, however long the record was on its way; and one
 * that has expired still serves to take something back.
 */
function verifyAtAdmission(
  record: EdgeRecord,
  invitation: ParsedInvitation,
  revisions: readonly Campaign[],
  { visitKeys }: RecordReader,
): void {
  const everGood = record.kind === "withdrawal" || record.kind === "request";
  const at = everGood ? 0 : Math.floor(Date.parse(record.admittedAt) / 1000);
  verifyReader(invitation, revisions, at, visitKeys);
}

const withdrawalRow = (
  { submissionId, receiptId, admittedAt }: WithdrawalRecord,
  admitted: Admitted,
): WithdrawalRow => ({
  kind: "withdrawal",
  source: admitted.source,
  ...readerOf(admitted),
  submissionId,
  receiptId,
  test: admitted.invitation.body.test,
  admittedAt: Date.parse(admittedAt),
});

const requestRow = (
  { submissionId, request, via, admittedAt }: RequestRecord,
  admitted: Admitted,
): RequestRow => ({
  kind: "request",
  source: admitted.source,
  ...readerOf(admitted),
  submissionId,
  request,
  via,
  test: admitted.invitation.body.test,
  admittedAt: Date.parse(admittedAt),
});
