// Which key an answer is sealed to (SPEC §7): one that the pinned root key signed, and no other.
import { fromBase64url, type Bytes } from "../../sdk/bytes.ts";
import { verifyEd25519 } from "../../sdk/ed25519.ts";
import type { Region } from "../../sdk/region.ts";
import type { SignedKeyConfig } from "../../sdk/schema/key-config.ts";
import { signedBytes } from "../../sdk/signed.ts";

export interface RegionKey {
  readonly keyId: number;
  readonly publicKey: Bytes;
}

/**
 * The active key of `region` with the latest `notBefore`, of those that `rootKey` signed; undefined where there is none.
 * What the root key did not sign is as if it were not there. `now` in Unix milliseconds.
 */
export async function chooseKey(
  configs: readonly SignedKeyConfig[],
  region: Region,
  rootKey: Bytes,
  now: number,
): Promise<RegionKey | undefined> {
  const active = configs
    .filter(({ region: where, suite, notBefore, notAfter }) => {
      try {
        return (
          where === region &&
          suite.kem === 0x647a &&
          suite.kdf === 1 &&
          suite.aead === 2 &&
          Date.parse(notBefore) <= now &&
          now < Date.parse(notAfter)
        );
      } catch {
        return false; // What stands between may have put anything in place of a suite or a time.
      }
    })
    .sort((left, right) => Date.parse(right.notBefore) - Date.parse(left.notBefore));
  for (const { signature, ...config } of active) {
    const signatureBytes = fromBase64url(signature);
    const publicKey = fromBase64url(config.publicKey);
    if (signatureBytes === undefined || publicKey === undefined) continue;
    try {
      if (await verifyEd25519(rootKey, signatureBytes, signedBytes("key-config", config)))
        return { keyId: config.keyId, publicKey };
    } catch {
      // What canonical JSON cannot say, nobody signed.
    }
  }
  return undefined;
}
