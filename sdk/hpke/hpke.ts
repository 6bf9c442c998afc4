// HPKE base mode, single-shot and export (RFC 9180 §5.1.1, §5.3, §6.1), for the one suite of SPEC §3.
import type { Bytes } from "../bytes.ts";
import { aesGcm } from "./aead.ts";
import { exportSecret, keySchedule, type Expand } from "./key-schedule.ts";
import { Nk, Nn } from "./suite.ts";
import { decap } from "./xwing-decap.ts";
import { encap } from "./xwing.ts";

/** One side of a set-up: what both derive from the shared secret. */
export interface Context {
  /** RFC 9180 §5.3; at most 32 bytes. */
  exportSecret(exporterContext: Bytes, length: number): Promise<Bytes>;
}

const contextOf = (expand: Expand): Context => ({
  exportSecret: (exporterContext, length) => exportSecret(expand, exporterContext, length),
});

// RFC 9180 §5.2: nonce = base_nonce XOR seq, and single-shot has seq 0.
const aeadParameters = (expand: Expand) =>
  Promise.all([aesGcm(), expand("key", Nk), expand("base_nonce", Nn)]);

/** RFC 9180 §5.1.1. `coins`, 64 bytes, replace the randomness in vectors and tests, and nowhere else. */
async function encapAndExpand(pkR: Bytes, info: Bytes, coins?: Bytes) {
  const schedule = keySchedule(info);
  const { enc, sharedSecret } = await encap(pkR, coins);
  return { enc, expand: await schedule(sharedSecret) };
}

async function decapAndExpand(enc: Bytes, skR: Bytes, info: Bytes): Promise<Expand> {
  const schedule = keySchedule(info);
  return schedule(await decap(enc, skR));
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

/** The recipient's side; `skR` is the 32-byte seed. A wrong key shows only in what is derived (FIPS 203 §6.3). */
export async function setupBaseR(enc: Bytes, skR: Bytes, info: Bytes): Promise<Context> {
  return contextOf(await decapAndExpand(enc, skR, info));
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
  const [aead, key, nonce] = await aeadParameters(expand);
  return { enc, ct: await aead.seal(key, nonce, aad, pt) };
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
  const [aead, key, nonce] = await aeadParameters(expand);
  return aead.open(key, nonce, aad, ct);
}
