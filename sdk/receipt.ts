// Receipts as JWS compact (RFC 7515), Ed25519 (RFC 8037), payload in RFC 8785 bytes (SPEC §3.6). No schema here: the page reads receipts too.
import { base64url, fromBase64url, textOf, utf8, type Bytes } from "./bytes.ts";
import { canonicalBytes, sha256 } from "./canonical.ts";
import { signEd25519, verifyEd25519 } from "./ed25519.ts";
import type { Receipt } from "./schema/receipt.ts";

const signingInput = (header: string, payload: Uint8Array): string =>
  `${header}.${base64url(payload)}`;

/** The JWS of a receipt and the receipt's id: base64url of the SHA-256 of its RFC 8785 bytes. */
export async function signReceipt(
  receipt: Receipt,
  key: { readonly keyId: number; readonly seed: Bytes },
): Promise<{ jws: string; id: string }> {
  const payload = canonicalBytes(receipt);
  const header = { alg: "EdDSA", kid: String(key.keyId), typ: "maily-receipt+jwt" };
  const input = signingInput(base64url(utf8(JSON.stringify(header))), payload);
  const signature = await signEd25519(key.seed, utf8(input));
  return { jws: `${input}.${base64url(signature)}`, id: base64url(await sha256(payload)) };
}

/** The receipt and its id without checking who signed it: for showing the reader's own copy. Undefined for what is no JWS. */
export async function readReceipt(
  jws: string,
): Promise<{ receipt: Receipt; id: string } | undefined> {
  const payload = fromBase64url(jws.split(".")[1] ?? "");
  if (payload === undefined || payload.length === 0) return undefined;
  try {
    const receipt = JSON.parse(textOf(payload)) as Receipt; // Shown, not trusted: the caller verifies where it matters.
    return { receipt, id: base64url(await sha256(payload)) };
  } catch {
    return undefined; // Neither UTF-8 nor JSON: not a receipt.
  }
}

/** The receipt's id where `publicKey` signed `jws`, else undefined. */
export async function verifyReceipt(jws: string, publicKey: Bytes): Promise<string | undefined> {
  const [header = "", body = "", last = "", ...more] = jws.split(".");
  const payload = fromBase64url(body);
  const signature = fromBase64url(last);
  if (payload === undefined || signature?.length !== 64 || more.length > 0) return undefined;
  const holds = await verifyEd25519(publicKey, signature, utf8(signingInput(header, payload)));
  return holds ? base64url(await sha256(payload)) : undefined;
}
