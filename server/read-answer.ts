import { hash } from "node:crypto";
import { checkAnswers } from "../sdk/check-all.ts";
import { Problem } from "../sdk/problem.ts";
import { Payload, type Answers } from "../sdk/schema/answer.ts";
import type { Campaign } from "../sdk/schema/campaign.ts";
import type { ChoicesRecord, SealedRecord } from "../sdk/schema/record.ts";
import { outcomeOf } from "../sdk/scoring.ts";
import { answerRows } from "./answer-rows.ts";
import { recheckConsent, recheckVisit } from "./recheck.ts";
import {
  fittingRevision,
  openSealed,
  readerOf,
  refusesEvents,
  type Admitted,
  type RecordReader,
} from "./record-reader.ts";
import type { SubmissionRow } from "./warehouse/rows.ts";

/**
 * A sealed answer. Problems: those of `openSealed`, `recheckVisit` and `recheckConsent`, and `answer-invalid`.
 */
export function answerRow(
  record: SealedRecord,
  admitted: Admitted,
  reader: RecordReader,
): SubmissionRow {
  const { payload, envelope } = openSealed(record, admitted.invitation, reader);
  const parsed = Payload.safeParse(payload);
  if (!parsed.success) throw new Problem("answer-invalid");
  const { answers, language } = parsed.data;
  const campaign = fittingRevision(admitted.revisions, (revision) => {
    recheckVisit(revision, admitted.invitation.body, record.channel);
    recheckConsent(revision, record.consent, Date.parse(record.admittedAt));
    if (checkAnswers(revision.definition, answers).size > 0) throw new Problem("answer-invalid");
    return revision;
  });
  const envelopeSha256 = hash("sha256", envelope, "buffer");
  return submissionRow(record, admitted, { campaign, answers, language, envelopeSha256 });
}

/** What was answered, under which revision, and the digest that tells it from other content. */
interface Answered {
  readonly campaign: Campaign;
  readonly answers: Answers;
  readonly language: string;
  readonly envelopeSha256: Uint8Array;
}

/** The one row of an answer, however it was sealed. */
export function submissionRow(
  { submissionId, receiptId, consent, channel, admittedAt }: SealedRecord | ChoicesRecord,
  admitted: Admitted,
  { campaign, answers, language, envelopeSha256 }: Answered,
): SubmissionRow {
  return {
    kind: "submission",
    source: admitted.source,
    ...readerOf(admitted),
    submissionId,
    envelopeSha256,
    receiptId,
    revision: campaign.revision,
    test: admitted.invitation.body.test,
    channel,
    language,
    notice: consent.notice,
    purposes: consent.purposes,
    givenAt: Date.parse(consent.givenAt),
    admittedAt: Date.parse(admittedAt),
    refusesEvents: refusesEvents(campaign, consent.purposes),
    outcome: outcomeOf(campaign.definition, answers)?.id,
    answers: answerRows(campaign.definition, answers, language),
  };
}
