// Signs agents' tokens where there is no authorization server: `maily agents token`, and the demo.
import { randomUUID } from "node:crypto";
import { exportJWK, generateKeyPair, importJWK, SignJWT } from "jose";
import { AgentKey, AgentSigner, type AgentClaims } from "../../sdk/schema/agents.ts";

/** A new signing key; its public half goes into agents.json, the rest stays with whoever signs. */
export async function generateSigner(
  issuer: string,
): Promise<{ signer: AgentSigner; publicKey: AgentKey }> {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const { kty, crv, x, y, d } = await exportJWK(privateKey);
  const key = { kty, crv, x, y, d, kid: randomUUID(), alg: "ES256", use: "sig" };
  const signer = AgentSigner.parse({ issuer, key });
  const { d: _, ...publicKey } = signer.key;
  return { signer, publicKey };
}

/** Who the token names, for which server, and for how long. */
export type TokenOrder = Pick<AgentClaims, "sub" | "tenant" | "role" | "regions" | "purposes"> & {
  readonly resource: string;
  readonly seconds: number;
};

/** A token as RFC 9068 has it. */
export async function issueToken(
  { issuer, key }: AgentSigner,
  { resource, seconds, sub, tenant, role, regions, purposes }: TokenOrder,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const { kty, crv, x, y, d } = key;
  return new SignJWT({ tenant, role, regions, purposes })
    .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid: key.kid })
    .setIssuer(issuer)
    .setAudience(resource)
    .setSubject(sub)
    .setIssuedAt(now)
    .setExpirationTime(now + seconds)
    .setJti(randomUUID())
    .sign(await importJWK({ kty, crv, x, y, d }, "ES256"));
}
