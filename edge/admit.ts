// Admission of what a page seals or takes back: everything between a reader's bytes and the acknowledgement, in the order of
// SPEC §4.1.
import { concat, utf8, type Bytes } from "../sdk/bytes.ts";
import type { ParsedInvitation } from "../sdk/invitation.ts";
import type { Consent } from "../sdk/schema/consent.ts";
import type { PreferencesRecord, SealedRecord, WithdrawalRecord } from "../sdk/schema/record.ts";
import type { PreferencesSubmission, Submission, Withdrawal } from "../sdk/schema/submission.ts";
import { sha256Text } from "./at-once.ts";
import { append, type Appended } from "./append.ts";
import { passConsentGate, passDecisionGate } from "./consent-gate.ts";
import {
  claim,
  drawId,
  occasionOf,
  readerKey,
  requireOpen,
  requireRegion,
  requireVisitable,
  verify,
  type Invited,
} from "./invited.ts";
import { limitAnswers } from "./limits.ts";
import { consentReceipt, withdrawalReceipt, type Occasion } from "./receipt.ts";
import { pinRegion, type PinnedEnvelope } from "./region-pin.ts";
import type { Arrival } from "./route.ts";

/** The receipt of an answer that is durable in its region. */
export async function admit(arrival: Arrival<Submission>): Promise<Appended> {
  const { now, body } = arrival;
  const invited = verify(await claim(arrival, body.invitation), Math.floor(now / 1000));
  await limitAnswers(arrival, invited.published);
  requireOpen(invited, now);
  requireVisitable(invited);
  const occasion = occasionOf(arrival, invited, "web");
  passConsentGate(invited.published.campaign.notice, body.consent, occasion.gpc, now);
  return keepSealed(arrival, invited, occasion, "answer");
}

/**
 * The same of what a reader sets on the preference page, whatever the campaign's dates; its consent may take back what was
 * given.
 */
export async function admitPreferences(arrival: Arrival<PreferencesSubmission>): Promise<Appended> {
  const { now, body } = arrival;
  const invited = verify(await claim(arrival, body.invitation), Math.floor(now / 1000));
  await limitAnswers(arrival, invited.published);
  const occasion = occasionOf(arrival, invited, "web");
  passDecisionGate(invited.published.campaign.notice, body.consent, occasion.gpc, now);
  return keepSealed(arrival, invited, occasion, "preferences");
}

async function keepSealed(
  arrival: Arrival<Submission>,
  invited: Invited,
  occasion: Occasion,
  kind: "answer" | "preferences",
): Promise<Appended> {
  const { settings, now, body: submission } = arrival;
  const { published, invitation } = invited;
  const { region, reader, test, visit } = invitation.body;
  const { campaign } = published;
  const envelope = pinRegion(submission.envelope, region, campaign.regions, settings.epochs, now);

  const receipt = consentReceipt(settings, occasion, submission.consent, {
    submissionId: submission.submissionId,
    keyId: envelope.keyId,
    envelopeSha256: sha256Text(envelope.bytes),
  });
  const record: SealedRecord | PreferencesRecord = {
    kind,
    ...submission,
    admittedAt: occasion.admittedAt,
    channel: visit ? "site" : "web",
    receiptId: receipt.id,
  };
  return append(arrival, region, reader, {
    kind,
    reader: readerKey(invited),
    submissionId: submission.submissionId,
    contentSha256: sha256Text(contentOf(kind, submission, invitation, envelope)),
    givenAt: Date.parse(submission.consent.givenAt),
    admittedAt: now,
    test,
    record: JSON.stringify(record),
    receipt: receipt.jws,
  });
}

/**
 * The receipt of a withdrawal that is durable in its region. It must be as easy to withdraw as to consent (GDPR Art. 7(3)):
 * neither an expired invitation nor a closed campaign stands in the way.
 */
export async function admitWithdrawal(arrival: Arrival<Withdrawal>): Promise<Appended> {
  const invited = verify(await claim(arrival, arrival.body.invitation), 0);
  requireRegion(invited);
  const { region, reader } = invited.invitation.body;
  const occasion = occasionOf(arrival, invited, "web");
  const receipt = withdrawalReceipt(arrival.settings, occasion);
  const record: WithdrawalRecord = {
    kind: "withdrawal",
    invitation: arrival.body.invitation,
    submissionId: drawId(),
    admittedAt: occasion.admittedAt,
    receiptId: receipt.id,
  };
  return append(arrival, region, reader, {
    kind: "withdrawal",
    reader: readerKey(invited),
    admittedAt: arrival.now,
    record: JSON.stringify(record),
    receipt: receipt.jws,
  });
}

/** RFC 8785: members in their order. */
const consentText = ({ givenAt, language, notice, purposes }: Consent): string =>
  JSON.stringify({ givenAt, language, notice, purposes });

/** All that a reader sent under a submission id, in one spelling: what must be the same for a repeat to be one. */
const contentOf = (
  kind: "answer" | "preferences",
  { consent }: Submission,
  invitation: ParsedInvitation,
  envelope: PinnedEnvelope,
): Bytes =>
  concat(
    invitation.bytes,
    envelope.bytes,
    utf8(consentText(consent)),
    utf8(kind === "answer" ? "" : kind),
  );
