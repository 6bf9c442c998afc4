import { createHash } from "node:crypto";
import type { Bytes } from "../../sdk/bytes.ts";

/** Bytes that a label alone decides, so that the vectors are the same whenever they are made. */
export const fixedBytes = (label: string, length: number): Bytes =>
  Uint8Array.from(
    createHash("shake256", { outputLength: Math.max(1, length) })
      .update(`maily vectors v1 ${label}`)
      .digest()
      .subarray(0, length),
  );

/** A copy with one bit flipped. */
export function flipped(bytes: Bytes, index: number, bit = 0): Bytes {
  const copy = bytes.slice();
  copy[index] = (copy[index] ?? 0) ^ (1 << bit);
  return copy;
}

/** A copy with some bytes replaced from `index` on. */
export function replaced(bytes: Bytes, index: number, by: Uint8Array): Bytes {
  const copy = bytes.slice();
  copy.set(by, index);
  return copy;
}
