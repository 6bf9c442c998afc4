// Opens sealed answers on the region's server with Node's own cryptography (OpenSSL ≥ 3.5), by the formats of SPEC §3.
import {
  createDecipheriv,
  createPublicKey,
  createSecretKey,
  decapsulate,
  diffieHellman,
  hash,
  type KeyObject,
} from "node:crypto";
import { concat, textOf, u8, type Bytes } from "../bytes.ts";
import { canonicalText } from "../canonical.ts";
import { parseEnvelope } from "../envelope.ts";
import { answerInfo, joinAad, type Binding } from "../answer-binding.ts";
import { labeledIkm, labeledInfo, scheduleContext } from "../hpke/key-schedule.ts";
import { Nenc, Nh, Nk, Nn, Nsecret, Nt, suiteId } from "../hpke/suite.ts";
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

/** As Node gives and takes bytes. */
type Octets = Buffer<ArrayBuffer>;

const x25519Bytes = 32;
/** RFC 8410 §4: the 12 bytes before a key in SubjectPublicKeyInfo, as base64. */
const x25519SpkiPrefix = "MCowBQYDK2VuAyEA";
/** `\.//^\`. */
const xwingLabel = Buffer.from("5c2e2f2f5e5c", "hex");
const none = new Uint8Array(0);

const sha256 = (message: Bytes | string): Octets => bytesOf(hash("sha256", message, "binary"));

/** SHA-256 takes 64 bytes at a time. */
const blockBytes = 64;

/** Bytes as a text of one character each: of what is so short, Node makes and frees an ArrayBuffer in the time of the hash. */
type Latin1 = string;

const bytesOf = (text: Latin1): Octets => Buffer.from(text, "latin1");

/**
 * HMAC-SHA256 (RFC 2104) of one message under many keys of 32 bytes. Two hashes in one call each are a third of what Node's
 * Hmac costs; their blocks are written anew for each key.
 */
function hmacOf(message: Bytes): (key: Latin1) => Latin1 {
  const inner = Buffer.alloc(blockBytes + message.length, 0x36);
  const outer = Buffer.alloc(blockBytes + Nh, 0x5c);
  inner.set(message, blockBytes);
  return (key) => {
    for (let index = 0; index < Nh; index++) {
      const byte = key.charCodeAt(index);
      inner[index] = byte ^ 0x36;
      outer[index] = byte ^ 0x5c;
    }
    outer.write(hash("sha256", inner, "binary"), blockBytes, "latin1");
    return hash("sha256", outer, "binary");
  };
}

/** RFC 9180 §4 LabeledExtract, by its salt. */
const extractOf = (label: string, ikm: Bytes) => hmacOf(labeledIkm(suiteId, label, ikm));

/** RFC 9180 §4 LabeledExpand of one hash, by its secret. */
const expandOf = (label: string, context: Bytes, length: number) =>
  hmacOf(concat(labeledInfo(suiteId, label, context, length), u8(1)));

/** RFC 5869 §2.2: no salt is 32 zero bytes. */
const noSalt: Latin1 = "\0".repeat(Nh);
const pskIdHash = bytesOf(extractOf("psk_id_hash", none)(noSalt));
const extractSecret = extractOf("secret", none);

/** Key and nonce from the shared secret. */
type Schedule = (sharedSecret: Latin1) => { readonly key: Latin1; readonly nonce: Latin1 };

/** RFC 9180 §5.1; single-shot has seq 0, so the base nonce is the nonce (§5.2). */
function scheduleOf(info: Bytes): Schedule {
  const context = scheduleContext(pskIdHash, bytesOf(extractOf("info_hash", info)(noSalt)));
  const expandKey = expandOf("key", context, Nk);
  const expandNonce = expandOf("base_nonce", context, Nn);
  return (sharedSecret) => {
    const secret = extractSecret(sharedSecret);
    return { key: expandKey(secret), nonce: expandNonce(secret).slice(0, Nn) };
  };
}

/** The key as OpenSSL has it. A PEM is a string: all else Node first tries as a KeyObject, and throws and catches. */
const x25519PublicKey = (raw: Octets) =>
  createPublicKey(
    `-----BEGIN PUBLIC KEY-----\n${x25519SpkiPrefix}${raw.toString("base64")}\n-----END PUBLIC KEY-----`,
  );

const keyBytes = Buffer.alloc(Nk);

/** Node takes a KeyObject in a third of the time that it takes the same key's bytes. */
function secretKey(key: Latin1): KeyObject {
  keyBytes.write(key, "latin1");
  try {
    return createSecretKey(keyBytes);
  } finally {
    keyBytes.fill(0);
  }
}

/** Undefined where OpenSSL refuses the tag. */
function decrypt(key: Latin1, nonce: Latin1, aad: Bytes, ct: Bytes): Octets | undefined {
  const decipher = createDecipheriv("aes-256-gcm", secretKey(key), bytesOf(nonce), {
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
  return plaintext;
}

/** An opener for one region key; the seed is expanded once, for all the answers of its epoch. */
export function openerOf(seed: Bytes): Open {
  const { mlKem, x25519 } = regionPrivateKey(seed);
  const pkX = rawPublicKey(x25519, x25519Bytes);
  /** What X-Wing hashes (draft-connolly-cfrg-xwing-kem §5.3): two shared secrets and ctX, written anew; pkX and its label. */
  const combined = concat(new Uint8Array(2 * Nsecret + x25519Bytes), pkX, xwingLabel);

  /** X-Wing's decapsulation (draft-connolly-cfrg-xwing-kem §5.5). Throws for an X25519 result of zero. */
  function decap(enc: Bytes): Latin1 {
    const ctX = Buffer.from(enc.buffer, enc.byteOffset + Nenc - x25519Bytes, x25519Bytes);
    combined.set(decapsulate(mlKem, enc.subarray(0, Nenc - x25519Bytes)));
    const publicKey = x25519PublicKey(ctX);
    combined.set(diffieHellman({ privateKey: x25519, publicKey }), Nsecret);
    combined.set(ctX, 2 * Nsecret);
    return hash("sha3-256", combined, "binary");
  }

  /** By key id, which is all that differs in what an envelope is sealed for. */
  const schedules = new Map<number, Schedule>();
  function scheduleFor(keyId: number, hdr: Bytes): Schedule {
    const schedule = schedules.get(keyId) ?? scheduleOf(answerInfo(hdr));
    schedules.set(keyId, schedule);
    return schedule;
  }

  return (from, envelope) => {
    const { keyId, hdr, enc, ct } = parseEnvelope(envelope);
    const aad = joinAad(from, sha256(canonicalText(from.consent)), sha256(from.invitation));
    try {
      const { key, nonce } = scheduleFor(keyId, hdr)(decap(enc));
      const plaintext = keyId === from.keyId ? decrypt(key, nonce, aad, ct) : undefined;
      const payload = plaintext && unpadPlaintext(plaintext);
      if (payload) return textOf(payload);
    } catch {
      // A zero point, bad padding, bad UTF-8: one refusal for all, below, so that it tells nothing (RFC 9180 §9.1).
    }
    throw new Problem("envelope-unopenable");
  };
}
