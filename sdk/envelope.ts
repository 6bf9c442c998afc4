// The envelope of SPEC §3.2: `hdr ‖ enc ‖ ct`, framed as RFC 9458 §4.
import { equalBytes, readUint, type Bytes } from "./bytes.ts";
import { Nenc, Nt, suiteBytes } from "./hpke/suite.ts";
import { plaintextSizes } from "./padding.ts";
import { Problem } from "./problem.ts";

/** keyId u8 ‖ kem u16 ‖ kdf u16 ‖ aead u16. */
const hdrBytes = 1 + suiteBytes.length;

export interface Envelope {
  readonly keyId: number;
  readonly hdr: Bytes;
  readonly enc: Bytes;
  readonly ct: Bytes;
}

/** Parts of `bytes`, not copies. Problems: envelope-malformed, suite-unknown. */
export function parseEnvelope(bytes: Bytes): Envelope {
  const hdr = bytes.subarray(0, hdrBytes);
  if (hdr.length < hdrBytes) throw new Problem("envelope-malformed");
  if (!equalBytes(hdr.subarray(1), suiteBytes)) throw new Problem("suite-unknown");
  const enc = bytes.subarray(hdrBytes, hdrBytes + Nenc);
  const ct = bytes.subarray(hdrBytes + Nenc);
  if (!plaintextSizes.some((size) => ct.length === size + Nt))
    throw new Problem("envelope-malformed");
  return { keyId: readUint(hdr, 0, 1), hdr, enc, ct };
}
