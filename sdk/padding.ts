// Plaintexts of five sizes, so that an envelope's length tells little (SPEC §3.2).
import { readUint, u16, type Bytes } from "./bytes.ts";

const lengthBytes = 2;

/** All that a plaintext may measure. */
export const plaintextSizes = [256, 512, 1024, 2048, 4096] as const;

/** The longest payload, in bytes of UTF-8. */
export const payloadBytesMax = 4096 - lengthBytes;

/** `length u16 ‖ payload ‖ zeros`. Throws RangeError beyond `payloadBytesMax`, which a caller refuses before. */
export function padPlaintext(payload: Bytes): Bytes {
  const size = plaintextSizes.find((bytes) => bytes >= lengthBytes + payload.length);
  if (size === undefined) throw new RangeError("the payload is too long");
  const plaintext = new Uint8Array(size);
  plaintext.set(u16(payload.length));
  plaintext.set(payload, lengthBytes);
  return plaintext;
}

/** The payload; undefined where the size is not the smallest that fits, or the padding is not zero. */
export function unpadPlaintext(plaintext: Bytes): Bytes | undefined {
  const end = lengthBytes + readUint(plaintext, 0, lengthBytes);
  if (plaintext.length !== plaintextSizes.find((bytes) => bytes >= end)) return undefined;
  let padding = 0;
  for (let index = end; index < plaintext.length; index++) padding |= plaintext[index] ?? 0;
  return padding === 0 ? plaintext.slice(lengthBytes, end) : undefined;
}
