// base64url (SPEC §3) by the runtime's own code, a tenth of the time of sdk/bytes.ts, which older browsers run too. A test holds
// both to the same texts.
import type { Bytes } from "../sdk/bytes.ts";

interface NativeBytes extends Uint8Array {
  toBase64(options: { readonly alphabet: "base64url"; readonly omitPadding: true }): string;
}

interface NativeDecoder {
  fromBase64(
    text: string,
    options: { readonly alphabet: "base64url"; readonly lastChunkHandling: "strict" },
  ): Bytes;
}

// TypeScript's ES2024 does not know them yet; workerd has them.
const native = Uint8Array as unknown as NativeDecoder;
/** By how many characters are left of the last four. */
const paddings = ["", undefined, "==", "="] as const;

/** base64url without padding. */
export const base64url = (bytes: Uint8Array): string =>
  (bytes as NativeBytes).toBase64({ alphabet: "base64url", omitPadding: true });

/** Undefined for anything but the one canonical spelling. */
export function fromBase64url(text: string): Bytes | undefined {
  const padding = paddings[text.length % 4];
  if (padding === undefined) return undefined; // No bytes have such a length.
  try {
    const bytes = native.fromBase64(text + padding, {
      alphabet: "base64url",
      lastChunkHandling: "strict",
    });
    // White space and padding of the text's own, which the runtime lets pass, make fewer bytes than its length says.
    return bytes.length === (text.length * 3) >> 2 ? bytes : undefined;
  } catch {
    return undefined; // A foreign character, or stray bits.
  }
}
