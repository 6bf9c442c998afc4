import { z } from "zod";
import {
  AuthoredId,
  CampaignId,
  Digest,
  Instant,
  KeyId,
  Language,
  ReaderPseudonym,
  RegionName,
  SubmissionId,
  Tenant,
} from "./ids.ts";

const Process = z.strictObject({
  "dpv:hasPurpose": AuthoredId,
  "dpv:hasLegalBasis": z.literal("dpv:Consent"),
  "dpv:hasConsentStatus": z.enum([
    "dpv:ConsentGiven",
    "dpv:ConsentRefused",
    "dpv:ConsentWithdrawn",
  ]),
});

/** ISO/IEC TS 27560:2023 in the terms of the W3C Data Privacy Vocabulary; signed as JWS by the edge. */
export const Receipt = z
  .strictObject({
    "@context": z.literal("https://w3id.org/dpv"),
    "@type": z.literal("dpv:ConsentRecord"),
    "dct:conformsTo": z.literal("ISO/IEC TS 27560:2023"),
    "dct:created": Instant,
    tenant: Tenant,
    campaign: CampaignId,
    reader: ReaderPseudonym.describe("The data subject, by pseudonym."),
    controller: z.strictObject({ name: z.string(), contact: z.string() }),
    jurisdiction: RegionName,
    retentionDays: z.int(),
    process: z.array(Process),
    notice: z.strictObject({ version: z.int(), language: Language, sha256: Digest }),
    event: z.strictObject({
      type: z.enum(["consent-given", "consent-withdrawn"]),
      givenAt: Instant,
      method: z.enum(["web", "amp"]),
    }),
    signals: z.strictObject({ gpc: z.boolean() }),
    withdrawAt: z.string().describe("Where consent is withdrawn."),
    binding: z
      .strictObject({ submissionId: SubmissionId, keyId: KeyId, envelopeSha256: Digest })
      .optional()
      .describe("The sealed answer this consent belongs to; absent in a withdrawal."),
  })
  .describe("The reader's proof of consent; its id is the SHA-256 of its RFC 8785 bytes.");
export type Receipt = z.infer<typeof Receipt>;
