import canonicalize from "canonicalize";
import { utf8, type Bytes } from "./bytes.ts";

/** The RFC 8785 (JSON Canonicalization Scheme) bytes of a JSON value. Throws TypeError for what JSON cannot say. */
export function canonicalBytes(value: unknown): Bytes {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("not a JSON value");
  return utf8(text);
}

export const sha256 = async (bytes: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
