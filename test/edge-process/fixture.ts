// A tenant's campaign, invitations and sealed answers, made with nothing but the sdk: runs in Node and in workerd.
import { base64url, fromBase64url, utf8, type Bytes } from "../../sdk/bytes.ts";
import { publicKeyOfSeed, signEd25519 } from "../../sdk/ed25519.ts";
import { signRequest } from "../../sdk/http-signature.ts";
import { mintInvitation, parseInvitation, type Invitation } from "../../sdk/invitation.ts";
import type { Region } from "../../sdk/region.ts";
import { Campaign, type MailCampaign, type SignedCampaign } from "../../sdk/schema/campaign.ts";
import type { Consent } from "../../sdk/schema/consent.ts";
import type { Deployment, TenantSecrets } from "../../sdk/schema/deployment.ts";
import type { Site } from "../../sdk/schema/site.ts";
import type { Submission } from "../../sdk/schema/submission.ts";
import { seal } from "../../sdk/seal.ts";
import { signedBytes } from "../../sdk/signed.ts";

const dayMilliseconds = 86_400_000;

export const bytesOf = (text: string): Bytes => {
  const bytes = fromBase64url(text);
  if (bytes === undefined) throw new Error("not base64url");
  return bytes;
};

export const randomBytes = (length: number): Bytes =>
  crypto.getRandomValues(new Uint8Array(length));

export const instant = (offsetMilliseconds: number): string =>
  new Date(Date.now() + offsetMilliseconds).toISOString();

/** A campaign that is open, in all regions, with one required purpose, one optional, and one that shares. */
export async function campaignOf(
  tenant: TenantSecrets,
  changes: Partial<Campaign> = {},
): Promise<Campaign> {
  const publicKey = await publicKeyOfSeed(bytesOf(tenant.invitationKey.seed));
  return Campaign.parse({
    id: base64url(randomBytes(8)),
    tenant: tenant.tenant,
    revision: 1,
    regions: ["eu", "us", "apac"],
    opensAt: instant(-dayMilliseconds),
    closesAt: instant(30 * dayMilliseconds),
    definition: {
      maily: 1,
      title: "Tea or coffee",
      languages: ["en"],
      questions: [
        {
          id: "drink",
          kind: "single-choice",
          text: "Which?",
          options: [
            { id: "tea", text: "Tea" },
            { id: "coffee", text: "Coffee" },
          ],
        },
      ],
    },
    notice: {
      version: 3,
      controller: { name: "Test Tea", contact: "privacy@tea.example" },
      retentionDays: 30,
      text: "We count.",
      purposes: [
        { id: "results", text: "Count answers", required: true },
        { id: "newsletter", text: "Write to you" },
        { id: "partners", text: "Share", sharing: true },
      ],
    },
    invitationKeys: [{ keyId: tenant.invitationKey.keyId, publicKey: base64url(publicKey) }],
    ...changes,
  });
}

/** What makes a campaign one that a site embeds: two sites, and a region by the visitor's country. */
export const siteOf = (changes: Partial<Site> = {}): Site => ({
  embedKey: base64url(randomBytes(16)),
  origins: ["https://shop.example", "https://*.shop.example", "http://localhost:3000"],
  region: { byCountry: { DE: "eu", US: "us", JP: "apac" } },
  visitHours: 24,
  ...changes,
});

/** What makes a campaign one whose mails post answers. No region opens anything here: `enc` is as long as one. */
export const mailOf = (
  { directory }: Deployment,
  senders: readonly string[] = ["hello@tea.example", "desk@tea.example"],
  regions: readonly Region[] = ["eu", "us", "apac"],
): MailCampaign => ({
  senders: [...senders],
  choices: regions.map((region) => {
    const key = directory.keys.find((candidate) => candidate.region === region);
    if (key === undefined) throw new Error(`no key in ${region}`);
    return { region, keyId: key.keyId, enc: base64url(randomBytes(1120)) };
  }),
});

/** What a sealed choice looks like to whoever cannot open it. */
export const randomCode = (): string => base64url(randomBytes(16));

export async function signCampaign(
  campaign: unknown,
  tenant: TenantSecrets,
): Promise<SignedCampaign> {
  const signature = await signEd25519(
    bytesOf(tenant.operatorKey.seed),
    signedBytes("campaign", campaign),
  );
  return {
    campaign: campaign as Campaign, // Some tests sign what is no campaign.
    operatorKeyId: tenant.operatorKey.keyId,
    signature: base64url(signature),
  };
}

/** The headers and body of `PUT /admin/campaigns/:id`. */
export async function publication(
  document: { readonly campaign: { readonly id: string } },
  tenant: TenantSecrets,
  now: number = Date.now(),
): Promise<{ path: string; method: "PUT"; headers: Record<string, string>; body: Bytes }> {
  const path = `/admin/campaigns/${document.campaign.id}`;
  const body = utf8(JSON.stringify(document));
  const key = { alg: "ed25519", seed: bytesOf(tenant.operatorKey.seed) } as const;
  const signature = await signRequest(
    { method: "PUT", path, body },
    tenant.operatorKey.keyId,
    key,
    now,
  );
  return {
    path,
    method: "PUT",
    headers: { "content-type": "application/json", ...signature },
    body,
  };
}

/** An invitation of a new reader, valid for a day. */
export const invite = (
  tenant: TenantSecrets,
  campaign: Campaign,
  region: Region,
  changes: Partial<Invitation> = {},
): Promise<string> =>
  mintInvitation(
    {
      keyId: tenant.invitationKey.keyId,
      region,
      test: false,
      visit: false,
      tenant: tenant.tenant,
      campaign: bytesOf(campaign.id),
      reader: randomBytes(16),
      notice: campaign.notice.version,
      expiresAt: Math.floor((Date.now() + dayMilliseconds) / 1000),
      ...changes,
    },
    bytesOf(tenant.invitationKey.seed),
  );

export const consentOf = (changes: Partial<Consent> = {}): Consent => ({
  notice: 3,
  purposes: ["results"],
  givenAt: instant(-1_000),
  language: "en",
  ...changes,
});

export interface SubmissionChanges {
  readonly submissionId?: string;
  readonly consent?: Consent;
  /** The region whose key it is sealed to, where that is not the invitation's. */
  readonly sealedFor?: Region;
  readonly drink?: string;
}

/** A submission as the page makes it, sealed to the region's first key. */
export async function submissionOf(
  deployment: Deployment,
  invitation: string,
  changes: SubmissionChanges = {},
): Promise<Submission> {
  const { body, bytes } = parseInvitation(invitation);
  const region = changes.sealedFor ?? body.region;
  const key = deployment.directory.keys.find((candidate) => candidate.region === region);
  if (key === undefined) throw new Error(`no key in ${region}`);
  const submissionId = changes.submissionId ?? base64url(randomBytes(16));
  const consent = changes.consent ?? consentOf();
  const envelope = await seal({
    publicKey: bytesOf(key.publicKey),
    keyId: key.keyId,
    region,
    tenant: body.tenant,
    campaign: body.campaign,
    reader: body.reader,
    submissionId: bytesOf(submissionId),
    consent,
    invitation: bytes,
    answers: { drink: changes.drink ?? "tea" },
    language: "en",
  });
  return { invitation, submissionId, consent, envelope: base64url(envelope) };
}
