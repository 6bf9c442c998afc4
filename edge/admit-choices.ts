// Admission of an answer given inside a mail (SPEC §3.9): codes that the edge cannot read, posted by a mail provider.
import { concat } from "../sdk/bytes.ts";
import { canonicalBytes } from "../sdk/canonical.ts";
import { Problem } from "../sdk/problem.ts";
import type { Campaign, SealedChoices } from "../sdk/schema/campaign.ts";
import type { Consent } from "../sdk/schema/consent.ts";
import type { ChoicesRecord } from "../sdk/schema/record.ts";
import type { AmpSubmission } from "../sdk/schema/submission.ts";
import { grantLeave } from "./amp-sender.ts";
import { sha256Text } from "./at-once.ts";
import { append, type Appended } from "./append.ts";
import { passConsentGate } from "./consent-gate.ts";
import {
  claim,
  drawId,
  occasionOf,
  readerKey,
  requireOpen,
  requireRegion,
  verify,
  type Invited,
} from "./invited.ts";
import { consentReceipt } from "./receipt.ts";
import { limitAnswers } from "./limits.ts";
import type { Arrival } from "./route.ts";

/** The receipt of choices that are durable in their region. */
export async function admitChoices(arrival: Arrival<AmpSubmission>): Promise<Appended> {
  const { settings, now, body: submission } = arrival;
  const claimed = await claim(arrival, submission.invitation);
  const { campaign } = claimed.published;
  grantLeave(arrival, campaign.mail?.senders ?? []);
  // No mail was made for a visitor.
  if (claimed.invitation.body.visit) throw new Problem("invitation-forged");
  const invited = verify(claimed, Math.floor(now / 1000));
  await limitAnswers(arrival, claimed.published);
  requireOpen(invited, now);
  const occasion = occasionOf(arrival, invited, "amp");
  const consent = consentOf(submission, invited, occasion.admittedAt);
  passConsentGate(campaign.notice, consent, occasion.gpc, now);
  const { keyId } = pinnedChoices(campaign, invited);

  const { invitation, choices } = submission;
  const submissionId = drawId();
  const said = { purposes: consent.purposes, language: consent.language, choices };
  const receipt = consentReceipt(settings, occasion, consent, {
    submissionId,
    keyId,
    envelopeSha256: sha256Text(canonicalBytes(choices)),
  });
  const record: ChoicesRecord = {
    kind: "choices",
    invitation,
    submissionId,
    consent,
    choices,
    admittedAt: occasion.admittedAt,
    channel: "amp",
    receiptId: receipt.id,
  };
  const { region, reader, test } = invited.invitation.body;
  return append(arrival, region, reader, {
    kind: "choices",
    reader: readerKey(invited),
    submissionId,
    contentSha256: sha256Text(concat(invited.invitation.bytes, canonicalBytes(said))),
    givenAt: now,
    admittedAt: now,
    test,
    record: JSON.stringify(record),
    receipt: receipt.jws,
  });
}

/** To post the form is to agree: now, to the notice that the mail showed. */
const consentOf = (
  { consent: purposes, language }: AmpSubmission,
  { published, invitation }: Invited,
  givenAt: string,
): Consent => ({
  notice: invitation.body.notice,
  purposes,
  givenAt,
  language: language ?? published.campaign.definition.languages[0] ?? "en",
});

/** What the codes of the invitation's region were made with. Problem: region-mismatch, where no mail has codes for it. */
function pinnedChoices(campaign: Campaign, invited: Invited): SealedChoices {
  requireRegion(invited);
  const { region } = invited.invitation.body;
  const pinned = campaign.mail?.choices.find((choices) => choices.region === region);
  if (pinned === undefined) throw new Problem("region-mismatch", { region });
  return pinned;
}
