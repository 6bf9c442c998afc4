// base64url (SPEC §3) by Node's own decoder, a sixth of the time of sdk/bytes.ts, for what is long. A test holds both to the
// same texts.
import type { Bytes } from "../bytes.ts";

/** Undefined for anything but the one canonical spelling. */
export function fromBase64url(text: string): Bytes | undefined {
  // The decoder passes over what it does not know: only what it would write itself is canonical.
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : undefined;
}
