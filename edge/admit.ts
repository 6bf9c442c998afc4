// Admission: everything between a reader's bytes and the acknowledgement, in the order of SPEC §4.1.
import { base64url, concat, type Bytes } from "../sdk/bytes.ts";
import { canonicalBytes, sha256 } from "../sdk/canonical.ts";
import { parseInvitation, verifyInvitation, type ParsedInvitation } from "../sdk/invitation.ts";
import { Problem } from "../sdk/problem.ts";
import { statusOf } from "../sdk/schema/campaign.ts";
import type { SealedRecord, WithdrawalRecord } from "../sdk/schema/record.ts";
import type { Submission, Withdrawal } from "../sdk/schema/submission.ts";
import { append } from "./append.ts";
import { publishedCampaign, type Published } from "./campaigns.ts";
import { passConsentGate } from "./consent-gate.ts";
import { consentReceipt, withdrawalReceipt, type Occasion } from "./receipt.ts";
import { pinRegion, type PinnedEnvelope } from "./region-pin.ts";
import type { Arrival } from "./route.ts";

/** The receipt of an answer that is durable in its region. */
export async function admit(arrival: Arrival<Submission>): Promise<string> {
  const { settings, now, body: submission } = arrival;
  const { published, invitation } = await invited(arrival, Math.floor(now / 1000));
  const { campaign } = published;
  const { region, reader } = invitation.body;
  requireOpen(published, now);
  const occasion = occasionOf(arrival, published, invitation);
  passConsentGate(campaign.notice, submission.consent, occasion.gpc, now);
  const envelope = pinRegion(submission.envelope, region, campaign.regions, settings.epochs, now);

  const [envelopeSha256, contentSha256] = await Promise.all([
    sha256(envelope.bytes),
    sha256(contentOf(submission, invitation, envelope)),
  ]);
  const receipt = await consentReceipt(settings, occasion, submission.consent, {
    submissionId: submission.submissionId,
    keyId: envelope.keyId,
    envelopeSha256,
  });
  const record: SealedRecord = {
    kind: "answer",
    ...submission,
    admittedAt: occasion.admittedAt,
    channel: "web",
    receiptId: receipt.id,
  };
  return append(arrival, region, reader, {
    kind: "answer",
    reader: readerKey(published, occasion),
    submissionId: submission.submissionId,
    contentSha256: base64url(contentSha256),
    givenAt: Date.parse(submission.consent.givenAt),
    admittedAt: now,
    record: JSON.stringify(record),
    receipt: receipt.jws,
  });
}

/**
 * The receipt of a withdrawal that is durable in its region. It must be as easy to withdraw as to consent (GDPR Art. 7(3)):
 * neither an expired invitation nor a closed campaign stands in the way.
 */
export async function admitWithdrawal(arrival: Arrival<Withdrawal>): Promise<string> {
  const { published, invitation } = await invited(arrival, 0);
  const { region, reader } = invitation.body;
  if (!published.campaign.regions.includes(region))
    throw new Problem("region-mismatch", { region });

  const occasion = occasionOf(arrival, published, invitation);
  const receipt = await withdrawalReceipt(arrival.settings, occasion);
  const record: WithdrawalRecord = {
    kind: "withdrawal",
    invitation: arrival.body.invitation,
    submissionId: base64url(crypto.getRandomValues(new Uint8Array(16))),
    admittedAt: occasion.admittedAt,
    receiptId: receipt.id,
  };
  return append(arrival, region, reader, {
    kind: "withdrawal",
    reader: readerKey(published, occasion),
    admittedAt: arrival.now,
    record: JSON.stringify(record),
    receipt: receipt.jws,
  });
}

/**
 * The campaign, and an invitation to it that its tenant signed and that has not expired at `nowSeconds`.
 * Problems: invitation-malformed, campaign-unknown, invitation-forged, invitation-expired.
 */
async function invited(
  arrival: Arrival<{ readonly invitation: string }>,
  nowSeconds: number,
): Promise<{ published: Published; invitation: ParsedInvitation }> {
  const { bytes, body } = parseInvitation(arrival.body.invitation);
  arrival.trace.region = body.region;
  const published = await publishedCampaign(arrival.env, base64url(body.campaign), arrival.now);
  const { campaign, invitationKeys } = published;
  // A visit is signed by a key of the edge, and this edge has none: a tenant's signature under one is not genuine.
  const keyOf = (tenant: number, keyId: number) =>
    tenant === campaign.tenant && !body.visit ? invitationKeys.get(keyId) : undefined;
  return { published, invitation: await verifyInvitation(bytes, keyOf, nowSeconds) };
}

function requireOpen({ campaign }: Published, now: number): void {
  if (statusOf(campaign, now) !== "open")
    throw new Problem("campaign-closed", {
      opensAt: campaign.opensAt,
      closesAt: campaign.closesAt,
    });
}

const occasionOf = (
  { request, now }: Pick<Arrival, "request" | "now">,
  published: Published,
  { body }: ParsedInvitation,
): Occasion => ({
  published,
  reader: base64url(body.reader),
  region: body.region,
  admittedAt: new Date(now).toISOString(),
  // Global Privacy Control: the browser's opt-out of sale and sharing.
  gpc: request.headers.get("sec-gpc") === "1",
  origin: originOf(request.url),
});

/** The part of an absolute address before its path; a URL object would cost as much as a digest. */
const originOf = (address: string): string =>
  address.slice(0, address.indexOf("/", address.indexOf("//") + 2));

/** One tenant's readers are never another's, whatever pseudonyms they were given. */
const readerKey = ({ campaign }: Published, { reader }: Occasion): string =>
  `${campaign.tenant}|${campaign.id}|${reader}`;

/** All that a reader sent under a submission id, in one spelling: what must be the same for a repeat to be one. */
const contentOf = (
  { consent }: Submission,
  invitation: ParsedInvitation,
  envelope: PinnedEnvelope,
): Bytes => concat(invitation.bytes, envelope.bytes, canonicalBytes(consent));
