// SHA-256 and HMAC by OpenSSL on this thread: what WebCrypto hands to another takes it ten times as long for a short request.
import { createHmac, hash } from "node:crypto";
import type { Hashes } from "../http-signature.ts";

export const nodeHashes: Hashes = {
  sha256: (bytes) => Uint8Array.from(hash("sha256", bytes, "buffer")),
  hmacSha256: (secret, bytes) =>
    Uint8Array.from(createHmac("sha256", secret).update(bytes).digest()),
};
