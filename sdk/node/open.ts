// Opens sealed answers on the region's server with Node's own cryptography (OpenSSL ≥ 3.5), by the formats of SPEC §3.
import {
  createDecipheriv,
  createHash,
  createHmac,
  createPublicKey,
  createSecretKey,
  decapsulate,
  diffieHellman,
} from "node:crypto";
import { concat, textOf, u8, type Bytes } from "../bytes.ts";
import { canonicalBytes } from "../canonical.ts";
import { parseEnvelope } from "../envelope.ts";
import { answerInfo, joinAad, type Binding } from "../answer-binding.ts";
import { labeledIkm, labeledInfo, scheduleContext } from "../hpke/key-schedule.ts";
import { Nenc, Nk, Nn, Nt, suiteId } from "../hpke/suite.ts";
import { unpadPlaintext } from "../padding.ts";
import { Problem } from "../problem.ts";
import { rawPublicKey, regionPrivateKey } from "./region-key.ts";

/** What an envelope must be bound to. `invitation` is its 102 bytes. */
export interface OpenFrom extends Omit<Binding, "consentBytes" | "invitationBytes"> {
  /** A JSON object; its RFC 8785 bytes are bound. */
  readonly consent: object;
  readonly invitation: Bytes;
}

/** The payload, JSON text. Problems: envelope-malformed, suite-unknown; envelope-unopenable, without a reason. */
export type Open = (from: OpenFrom, envelope: Bytes) => string;

const x25519Bytes = 32;
/** RFC 8410 §4: a SubjectPublicKeyInfo around the 32 bytes that follow. */
const x25519SpkiPrefix = Buffer.from("302a300506032b656e032100", "hex");
/** draft-connolly-cfrg-xwing-kem §5.3: `\.//^\`. */
const xwingLabel = Buffer.from("5c2e2f2f5e5c", "hex");
const none = new Uint8Array(0);

// Node takes a KeyObject in a sixth of the time that it takes the same key's bytes.
const hmac = (key: Uint8Array, message: Bytes): Bytes =>
  Uint8Array.from(createHmac("sha256", createSecretKey(key)).update(message).digest());

/** RFC 9180 §4 LabeledExtract. */
const extract = (salt: Uint8Array, label: string, ikm: Bytes) =>
  hmac(salt, labeledIkm(suiteId, label, ikm));

/** RFC 9180 §4 LabeledExpand of at most one hash. */
const expand = (secret: Bytes, label: string, context: Bytes, length: number) =>
  hmac(secret, concat(labeledInfo(suiteId, label, context, length), u8(1))).subarray(0, length);

const sha256 = (bytes: Bytes): Bytes =>
  Uint8Array.from(createHash("sha256").update(bytes).digest());

const pskIdHash = extract(none, "psk_id_hash", none);

/** Key and nonce of RFC 9180 §5.1; single-shot has seq 0, so the base nonce is the nonce (§5.2). */
function aeadParameters(sharedSecret: Buffer, info: Bytes): { key: Bytes; nonce: Bytes } {
  const context = scheduleContext(pskIdHash, extract(none, "info_hash", info));
  const secret = extract(sharedSecret, "secret", none);
  return {
    key: expand(secret, "key", context, Nk),
    nonce: expand(secret, "base_nonce", context, Nn),
  };
}

/** Undefined where OpenSSL refuses the tag. */
function decrypt(key: Bytes, nonce: Bytes, aad: Bytes, ct: Bytes): Bytes | undefined {
  const decipher = createDecipheriv("aes-256-gcm", createSecretKey(key), nonce, {
    authTagLength: Nt,
  });
  decipher.setAAD(aad).setAuthTag(ct.subarray(-Nt));
  const plaintext = decipher.update(ct.subarray(0, -Nt));
  try {
    decipher.final();
  } catch {
    plaintext.fill(0);
    return undefined;
  }
  return Uint8Array.from(plaintext);
}

/** An opener for one region key; the seed is expanded once, for all the answers of its epoch. */
export function openerOf(seed: Bytes): Open {
  const { mlKem, x25519 } = regionPrivateKey(seed);
  const pkX = rawPublicKey(x25519, x25519Bytes);

  /** X-Wing's decapsulation (draft-connolly-cfrg-xwing-kem §5.5). Throws for an X25519 result of zero. */
  function decap(enc: Bytes): Buffer {
    const ctX = enc.subarray(Nenc - x25519Bytes);
    const publicKey = createPublicKey({
      key: Buffer.concat([x25519SpkiPrefix, ctX]),
      format: "der",
      type: "spki",
    });
    return createHash("sha3-256")
      .update(decapsulate(mlKem, enc.subarray(0, Nenc - x25519Bytes)))
      .update(diffieHellman({ privateKey: x25519, publicKey }))
      .update(ctX)
      .update(pkX)
      .update(xwingLabel)
      .digest();
  }

  return (from, envelope) => {
    const { keyId, hdr, enc, ct } = parseEnvelope(envelope);
    const aad = joinAad(from, sha256(canonicalBytes(from.consent)), sha256(from.invitation));
    try {
      const { key, nonce } = aeadParameters(decap(enc), answerInfo(hdr));
      const plaintext = keyId === from.keyId ? decrypt(key, nonce, aad, ct) : undefined;
      const payload = plaintext && unpadPlaintext(plaintext);
      if (payload) return textOf(payload);
    } catch {
      // A zero point, bad padding, bad UTF-8: one refusal for all, below, so that it tells nothing (RFC 9180 §9.1).
    }
    throw new Problem("envelope-unopenable");
  };
}
