// Big-endian integers, UTF-8, and canonical base64url without padding (RFC 4648 §5), for every wire format of SPEC §3.

export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const utf8 = (text: string): Bytes => encoder.encode(text);

/** Throws TypeError on bytes that are not well-formed UTF-8. */
export const textOf = (bytes: Uint8Array): string => decoder.decode(bytes);

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

export const u8 = (value: number): Bytes => Uint8Array.of(value);
export const u16 = (value: number): Bytes => Uint8Array.of(value >>> 8, value);
export const u32 = (value: number): Bytes =>
  Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);

/** Reads `length` bytes at `offset` as one unsigned big-endian integer; `length` is at most 4. */
export function readUint(bytes: Uint8Array, offset: number, length: 1 | 2 | 4): number {
  let value = 0;
  for (let index = 0; index < length; index++) value = value * 256 + (bytes[offset + index] ?? 0);
  return value;
}

/** Compares without early exit, so that the time taken tells nothing about where two secrets differ. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let index = 0; index < left.length; index++)
    difference |= (left[index] ?? 0) ^ (right[index] ?? 0);
  return difference === 0;
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** The value of each ASCII character; 64 where it is not of the alphabet. */
const values = new Uint8Array(128).fill(64);
for (const [value, character] of Array.from(alphabet).entries())
  values[character.charCodeAt(0)] = value;

/** base64url without padding. */
export function base64url(bytes: Uint8Array): string {
  let text = "";
  for (let offset = 0; offset < bytes.length; offset += 3) {
    const left = Math.min(3, bytes.length - offset);
    const group =
      ((bytes[offset] ?? 0) << 16) | ((bytes[offset + 1] ?? 0) << 8) | (bytes[offset + 2] ?? 0);
    for (let index = 0; index <= left; index++)
      text += alphabet.charAt((group >>> (18 - 6 * index)) & 63);
  }
  return text;
}

/** Undefined for anything but the one canonical spelling: foreign characters, padding, stray bits, an impossible length. */
export function fromBase64url(text: string): Bytes | undefined {
  const length = text.length;
  if (length % 4 === 1) return undefined;
  const bytes = new Uint8Array((length * 3) >> 2);
  let group = 0;
  let bits = 0;
  let offset = 0;
  for (let index = 0; index < length; index++) {
    const value = values[text.charCodeAt(index)] ?? 64;
    if (value === 64) return undefined;
    group = ((group << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[offset++] = group >>> bits;
  }
  // RFC 4648 §3.5: the pad bits of the last character must be zero, or two texts would name the same bytes.
  return (group & ((1 << bits) - 1)) === 0 ? bytes : undefined;
}

export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
