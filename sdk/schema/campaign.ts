import { z } from "zod";
import {
  base64urlOf,
  CampaignId,
  Ed25519Signature,
  Instant,
  KeyId,
  RegionName,
  Tenant,
} from "./ids.ts";
import { SignedKeyConfig, VerificationKey } from "./key-config.ts";
import { Site } from "./site.ts";
import { Definition, Notice } from "./widget.ts";

export const SealedChoices = z
  .strictObject({
    region: RegionName,
    keyId: KeyId.describe("The region's key that `enc` is for."),
    enc: base64urlOf(1120).describe("HPKE `enc` of SPEC §3.8."),
  })
  .describe("From which a region derives the choice root of this campaign.");
export type SealedChoices = z.infer<typeof SealedChoices>;

export const MailCampaign = z
  .strictObject({
    senders: z
      .array(z.email().max(254).toLowerCase())
      .max(20)
      .describe("Addresses whose AMP mails may post answers; empty where no mail has an AMP part."),
    choices: z.array(SealedChoices).max(3).describe("One a region."),
  })
  .describe("What a campaign that is answered inside mail adds.");
export type MailCampaign = z.infer<typeof MailCampaign>;

export const Campaign = z
  .strictObject({
    id: CampaignId,
    tenant: Tenant,
    revision: z.int().min(1).max(0xffffffff).describe("Raised with every publication."),
    regions: z.array(RegionName).min(1).max(3),
    opensAt: Instant,
    closesAt: Instant,
    definition: Definition,
    notice: Notice,
    invitationKeys: z
      .array(VerificationKey)
      .min(1)
      .max(8)
      .describe("The keys this tenant signs invitations with."),
    mail: MailCampaign.optional(),
    site: Site.optional().describe("Absent, no site may embed it and no visit is admitted."),
  })
  .describe("A published version of a widget, with its notice, regions and closing date.");
export type Campaign = z.infer<typeof Campaign>;

export const SignedCampaign = z
  .strictObject({
    campaign: Campaign,
    operatorKeyId: z.string().min(1).max(64),
    signature: Ed25519Signature.describe(
      'The operator\'s key over "maily campaign v1", a zero byte, and the RFC 8785 bytes of `campaign`.',
    ),
  })
  .describe("PUT /admin/campaigns/:id");
export type SignedCampaign = z.infer<typeof SignedCampaign>;

export const CampaignStatus = z.enum(["pending", "open", "closed"]);
export type CampaignStatus = z.infer<typeof CampaignStatus>;

/** `opensAt` inclusive, `closesAt` exclusive; `now` in Unix milliseconds. */
export function statusOf(
  campaign: Pick<Campaign, "opensAt" | "closesAt">,
  now: number,
): CampaignStatus {
  if (now < Date.parse(campaign.opensAt)) return "pending";
  return now < Date.parse(campaign.closesAt) ? "open" : "closed";
}

/** What anybody may know of a campaign: the page is drawn from it. */
export const Manifest = Campaign.extend({
  status: CampaignStatus,
  keys: z
    .array(SignedKeyConfig)
    .max(64)
    .describe("The key configurations of the campaign's regions."),
  operatorKeyId: z.string().min(1).max(64),
  signature: Ed25519Signature.describe("Of the campaign, as it was published."),
}).describe("GET /v1/campaigns/:id");
export type Manifest = z.infer<typeof Manifest>;
