// Who may ask as an agent: the file that a region's server reads, and what an agent's token says (SPEC §10.5).
import { z } from "zod";
import { AuthoredId, base64urlOf, Instant, RegionName, Tenant } from "./ids.ts";
import { PolicySettings } from "./policy.ts";

export const agentLimits = {
  issuers: 16,
  keys: 16,
  tenants: 1_000,
  revoked: 10_000,
  origins: 50,
  /** From `iat` to `exp`. */
  tokenSecondsMax: 3_600,
  clockSkewSeconds: 60,
  tokenCharacters: 4_096,
  purposes: 50,
} as const;

const loopback = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** Plain HTTP is for this machine alone. */
const isSafeUrl = (text: string): boolean => {
  const url = URL.parse(text);
  return (
    url !== null &&
    (url.protocol === "https:" || (url.protocol === "http:" && loopback.has(url.hostname))) &&
    url.username === "" &&
    url.password === "" &&
    url.hash === ""
  );
};
const SafeUrl = z
  .string()
  .max(2_048)
  .refine(isSafeUrl, "is not an https address (http on this machine alone) without user and #");

/** A public key of an issuer (RFC 7517, RFC 7518 §6.2). A file that holds the private half is refused. */
export const AgentKey = z
  .strictObject({
    kty: z.literal("EC"),
    crv: z.literal("P-256"),
    x: base64urlOf(32),
    y: base64urlOf(32),
    kid: z.string().min(1).max(128),
    alg: z.literal("ES256").optional(),
    use: z.literal("sig").optional(),
  })
  .describe("A public key that verifies tokens.");
export type AgentKey = z.infer<typeof AgentKey>;

const issuerShape = {
  issuer: z.string().min(1).max(512).describe("As `iss` of its tokens says, to the letter."),
  tenants: z.array(Tenant).min(1).max(agentLimits.tenants).describe("Whose agents it may name."),
};
export const AgentIssuer = z
  .union([
    z.strictObject({ ...issuerShape, keys: z.array(AgentKey).min(1).max(agentLimits.keys) }),
    z.strictObject({ ...issuerShape, jwksUrl: SafeUrl.describe("Where its JWK Set is.") }),
  ])
  .describe("Whose tokens are taken, and for which tenants.");
export type AgentIssuer = z.infer<typeof AgentIssuer>;

export const AgentsFile = z
  .strictObject({
    resource: z
      .union([SafeUrl, z.partialRecord(RegionName, SafeUrl)])
      .describe(
        "The address of `/mcp` as agents call it, or one a region: the audience of tokens.",
      ),
    issuers: z.array(AgentIssuer).min(1).max(agentLimits.issuers),
    revoked: z
      .strictObject({
        tokens: z.array(z.string().max(128)).max(agentLimits.revoked).default([]),
        subjects: z.array(z.string().max(254)).max(agentLimits.revoked).default([]),
      })
      .optional()
      .describe("Ids (`jti`) of tokens and subjects that are taken no more, whatever they hold."),
    origins: z
      .array(SafeUrl)
      .max(agentLimits.origins)
      .optional()
      .describe("Origins whose pages may ask; a request without `Origin` is no page's."),
    policy: PolicySettings.optional(),
  })
  .describe("agents.json: public keys alone, nothing secret.");
export type AgentsFile = z.infer<typeof AgentsFile>;

export const AgentRole = z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/, "is not a role's name");

/** What a token says (RFC 9068, with what decides here). `scope` and others that issuers add are not read. */
export const AgentClaims = z
  .object({
    iss: z.string().min(1).max(512),
    aud: z.string().max(2_048),
    sub: z.string().min(1).max(254),
    iat: z.int(),
    nbf: z.int().optional(),
    exp: z.int(),
    jti: z.string().min(1).max(128),
    tenant: Tenant,
    role: AgentRole,
    regions: z.array(RegionName).min(1).max(3),
    purposes: z.array(AuthoredId).max(agentLimits.purposes),
  })
  .describe("The claims of an agent's token.");
export type AgentClaims = z.infer<typeof AgentClaims>;

/** agents-signer.json, which `maily agents keygen` writes: signs tokens of one issuer. */
export const AgentSigner = z
  .strictObject({
    issuer: z.string().min(1).max(512),
    key: z.strictObject({ ...AgentKey.shape, d: base64urlOf(32) }),
  })
  .describe("Secret: whoever holds it names agents.");
export type AgentSigner = z.infer<typeof AgentSigner>;

export const LoggedDecision = z
  .strictObject({
    decision: z.string().describe("Names the decision; each result carries it."),
    at: Instant,
    subject: z.string(),
    role: z.string(),
    action: z.enum(["call", "list", "read", "subscribe"]),
    tool: z.string().optional(),
    segment: z.string().optional(),
    campaign: z.string().optional(),
    purpose: z.string().optional(),
    allowed: z.boolean(),
    reasons: z.array(z.string()),
    columns: z.array(z.string()),
    withheld: z.int().min(0).describe("Rows of a list that were left out."),
    policy: z.string().describe("The digest of the policy that decided."),
  })
  .describe("What was asked, what was decided, and why; never what was answered.");
export type LoggedDecision = z.infer<typeof LoggedDecision>;
