import canonicalize from "canonicalize";
import { utf8, type Bytes } from "./bytes.ts";

/** A JSON value by RFC 8785 (JSON Canonicalization Scheme). Throws TypeError for what JSON cannot say. */
export function canonicalText(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("not a JSON value");
  return text;
}

/** The same as the bytes that are digested and signed. */
export const canonicalBytes = (value: unknown): Bytes => utf8(canonicalText(value));

export const sha256 = async (bytes: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
