// WebCrypto whose promises are settled when it returns them: real cryptography, but no thread decides the order. Random bytes
// come from the seed.
import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  sign,
  verify,
  type KeyObject,
} from "node:crypto";
import type { Random } from "./random.ts";

/** RFC 8410 §4: a SubjectPublicKeyInfo around the 32 bytes that follow. */
const ed25519SpkiPrefix = Buffer.from("302a300506032b6570032100", "hex");
const keysMax = 4_096;

type Algorithm = string | { readonly name: string };

interface Imported {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly key: KeyObject | undefined;
}

const keys = new Map<string, KeyObject>();

/** Keys are the same in every run of a process: parsed once. */
function keyObject(name: string, make: () => KeyObject): KeyObject {
  const known = keys.get(name) ?? make();
  if (keys.size < keysMax) keys.set(name, known);
  return known;
}

const nameOf = (algorithm: Algorithm): string =>
  typeof algorithm === "string" ? algorithm : algorithm.name;

const bytesOf = (data: BufferSource): Uint8Array =>
  data instanceof ArrayBuffer
    ? new Uint8Array(data)
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

const bufferOf = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;

function importEd25519(format: string, bytes: Uint8Array): KeyObject {
  const der = Buffer.from(format === "raw" ? Buffer.concat([ed25519SpkiPrefix, bytes]) : bytes);
  return keyObject(der.toString("latin1"), () =>
    format === "raw"
      ? createPublicKey({ key: der, format: "der", type: "spki" })
      : createPrivateKey({ key: der, format: "der", type: "pkcs8" }),
  );
}

/** What the edge and the server use of `crypto.subtle`; anything else is missing, loudly. */
const subtle = {
  async digest(algorithm: Algorithm, data: BufferSource): Promise<ArrayBuffer> {
    const name = nameOf(algorithm).replace("-", "").toLowerCase();
    return bufferOf(createHash(name).update(bytesOf(data)).digest());
  },
  async generateKey(): Promise<object> {
    return {}; // Asked for only to learn whether there is Ed25519.
  },
  async importKey(format: string, data: BufferSource, algorithm: Algorithm): Promise<Imported> {
    const name = nameOf(algorithm);
    const bytes = Uint8Array.from(bytesOf(data));
    if (name !== "Ed25519" && name !== "HMAC") throw new Error(`no key of ${name} in a simulation`);
    return { name, bytes, key: name === "Ed25519" ? importEd25519(format, bytes) : undefined };
  },
  async sign(_: Algorithm, { bytes, key }: Imported, data: BufferSource): Promise<ArrayBuffer> {
    return bufferOf(
      key === undefined
        ? createHmac("sha256", bytes).update(bytesOf(data)).digest()
        : sign(null, bytesOf(data), key),
    );
  },
  async verify(
    _: Algorithm,
    { bytes, key }: Imported,
    signature: BufferSource,
    data: BufferSource,
  ): Promise<boolean> {
    if (key !== undefined) return verify(null, bytesOf(data), key, bytesOf(signature));
    const digest = createHmac("sha256", bytes).update(bytesOf(data)).digest();
    return digest.equals(bytesOf(signature));
  },
};

function uuid(random: Random): string {
  const drawn = random.bytes(16);
  const bytes = Buffer.from(drawn);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [8, 12, 16, 20, 32]
    .map((end, index, ends) => hex.slice(ends[index - 1] ?? 0, end))
    .join("-");
}

/** The global `crypto` of a process. */
export const webcryptoOf = (random: Random) => ({
  subtle,
  getRandomValues: <View extends ArrayBufferView>(view: View): View => random.draw(view),
  randomUUID: (): string => uuid(random),
});
