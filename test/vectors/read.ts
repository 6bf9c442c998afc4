import { readFileSync } from "node:fs";
import type { Bytes } from "../../sdk/bytes.ts";

/** A vector file of this folder, as its generator typed it: a test asserts that the file is what the generator makes. */
export const readVectors = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8"));

export const fromHex = (text: string): Bytes => Uint8Array.from(Buffer.from(text, "hex"));
