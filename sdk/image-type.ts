// What kind of picture some bytes begin as: edge and command line take the same ones.

/** Content types by the ending that names them. */
export const imageTypes = {
  png: "image/png",
  jpg: "image/jpeg",
  webp: "image/webp",
  gif: "image/gif",
  avif: "image/avif",
} as const;

export type ImageType = keyof typeof imageTypes;

/** Limits of pictures (SPEC §2). */
export const imageLimits = { bytes: 524_288, perCampaign: 100 } as const;

/** A published picture's name: the SHA-256 of its bytes in hexadecimal, and its type. */
export const imageName = /^([0-9a-f]{64})\.(png|jpg|webp|gif|avif)$/;

const ascii = (bytes: Uint8Array, start: number, end: number): string =>
  String.fromCharCode(...bytes.subarray(start, end));

/** Undefined for what begins as none of them. */
export function imageTypeOf(bytes: Uint8Array): ImageType | undefined {
  if (ascii(bytes, 0, 8) === "\x89PNG\r\n\x1a\n") return "png";
  if (ascii(bytes, 0, 3) === "\xff\xd8\xff") return "jpg";
  if (/^GIF8[79]a$/.test(ascii(bytes, 0, 6))) return "gif";
  if (ascii(bytes, 0, 4) === "RIFF" && ascii(bytes, 8, 12) === "WEBP") return "webp";
  // ISO/IEC 14496-12 §4.3: the brand of the file type box.
  return /^ftypavi[fs]$/.test(ascii(bytes, 4, 12)) ? "avif" : undefined;
}
