// HPKE base mode, the sender: single-shot and export (RFC 9180 §5.1.1, §5.3, §6.1), for the one suite of SPEC §3. The
// recipient is in open-base.ts, so that a page that seals does not carry what opens.
import { equalBytes, type Bytes } from "../bytes.ts";
import { aesGcmSeal } from "./aead.ts";
import { exportSecret, keySchedule, type Expand } from "./key-schedule.ts";
import { Nk, Nn } from "./suite.ts";
import { encap } from "./xwing.ts";

/** One side of a set-up: what both derive from the shared secret. */
export interface Context {
  /** RFC 9180 §5.3; at most 32 bytes. */
  exportSecret(exporterContext: Bytes, length: number): Promise<Bytes>;
}

export const contextOf = (expand: Expand): Context => ({
  exportSecret: (exporterContext, length) => exportSecret(expand, exporterContext, length),
});

// RFC 9180 §5.2: nonce = base_nonce XOR seq, and single-shot has seq 0.
export const keyAndNonce = (expand: Expand) =>
  Promise.all([expand("key", Nk), expand("base_nonce", Nn)]);

let latest: { readonly info: Bytes; readonly schedule: ReturnType<typeof keySchedule> } | undefined;

/** What depends on `info` alone, kept of the last one: who seals again seals to the same key. */
function scheduleOf(info: Bytes) {
  if (!latest || !equalBytes(latest.info, info))
    latest = { info: info.slice(), schedule: keySchedule(info) };
  return latest.schedule;
}

/** RFC 9180 §5.1.1. `coins`, 64 bytes, replace the randomness in vectors and tests, and nowhere else. */
async function encapAndExpand(pkR: Bytes, info: Bytes, coins?: Bytes) {
  const schedule = scheduleOf(info);
  const { enc, sharedSecret } = await encap(pkR, coins);
  return { enc, expand: await schedule(sharedSecret) };
}

/** Encapsulates to `pkR` (1,216 bytes); `enc` (1,120 bytes) goes to the recipient. */
export async function setupBaseS(
  pkR: Bytes,
  info: Bytes,
  coins?: Bytes,
): Promise<{ enc: Bytes; context: Context }> {
  const { enc, expand } = await encapAndExpand(pkR, info, coins);
  return { enc, context: contextOf(expand) };
}

/** RFC 9180 §6.1 SealBase. */
export async function sealBase(
  pkR: Bytes,
  info: Bytes,
  aad: Bytes,
  pt: Bytes,
  coins?: Bytes,
): Promise<{ enc: Bytes; ct: Bytes }> {
  const { enc, expand } = await encapAndExpand(pkR, info, coins);
  const [seal, [key, nonce]] = await Promise.all([aesGcmSeal(), keyAndNonce(expand)]);
  return { enc, ct: await seal(key, nonce, aad, pt) };
}
