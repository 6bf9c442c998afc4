// Agents' tokens: ES256 JWTs in the form of RFC 9068, verified as a resource server does (RFC 8725, RFC 8707). The only door to
// jose, with token-issue.ts.
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  errors,
  jwtVerify,
  type FetchImplementation,
  type JWTVerifyGetKey,
} from "jose";
import { Problem } from "../../sdk/problem.ts";
import type { Region } from "../../sdk/region.ts";
import {
  AgentClaims,
  agentLimits,
  type AgentIssuer,
  type AgentsFile,
} from "../../sdk/schema/agents.ts";
import { bytesAtMost } from "../response-text.ts";

const jwksMsMax = 3_000;
/** An unknown `kid` has the set fetched again, at most this often. */
const jwksCooldownMs = 30_000;
const jwksAgeMsMax = 600_000;
const jwksBytesMax = 65_536;
const presentedForm = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i;

/** Why a token is refused. What is not signed by a key of ours learns no more than that. */
export type TokenFault =
  | "missing"
  | "malformed"
  | "issuer"
  | "key"
  | "keys-away"
  | "signature"
  | "algorithm"
  | "type"
  | "audience"
  | "expired"
  | "not-yet-valid"
  | "lifetime"
  | "claims"
  | "tenant"
  | "region"
  | "revoked";

const refused = (reason: TokenFault): Problem => new Problem("agent-token-invalid", { reason });

/** The set of keys, of bounded size, from exactly the address that the file names. */
const fetchKeys: FetchImplementation = async (url, options) => {
  const response = await fetch(url, { ...options, redirect: "error" });
  const keys = await bytesAtMost(response, jwksBytesMax);
  if (keys === undefined) throw new TypeError("a key set that is too large");
  return new Response(keys, { status: response.status });
};

interface Issuer {
  readonly tenants: ReadonlySet<number>;
  readonly keys: JWTVerifyGetKey;
}

const keysOf = (issuer: AgentIssuer): JWTVerifyGetKey =>
  "keys" in issuer
    ? createLocalJWKSet({
        keys: issuer.keys.map(({ kty, crv, x, y, kid }) => ({ kty, crv, x, y, kid })),
      })
    : createRemoteJWKSet(new URL(issuer.jwksUrl), {
        timeoutDuration: jwksMsMax,
        cooldownDuration: jwksCooldownMs,
        cacheMaxAge: jwksAgeMsMax,
        [customFetch]: fetchKeys,
      });

/** jose's errors in our words (RFC 6750 §3.1: all of them are `invalid_token`). */
function faultOf(error: unknown): TokenFault {
  if (error instanceof errors.JWTExpired) return "expired";
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === "aud") return "audience";
    if (error.claim === "nbf") return "not-yet-valid";
    if (error.claim === "typ") return "type";
    return error.claim === "iss" ? "issuer" : "claims";
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return "algorithm";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "signature";
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return "key";
  if (
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JOSENotSupported
  )
    return "malformed";
  // A key set that cannot be had, is too large or no key set.
  return "keys-away";
}

export class TokenVerifier {
  readonly resource: string;
  readonly #region: Region;
  readonly #issuers: ReadonlyMap<string, Issuer>;
  readonly #revokedTokens: ReadonlySet<string>;
  readonly #revokedSubjects: ReadonlySet<string>;

  constructor(agents: AgentsFile, resource: string, region: Region) {
    this.resource = resource;
    this.#region = region;
    this.#issuers = new Map(
      agents.issuers.map((issuer) => [
        issuer.issuer,
        { tenants: new Set(issuer.tenants), keys: keysOf(issuer) },
      ]),
    );
    this.#revokedTokens = new Set(agents.revoked?.tokens);
    this.#revokedSubjects = new Set(agents.revoked?.subjects);
  }

  get revokedCount(): number {
    return this.#revokedTokens.size + this.#revokedSubjects.size;
  }

  /** What the token of `Authorization` says. Problem: `agent-token-invalid` with `reason`. */
  async verify(authorization: string | undefined): Promise<AgentClaims> {
    if (authorization === undefined) throw refused("missing");
    const [, token] = presentedForm.exec(authorization) ?? [];
    if (token === undefined || token.length > agentLimits.tokenCharacters)
      throw refused("malformed");
    const issuer = this.#issuers.get(issuerOf(token) ?? "");
    if (issuer === undefined) throw refused("issuer");
    const payload = await this.#payload(token, issuer);
    const parsed = AgentClaims.safeParse(payload);
    // One audience and no other (RFC 8707): a token for several servers could be carried from one to the next.
    if (Array.isArray(payload["aud"])) throw refused("audience");
    if (!parsed.success) throw refused("claims");
    const claims = parsed.data;
    const now = Math.floor(Date.now() / 1000);
    if (claims.exp - claims.iat > agentLimits.tokenSecondsMax) throw refused("lifetime");
    if (claims.iat > now + agentLimits.clockSkewSeconds) throw refused("not-yet-valid");
    const fault = this.faultIn(claims);
    if (fault !== undefined) throw refused(fault);
    return claims;
  }

  /** What speaks against a token that was taken before: its time is over, or the file has changed. */
  faultIn(claims: AgentClaims): TokenFault | undefined {
    const issuer = this.#issuers.get(claims.iss);
    if (issuer === undefined) return "issuer";
    if (claims.aud !== this.resource) return "audience";
    if (claims.exp + agentLimits.clockSkewSeconds <= Date.now() / 1000) return "expired";
    if (!issuer.tenants.has(claims.tenant)) return "tenant";
    if (!claims.regions.includes(this.#region)) return "region";
    if (this.#revokedTokens.has(claims.jti) || this.#revokedSubjects.has(claims.sub))
      return "revoked";
    return undefined;
  }

  async #payload(token: string, { keys }: Issuer): Promise<Record<string, unknown>> {
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms: ["ES256"],
        typ: "at+jwt",
        audience: this.resource,
        clockTolerance: agentLimits.clockSkewSeconds,
        requiredClaims: ["iss", "sub", "aud", "exp", "iat", "jti"],
      });
      return payload;
    } catch (error) {
      throw refused(faultOf(error));
    }
  }
}

/** Whose keys to try; nothing else of a token is looked at before its signature holds. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    throw refused("malformed");
  }
}
