// The base mode key schedule of RFC 9180 §5.1 over HKDF-SHA256 (RFC 5869) by WebCrypto, which every runtime has that has
// a secure context at all.
import { concat, u16, u8, utf8, type Bytes } from "../bytes.ts";
import { Nh, suiteId } from "./suite.ts";

const modeBase = u8(0x00);
const none = new Uint8Array(0);

/** RFC 9180 §4: the input keying material of LabeledExtract. */
export const labeledIkm = (suite: Bytes, label: string, ikm: Bytes): Bytes =>
  concat(utf8("HPKE-v1"), suite, utf8(label), ikm);

/** RFC 9180 §4: the info of LabeledExpand. */
export const labeledInfo = (suite: Bytes, label: string, info: Bytes, length: number): Bytes =>
  concat(u16(length), utf8("HPKE-v1"), suite, utf8(label), info);

/** RFC 9180 §5.1: `key_schedule_context` of base mode. */
export const scheduleContext = (pskIdHash: Bytes, infoHash: Bytes): Bytes =>
  concat(modeBase, pskIdHash, infoHash);

/** LabeledExpand of the schedule's `secret`: "key", "base_nonce" or "exp", at most 32 bytes. */
export type Expand = (label: string, length: number) => Promise<Bytes>;

async function hmac(key: Bytes, message: Bytes): Promise<Bytes> {
  const hmacKey = await crypto.subtle.importKey(
    "raw",
    key,
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  return new Uint8Array(await crypto.subtle.sign("HMAC", hmacKey, message));
}

/** LabeledExtract with an empty salt, which HMAC takes as 32 zero bytes (RFC 5869 §2.2). */
const extractUnsalted = (suite: Bytes, label: string, ikm: Bytes) =>
  hmac(new Uint8Array(Nh), labeledIkm(suite, label, ikm));

/**
 * Begins the schedule before the shared secret is known: what depends on `info` alone runs beside the encapsulation.
 * `suite` is other than ours only in the tests that read other suites' vectors.
 */
export function keySchedule(info: Bytes, suite: Bytes = suiteId) {
  const begun = Promise.all([
    extractUnsalted(suite, "psk_id_hash", none),
    extractUnsalted(suite, "info_hash", info),
    crypto.subtle.importKey("raw", labeledIkm(suite, "secret", none), "HKDF", false, [
      "deriveBits",
    ]),
  ]);
  return async (sharedSecret: Bytes): Promise<Expand> => {
    const [pskIdHash, infoHash, ikm] = await begun;
    const context = scheduleContext(pskIdHash, infoHash);
    // RFC 5869: LabeledExtract(shared_secret, "secret", "") and one LabeledExpand of it are together one HKDF whose
    // salt is the shared secret. So WebCrypto derives each output in one call and no secret lies in between.
    return async (label, length) =>
      new Uint8Array(
        await crypto.subtle.deriveBits(
          {
            name: "HKDF",
            hash: "SHA-256",
            salt: sharedSecret,
            info: labeledInfo(suite, label, context, length),
          },
          ikm,
          length * 8,
        ),
      );
  };
}

/** RFC 9180 §5.3: `length` bytes, at most 32, that only the two parties know. */
export async function exportSecret(
  expand: Expand,
  exporterContext: Bytes,
  length: number,
  suite: Bytes = suiteId,
): Promise<Bytes> {
  if (length > Nh) throw new RangeError(`exports at most ${Nh} bytes`);
  const exporterSecret = await expand("exp", Nh);
  // RFC 5869 §2.3: T(1) is all of an output of up to one hash.
  const info = concat(labeledInfo(suite, "sec", exporterContext, length), u8(1));
  return (await hmac(exporterSecret, info)).subarray(0, length);
}
