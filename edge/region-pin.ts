// Never in the wrong region (SPEC §4.1, step 5).
import type { Bytes } from "../sdk/bytes.ts";
import { clockToleranceMilliseconds } from "../sdk/consent.ts";
import { parseEnvelope } from "../sdk/envelope.ts";
import { Problem } from "../sdk/problem.ts";
import type { Region } from "../sdk/region.ts";
import { fromBase64url } from "./base64url.ts";
import type { KeyEpoch } from "./env.ts";

/** Answers sealed just before an epoch's end, or kept offline, are taken this long after it. */
const expiredKeyMilliseconds = 7 * 86_400_000;

export interface PinnedEnvelope {
  readonly keyId: number;
  readonly bytes: Bytes;
}

/**
 * The envelope, where it is sealed to a key in use of the invitation's region and the campaign runs there. A mismatch is
 * refused, never rerouted. Problems: envelope-malformed, suite-unknown, key-unknown, region-mismatch.
 */
export function pinRegion(
  envelope: string,
  region: Region,
  campaignRegions: readonly Region[],
  epochs: ReadonlyMap<number, KeyEpoch>,
  now: number,
): PinnedEnvelope {
  const bytes = fromBase64url(envelope);
  if (bytes === undefined) throw new Problem("envelope-malformed");
  const { keyId } = parseEnvelope(bytes);
  const epoch = epochs.get(keyId);
  if (
    epoch === undefined ||
    now < epoch.notBefore - clockToleranceMilliseconds ||
    now >= epoch.notAfter + expiredKeyMilliseconds
  )
    throw new Problem("key-unknown");
  if (epoch.region !== region || !campaignRegions.includes(region))
    throw new Problem("region-mismatch", { region });
  return { keyId, bytes };
}
