// One record of the stream becomes one row, or a dead letter that says why. Read down: form, region, invitation, key,
// opening, payload, and then consent and answers under the newest revision that they fit.
import { hash } from "node:crypto";
import { base64url, fromBase64url, textOf, type Bytes } from "../sdk/bytes.ts";
import { checkAnswers } from "../sdk/check-answers.ts";
import { parseEnvelope } from "../sdk/envelope.ts";
import { verifyInvitation, parseInvitation, type ParsedInvitation } from "../sdk/invitation.ts";
import { isProblemCode, Problem } from "../sdk/problem.ts";
import type { Region } from "../sdk/region.ts";
import { Payload, type Answers, type AnswerValue } from "../sdk/schema/answer.ts";
import type { Campaign } from "../sdk/schema/campaign.ts";
import {
  EdgeRecord,
  recordSchemas,
  type SealedRecord,
  type WithdrawalRecord,
} from "../sdk/schema/record.ts";
import type { Question } from "../sdk/schema/widget.ts";
import { outcomeOf } from "../sdk/scoring.ts";
import type { CampaignRegistry } from "./campaigns.ts";
import type { Keyring } from "./keyring.ts";
import { faultOf, log } from "./log.ts";
import { recheckConsent } from "./recheck.ts";
import type { StoredRecord } from "./stream/stream.ts";
import { regionHeader, schemaHeader } from "./stream/topics.ts";
import type { AnswerRow, DeadLetterRow, SubmissionRow, WithdrawalRow } from "./warehouse/rows.ts";

/** What this region reads its records with. */
export interface RecordReader {
  readonly region: Region;
  readonly campaigns: Pick<CampaignRegistry, "revisionsOf">;
  readonly keyring: Pick<Keyring, "openerFor">;
}

type Row = SubmissionRow | WithdrawalRow | DeadLetterRow;

/** Rejects with Problem `region-unavailable` alone: everything else about a record makes it a dead letter. */
export async function readRecord(source: StoredRecord, reader: RecordReader): Promise<Row> {
  let campaign: string | undefined;
  try {
    const record = parseRecord(source, reader.region);
    const { body } = parseInvitation(record.invitation);
    campaign = base64url(body.campaign);
    if (body.region !== reader.region) throw new Problem("region-mismatch");
    const revisions = reader.campaigns.revisionsOf(campaign);
    if (revisions.length === 0) throw new Problem("campaign-unknown");
    const invitation = await verifyAtAdmission(record, revisions);
    const readerOf = { tenant: body.tenant, campaign, reader: base64url(body.reader) };
    return record.kind === "withdrawal"
      ? withdrawalRow(source, record, readerOf)
      : submissionRow(source, record, readerOf, openAnswers(record, invitation, reader), revisions);
  } catch (error) {
    if (error instanceof Problem && error.code === "region-unavailable") throw error;
    return deadLetter(source, campaign, error);
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
function parseRecord(source: StoredRecord, region: Region): EdgeRecord {
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
 * that has expired still serves to withdraw.
 */
const verifyAtAdmission = (
  record: EdgeRecord,
  revisions: readonly Campaign[],
): Promise<ParsedInvitation> =>
  verifyInvitation(
    record.invitation,
    (tenant, keyId, { visit }) => {
      // A visit is signed by a key of the edge, never by a tenant's; no edge has one so far.
      if (visit) return undefined;
      for (const campaign of revisions) {
        const key = campaign.invitationKeys.find((candidate) => candidate.keyId === keyId);
        if (key !== undefined && campaign.tenant === tenant) return fromBase64url(key.publicKey);
      }
      return undefined;
    },
    record.kind === "withdrawal" ? 0 : Math.floor(Date.parse(record.admittedAt) / 1000),
  );

/** Problems: `envelope-malformed`, `suite-unknown`, `region-mismatch`, `key-unknown`, `envelope-unopenable`, `answer-invalid`. */
function openAnswers(
  record: SealedRecord,
  { body, bytes }: ParsedInvitation,
  { region, keyring }: RecordReader,
): Opened {
  const envelope = fromBase64url(record.envelope);
  const submissionId = fromBase64url(record.submissionId);
  if (envelope === undefined || submissionId === undefined) throw new Problem("envelope-malformed");
  const { keyId } = parseEnvelope(envelope);
  const text = keyring.openerFor(keyId)(
    {
      tenant: body.tenant,
      campaign: body.campaign,
      region,
      keyId,
      reader: body.reader,
      submissionId,
      consent: record.consent,
      invitation: bytes,
    },
    envelope,
  );
  return { payload: parsePayload(text), envelope, test: body.test };
}

interface Opened {
  readonly payload: Payload;
  readonly envelope: Bytes;
  readonly test: boolean;
}

function parsePayload(text: string): Payload {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Problem("answer-invalid"); // Sealed by something that is not our page.
  }
  const parsed = Payload.safeParse(value);
  if (!parsed.success) throw new Problem("answer-invalid");
  return parsed.data;
}

type ReaderNames = Pick<SubmissionRow, "tenant" | "campaign" | "reader">;

const withdrawalRow = (
  source: StoredRecord,
  { submissionId, receiptId, admittedAt }: WithdrawalRecord,
  reader: ReaderNames,
): WithdrawalRow => ({
  kind: "withdrawal",
  source,
  ...reader,
  submissionId,
  receiptId,
  admittedAt: Date.parse(admittedAt),
});

function submissionRow(
  source: StoredRecord,
  { submissionId, receiptId, consent, channel, ...record }: SealedRecord,
  reader: ReaderNames,
  { payload, envelope, test }: Opened,
  revisions: readonly Campaign[],
): SubmissionRow {
  const admittedAt = Date.parse(record.admittedAt);
  const campaign = fittingRevision(revisions, consent, payload.answers, admittedAt);
  return {
    kind: "submission",
    source,
    ...reader,
    submissionId,
    envelopeSha256: hash("sha256", envelope, "buffer"),
    receiptId,
    revision: campaign.revision,
    test,
    channel,
    language: payload.language,
    notice: consent.notice,
    purposes: consent.purposes,
    givenAt: Date.parse(consent.givenAt),
    admittedAt,
    outcome: outcomeOf(campaign.definition, payload.answers)?.id,
    answers: campaign.definition.questions.flatMap((question) =>
      answerRows(question, payload.answers[question.id]),
    ),
  };
}

/**
 * The newest revision under which consent and answers hold: the edge may have admitted an answer under one that was
 * replaced before the answer came here. Throws the newest one's Problem where none fits.
 */
function fittingRevision(
  revisions: readonly Campaign[],
  consent: SealedRecord["consent"],
  answers: Answers,
  admittedAt: number,
): Campaign {
  let refusal: Problem | undefined;
  for (const campaign of revisions)
    try {
      recheckConsent(campaign, consent, admittedAt);
      if (checkAnswers(campaign.definition, answers).size > 0) throw new Problem("answer-invalid");
      return campaign;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      refusal ??= error;
    }
  throw refusal ?? new Problem("campaign-unknown");
}

/** One row a value. `checkAnswers` has seen that the value is of the question's kind. */
function answerRows(question: Question, value: AnswerValue | undefined): AnswerRow[] {
  if (value === undefined) return [];
  const row = { question: question.id, position: 0 };
  if (Array.isArray(value)) return value.map((option, position) => ({ ...row, position, option }));
  if (typeof value === "number") return [{ ...row, number: value }];
  switch (question.kind) {
    case "short-text":
    case "long-text":
      return [{ ...row, text: value }];
    case "date":
      return [{ ...row, date: value }];
    default:
      return [{ ...row, option: value }];
  }
}
