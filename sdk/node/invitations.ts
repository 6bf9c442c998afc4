// Invitations for many readers at Ed25519's own speed: the keys are parsed once, and OpenSSL signs and hashes without a
// promise for each. The same texts as sdk/invitation.ts, where a mail or two are made. Node only.
import { createHmac, createPrivateKey, createSecretKey, sign } from "node:crypto";
import { concat, utf8, type Bytes } from "../bytes.ts";
import { pkcs8Prefix } from "../ed25519.ts";
import { encodeInvitation, type Invitation } from "../invitation.ts";

const signatureContext = utf8("maily invitation v1\0");
const readerBytes = 16;

/** Signs invitations with a 32-byte Ed25519 seed: 136 characters each. Throws RangeError for what the form cannot hold. */
export function inviterOf(seed: Bytes): (body: Invitation) => string {
  const key = createPrivateKey({
    key: Buffer.concat([pkcs8Prefix, seed]),
    format: "der",
    type: "pkcs8",
  });
  return (body) => {
    const encoded = encodeInvitation(body);
    const signature = sign(null, concat(signatureContext, encoded), key);
    return Buffer.concat([encoded, signature]).toString("base64url");
  };
}

/** Names the readers of one campaign, 16 bytes each (SPEC §2); `readerKey` is the tenant's, 32 bytes. */
export function pseudonymsOf(readerKey: Bytes, campaign: Bytes): (readerId: string) => Bytes {
  const key = createSecretKey(readerKey);
  return (readerId) =>
    Uint8Array.from(
      createHmac("sha256", key)
        .update(campaign)
        .update(readerId.toLowerCase())
        .digest()
        .subarray(0, readerBytes),
    );
}
