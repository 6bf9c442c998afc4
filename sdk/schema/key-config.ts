import { z } from "zod";
import {
  base64urlOf,
  Ed25519PublicKey,
  Ed25519Signature,
  Instant,
  KeyId,
  RegionName,
} from "./ids.ts";

export const Suite = z
  .strictObject({ kem: z.literal(0x647a), kdf: z.literal(0x0001), aead: z.literal(0x0002) })
  .describe("HPKE X-Wing, HKDF-SHA256, AES-256-GCM; an exact triple, never negotiated.");

export const KeyConfig = z
  .strictObject({
    region: RegionName,
    keyId: KeyId.describe("Unique among all regions of a deployment."),
    suite: Suite,
    publicKey: base64urlOf(1216).describe("X-Wing: ML-KEM-768, then X25519."),
    notBefore: Instant,
    notAfter: Instant,
  })
  .describe("One epoch of a region's key.");
export type KeyConfig = z.infer<typeof KeyConfig>;

export const SignedKeyConfig = KeyConfig.extend({
  signature: Ed25519Signature.describe(
    'The root key over "maily key config v1", a zero byte, and the RFC 8785 bytes of the rest.',
  ),
});
export type SignedKeyConfig = z.infer<typeof SignedKeyConfig>;

export const VerificationKey = z.strictObject({ keyId: KeyId, publicKey: Ed25519PublicKey });
export type VerificationKey = z.infer<typeof VerificationKey>;

/** Visit keys of a deployment, those that are over among them. */
export const visitKeysMax = 16;

export const VisitKey = VerificationKey.extend({
  notAfter: Instant.optional().describe("No visit that it signed admits an answer from then on."),
});
export type VisitKey = z.infer<typeof VisitKey>;

export const KeyDirectory = z
  .strictObject({
    root: Ed25519PublicKey.describe("For reference; a client trusts the one it has pinned."),
    keys: z.array(SignedKeyConfig).max(64),
    receiptKeys: z.array(VerificationKey).max(16).describe("What receipts are signed with."),
    visitKeys: z
      .array(VisitKey)
      .max(visitKeysMax)
      .default([])
      .describe("What the edge signs visitors' invitations with."),
  })
  .describe("GET /v1/keys");
export type KeyDirectory = z.infer<typeof KeyDirectory>;
