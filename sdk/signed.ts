import { concat, utf8, type Bytes } from "./bytes.ts";
import { canonicalBytes } from "./canonical.ts";

/** What a signed JSON document's signature covers (SPEC §3.5). */
const contexts = {
  "key-config": utf8("maily key config v1\0"),
  campaign: utf8("maily campaign v1\0"),
} as const;

/** The bytes to sign or verify with Ed25519 for a document as it was received, without its signature. */
export const signedBytes = (context: keyof typeof contexts, document: unknown): Bytes =>
  concat(contexts[context], canonicalBytes(document));
