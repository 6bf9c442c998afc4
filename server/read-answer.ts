import { hash } from "node:crypto";
import { checkAnswers } from "../sdk/check-answers.ts";
import { Problem } from "../sdk/problem.ts";
import { Payload, type Answers, type AnswerValue } from "../sdk/schema/answer.ts";
import type { Campaign } from "../sdk/schema/campaign.ts";
import type { ChoicesRecord, SealedRecord } from "../sdk/schema/record.ts";
import type { Question } from "../sdk/schema/widget.ts";
import { outcomeOf } from "../sdk/scoring.ts";
import { recheckConsent } from "./recheck.ts";
import {
  fittingRevision,
  openSealed,
  readerOf,
  type Admitted,
  type RecordReader,
} from "./record-reader.ts";
import type { AnswerRow, SubmissionRow } from "./warehouse/rows.ts";

/**
 * A sealed answer. Problems: those of `openSealed` and `recheckConsent`, and `answer-invalid`.
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
    outcome: outcomeOf(campaign.definition, answers)?.id,
    answers: campaign.definition.questions.flatMap((question) =>
      valuesOf(question, answers[question.id]),
    ),
  };
}

/** One row a value. The answers were checked: the value is of the question's kind. */
function valuesOf(question: Question, value: AnswerValue | undefined): AnswerRow[] {
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
