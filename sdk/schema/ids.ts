import { z } from "zod";
import { fromBase64url } from "../bytes.ts";
import { regions } from "../region.ts";

/** Canonical base64url text of exactly `byteLength` bytes (SPEC §3). */
export const base64urlOf = (byteLength: number) =>
  z
    .string()
    .length(Math.ceil((byteLength * 4) / 3))
    .refine((text) => fromBase64url(text) !== undefined, "is not canonical base64url");

export const CampaignId = base64urlOf(8).describe(
  "A campaign: 8 bytes, 11 characters of base64url.",
);
export const ReaderPseudonym = base64urlOf(16).describe(
  "A reader's pseudonym within one campaign.",
);
export const SubmissionId = base64urlOf(16).describe(
  "16 random bytes that name one submission; a repeat with the same id adds nothing.",
);
export const InvitationText = z
  .string()
  .length(136)
  .describe("The invitation of the link: 102 bytes, 136 characters of base64url.");
export const ChoiceCode = base64urlOf(16).describe("A sealed choice: one AES block, SPEC §3.8.");
export const Digest = base64urlOf(32).describe("A SHA-256 digest.");
export const Ed25519PublicKey = base64urlOf(32).describe("A raw Ed25519 public key (RFC 8032).");
export const Ed25519Signature = base64urlOf(64).describe("An Ed25519 signature (RFC 8032).");

export const Tenant = z.int().min(1).max(0xffffffff).describe("A tenant's number.");
export const KeyId = z.int().min(0).max(255).describe("The id of a key, one byte.");
export const RegionName = z.enum(regions as ["eu", "us", "apac"]).describe("A legal region.");
export const Instant = z.iso
  .datetime()
  .max(30)
  .describe("An instant in UTC, RFC 3339, ending in Z.");
export const Language = z
  .string()
  .regex(
    /^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?$/,
    "is not a language tag such as de or pt-BR",
  )
  .describe("A BCP 47 language tag.");

/** Ids that authors write: short, lower-case, stable. */
export const AuthoredId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, "must be 1 to 32 of a-z, 0-9 and -, beginning with a letter")
  // Answers are looked up by id in plain objects.
  .refine((id) => !(id in {}), "is a name that every object has; choose another");
