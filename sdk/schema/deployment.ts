// The files that `maily keygen` writes and the processes read. One is public; the others are secret and for one process each.
import { z } from "zod";
import { SealedChoices } from "./campaign.ts";
import {
  base64urlOf,
  Digest,
  Ed25519PublicKey,
  Instant,
  KeyId,
  RegionName,
  Tenant,
} from "./ids.ts";
import { KeyDirectory } from "./key-config.ts";

const Seed = base64urlOf(32).describe("A 32-byte private seed.");
const Secret = base64urlOf(32).describe("A 32-byte shared secret.");
const NamedKeyId = z.string().regex(/^[a-z0-9-]{1,64}$/);

export const OperatorKey = z
  .strictObject({
    keyId: NamedKeyId,
    tenant: Tenant,
    publicKey: Ed25519PublicKey,
    notBefore: Instant.optional().describe("Nothing that the key signs is taken before it."),
    notAfter: Instant.optional().describe(
      "Nor from then on; without it, for as long as it is listed.",
    ),
  })
  .describe("Who may publish campaigns for a tenant.");
export type OperatorKey = z.infer<typeof OperatorKey>;

export const Deployment = z
  .strictObject({ directory: KeyDirectory, operatorKeys: z.array(OperatorKey).max(1000) })
  .describe("deployment.json: public, the same for every process.");
export type Deployment = z.infer<typeof Deployment>;

const ForwardKey = z
  .strictObject({ keyId: NamedKeyId, secret: Secret })
  .describe("Signs what the edge forwards to one region's server.");
export type ForwardKey = z.infer<typeof ForwardKey>;

export const EdgeSecrets = z
  .strictObject({
    receiptKey: z.strictObject({ keyId: KeyId, seed: Seed }),
    visitKey: z
      .strictObject({ keyId: KeyId, seed: Seed })
      .optional()
      .describe("Signs visitors' invitations; without it no site is served."),
    forwardKeys: z.partialRecord(RegionName, ForwardKey),
  })
  .describe("edge.json");
export type EdgeSecrets = z.infer<typeof EdgeSecrets>;

export const RegionSecrets = z
  .strictObject({
    region: RegionName,
    keys: z
      .array(z.strictObject({ keyId: KeyId, seed: Seed }))
      .min(1)
      .max(16),
    forwardKeys: z.array(ForwardKey).min(1).max(8),
    wrapKey: Secret.describe("Wraps what the region keeps beyond a key's epoch: choice roots."),
    tokens: z
      .array(z.strictObject({ tenant: Tenant, sha256: Digest }))
      .max(1000)
      .describe("SHA-256 of the bearer tokens that read a tenant's results."),
    operatorTokenSha256: Digest.describe("SHA-256 of the bearer token of the region's operator."),
    otherOperatorTokensSha256: z
      .array(Digest)
      .max(8)
      .optional()
      .describe("Of tokens that are taken beside it while one takes another's place."),
  })
  .describe("region-<region>.json");
export type RegionSecrets = z.infer<typeof RegionSecrets>;

export const TenantSecrets = z
  .strictObject({
    tenant: Tenant,
    operatorKey: z.strictObject({ keyId: NamedKeyId, seed: Seed }),
    invitationKey: z.strictObject({ keyId: KeyId, seed: Seed }),
    readerKey: Secret.describe("Makes readers' pseudonyms."),
    token: Secret.describe("Reads the tenant's results."),
  })
  .describe("tenant-<number>.json");
export type TenantSecrets = z.infer<typeof TenantSecrets>;

export const ChoiceRoots = z
  .strictObject({
    campaign: z.string().length(11),
    roots: z
      .array(
        SealedChoices.extend({ choiceRoot: Secret.describe("Makes readers' sealed choices.") }),
      )
      .max(3),
  })
  .describe(
    "choices-<campaign>.json: secret, the renderer's. Losing it ends AMP for that campaign.",
  );
export type ChoiceRoots = z.infer<typeof ChoiceRoots>;

export const OperatorSecrets = z
  .strictObject({ rootSeed: Seed, token: Secret })
  .describe("operator.json: keep it offline.");
export type OperatorSecrets = z.infer<typeof OperatorSecrets>;
