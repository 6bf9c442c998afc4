// An issuer of agents' tokens: good ones, and every kind of bad one.
import { createHmac, createPublicKey, randomUUID, sign, type JsonWebKey } from "node:crypto";
import { generateSigner } from "../../server/agents/token-issue.ts";
import type { AgentKey, AgentSigner } from "../../sdk/schema/agents.ts";

export const issuerName = "https://issuer.example";
export const resource = "https://eu.maily.example/mcp";

export interface Issuing {
  readonly signer: AgentSigner;
  readonly publicKey: AgentKey;
}

export const newIssuer = (issuer = issuerName): Promise<Issuing> => generateSigner(issuer);

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

export interface Forging {
  readonly header?: Record<string, unknown>;
  readonly claims?: Record<string, unknown>;
}

/** Claims and header as they should be, and then as they are asked for; undefined takes one away. */
function parts({ signer }: Issuing, { header, claims }: Forging): string {
  const now = Math.floor(Date.now() / 1000);
  return `${part({ alg: "ES256", typ: "at+jwt", kid: signer.key.kid, ...header })}.${part({
    iss: signer.issuer,
    aud: resource,
    sub: "strategist-1",
    iat: now,
    exp: now + 600,
    jti: randomUUID(),
    tenant: 7,
    role: "campaign_strategist",
    regions: ["eu"],
    purposes: ["results", "offers"],
    ...claims,
  })}`;
}

/** A token signed with the issuer's own key, whatever it says. */
export function token(issuing: Issuing, forging: Forging = {}): string {
  const signed = parts(issuing, forging);
  const signature = sign("sha256", Buffer.from(signed), {
    key: { ...issuing.signer.key } as JsonWebKey,
    format: "jwk",
    dsaEncoding: "ieee-p1363",
  });
  return `${signed}.${signature.toString("base64url")}`;
}

/** Without a signature, as `alg: none` has it. */
export const unsigned = (issuing: Issuing): string =>
  `${parts(issuing, { header: { alg: "none" } })}.${Buffer.from("none").toString("base64url")}`;

/** Signed by HMAC with the public key as its secret: who takes the algorithm from the token takes this. */
export function confused(issuing: Issuing): string {
  const signed = parts(issuing, { header: { alg: "HS256" } });
  const secret = createPublicKey({
    key: { ...issuing.publicKey },
    format: "jwk",
  }).export({ type: "spki", format: "pem" });
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}
