import { hash, timingSafeEqual } from "node:crypto";
import { fromBase64url } from "../sdk/bytes.ts";
import { Problem } from "../sdk/problem.ts";
import type { RegionSecrets } from "../sdk/schema/deployment.ts";

const tokenForm = /^Bearer ([\w.~+/-]{16,512}=*)$/i;

/** SHA-256 of the token of `Authorization: Bearer` (RFC 6750 §2.1). Problem: `token-invalid`. */
function presented(authorization: string | undefined): Buffer {
  const [, token] = tokenForm.exec(authorization ?? "") ?? [];
  if (token === undefined) throw new Problem("token-invalid");
  return hash("sha256", token, "buffer");
}

/** Digests are compared without early exit, and all of them, so that the time taken tells nothing of any token. */
const matches = (digest: Buffer, sha256: string): boolean => {
  const known = fromBase64url(sha256);
  return known?.length === digest.length && timingSafeEqual(digest, known);
};

/** Whose results the token reads. Problem: `token-invalid`. */
export function tenantOf(
  authorization: string | undefined,
  tokens: RegionSecrets["tokens"],
): number {
  const digest = presented(authorization);
  const [holder] = tokens.filter(({ sha256 }) => matches(digest, sha256));
  if (holder === undefined) throw new Problem("token-invalid");
  return holder.tenant;
}

/** Problem: `token-invalid`. */
export function requireOperator(
  authorization: string | undefined,
  {
    operatorTokenSha256,
    otherOperatorTokensSha256 = [],
  }: Pick<RegionSecrets, "operatorTokenSha256" | "otherOperatorTokensSha256">,
): void {
  const digest = presented(authorization);
  const known = [operatorTokenSha256, ...otherOperatorTokensSha256];
  if (known.filter((sha256) => matches(digest, sha256)).length === 0)
    throw new Problem("token-invalid");
}
