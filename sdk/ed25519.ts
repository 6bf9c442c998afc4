// Ed25519 (RFC 8032) on raw 32-byte keys by WebCrypto; to verify where a browser lacks it, noble's, fetched only then. All
// that signs has it: Node and workerd.
import { base64url, concat, fromBase64url, type Bytes } from "./bytes.ts";

/** How many imported keys are kept; beyond it the oldest import is forgotten. */
const importedKeysMax = 256;

/** RFC 8410 §7: PrivateKeyInfo of an Ed25519 key up to its 32-byte seed. Pure: a page, which signs nothing, leaves it out. */
export const pkcs8Prefix = /* @__PURE__ */ Uint8Array.of(
  0x30,
  0x2e,
  2,
  1,
  0,
  0x30,
  5,
  6,
  3,
  0x2b,
  0x65,
  0x70,
  4,
  0x22,
  4,
  0x20,
);

/** Keys, not promises of keys: in workerd what awaits another request's promise goes on in that request, and breaks. */
const imported = new Map<string, CryptoKey>();

const importSeed = (seed: Bytes, extractable: boolean): Promise<CryptoKey> =>
  crypto.subtle.importKey("pkcs8", concat(pkcs8Prefix, seed), "Ed25519", extractable, ["sign"]);

async function importOnce(usage: "sign" | "verify", key: Bytes): Promise<CryptoKey> {
  const name = usage + base64url(key);
  const known = imported.get(name);
  if (known !== undefined) return known;
  const fresh =
    usage === "sign"
      ? await importSeed(key, false)
      : await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
  imported.set(name, fresh);
  const oldest = imported.keys().next().value;
  if (imported.size > importedKeysMax && oldest !== undefined) imported.delete(oldest);
  return fresh;
}

/** Whether this platform's WebCrypto knows Ed25519; asked once. */
let native: boolean | undefined;

async function isNative(): Promise<boolean> {
  native ??= await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]).then(
    () => true,
    () => false,
  );
  return native;
}

/** The 64-byte signature of `message` by the key of a 32-byte `seed`. */
export async function signEd25519(seed: Bytes, message: Bytes): Promise<Bytes> {
  return new Uint8Array(
    await crypto.subtle.sign("Ed25519", await importOnce("sign", seed), message),
  );
}

/** False for a wrong signature and for a public key that is no point of the curve. */
export async function verifyEd25519(
  publicKey: Bytes,
  signature: Bytes,
  message: Bytes,
): Promise<boolean> {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  if (!(await isNative()))
    return (await import("./curve25519.ts")).verify(publicKey, signature, message);
  const key = await importOnce("verify", publicKey).catch(() => undefined);
  return key !== undefined && (await crypto.subtle.verify("Ed25519", key, signature, message));
}

/** The 32-byte public key of a 32-byte `seed`. */
export async function publicKeyOfSeed(seed: Bytes): Promise<Bytes> {
  const { x } = await crypto.subtle.exportKey("jwk", await importSeed(seed, true));
  const publicKey = fromBase64url(x ?? "");
  if (publicKey?.length !== 32) throw new TypeError("the platform exported no Ed25519 public key");
  return publicKey;
}
