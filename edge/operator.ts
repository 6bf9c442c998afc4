// Whose operator sent a request (SPEC §6): by the signature, once, and only while the key is in force.
import type { Bytes } from "../sdk/bytes.ts";
import { verifyRequest, type Nonces } from "../sdk/http-signature.ts";
import { Problem } from "../sdk/problem.ts";
import type { Bindings, Settings } from "./env.ts";
import { reach } from "./reach.ts";
import type { Arrival } from "./route.ts";

/** The one object of a deployment that remembers operators' nonces. */
const noncesName = "campaigns-0";

/** An isolate's memory would let another isolate, or the same one after a restart, take a request a second time. */
const noncesOf = (env: Bindings): Nonces => ({
  accept: (nonce, now, created, keyId) =>
    reach("campaigns-away", () =>
      env.CAMPAIGNS.getByName(noncesName).acceptNonce(nonce, now, created, keyId),
    ),
});

/** An operator's key that is in force at `now`, Unix milliseconds; undefined for any other. */
export function operatorKeyOf(
  settings: Settings,
  keyId: string,
  now: number,
): { readonly tenant: number; readonly publicKey: Bytes } | undefined {
  const key = settings.operatorKeys.get(keyId);
  return key !== undefined && key.notBefore <= now && now < key.notAfter ? key : undefined;
}

/**
 * The tenant whose operator signed the request. Problems: signature-missing, signature-invalid, signature-stale,
 * region-unavailable.
 */
export async function requireOperator({
  env,
  settings,
  request,
  bodyBytes,
  now,
}: Pick<Arrival, "env" | "settings" | "request" | "bodyBytes" | "now">): Promise<number> {
  const { pathname, search } = new URL(request.url);
  // SPEC §6: the signature covers the path alone.
  if (search !== "") throw new Problem("signature-invalid");
  const keyId = await verifyRequest(
    { method: request.method, path: pathname, body: bodyBytes },
    request.headers,
    (id) => {
      const key = operatorKeyOf(settings, id, now);
      return key && { alg: "ed25519", publicKey: key.publicKey };
    },
    noncesOf(env),
    now,
  );
  const key = operatorKeyOf(settings, keyId, now);
  if (key === undefined) throw new Problem("signature-invalid");
  return key.tenant;
}
