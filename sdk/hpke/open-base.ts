// HPKE base mode, the recipient (RFC 9180 §5.1.1, §6.1), for any runtime. A region's server has Node's own
// (sdk/node/open.ts).
import type { Bytes } from "../bytes.ts";
import { aesGcm } from "./aead.ts";
import { contextOf, keyAndNonce, type Context } from "./hpke.ts";
import { keySchedule, type Expand } from "./key-schedule.ts";
import { decap } from "./xwing-decap.ts";

async function decapAndExpand(enc: Bytes, skR: Bytes, info: Bytes): Promise<Expand> {
  const schedule = keySchedule(info);
  return schedule(await decap(enc, skR));
}

/** The recipient's side; `skR` is the 32-byte seed. A wrong key shows only in what is derived (FIPS 203 §6.3). */
export async function setupBaseR(enc: Bytes, skR: Bytes, info: Bytes): Promise<Context> {
  return contextOf(await decapAndExpand(enc, skR, info));
}

/** RFC 9180 §6.1 OpenBase; undefined where the AEAD refuses, never with a reason. */
export async function openBase(
  enc: Bytes,
  skR: Bytes,
  info: Bytes,
  aad: Bytes,
  ct: Bytes,
): Promise<Bytes | undefined> {
  const expand = await decapAndExpand(enc, skR, info);
  const [aead, [key, nonce]] = await Promise.all([aesGcm(), keyAndNonce(expand)]);
  return aead.open(key, nonce, aad, ct);
}
