import { fromBase64url, type Bytes } from "../sdk/bytes.ts";
import { Problem } from "../sdk/problem.ts";

/** The bytes of a key, or of anything else that a file of keys holds. Problem: configuration-invalid. */
export function bytesOf(text: string): Bytes {
  const bytes = fromBase64url(text);
  if (bytes === undefined)
    throw new Problem("configuration-invalid", { detail: "A key is not base64url." });
  return bytes;
}
