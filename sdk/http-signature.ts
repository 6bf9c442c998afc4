// Signed requests between processes: HTTP Message Signatures (RFC 9421) over method, path and Content-Digest (RFC 9530).
import { base64url, equalBytes, utf8, type Bytes } from "./bytes.ts";
import { sha256 } from "./canonical.ts";
import { signEd25519, verifyEd25519 } from "./ed25519.ts";
import { Problem } from "./problem.ts";

/** How far `created` may be from the verifier's clock, either way. */
export const signatureWindowSeconds = 300;
/** How many nonces a verifier remembers within that window; beyond it everything new is refused as stale. */
export const noncesMax = 500_000;

const label = "maily";
const components = '("@method" "@path" "content-digest")';
const inputForm =
  /^maily=(\("@method" "@path" "content-digest"\)((?:;[a-z]+=(?:\d{1,12}|"[\w.:-]{1,128}"))+))$/;
const signatureForm = /^maily=:([A-Za-z0-9+/]{43,86}={0,2}):$/;

export type SigningKey =
  | { readonly alg: "hmac-sha256"; readonly secret: Bytes }
  | { readonly alg: "ed25519"; readonly seed: Bytes };

export type CheckingKey =
  | { readonly alg: "hmac-sha256"; readonly secret: Bytes }
  | { readonly alg: "ed25519"; readonly publicKey: Bytes };

interface Target {
  readonly method: string;
  /** The path alone; signed requests have no query. */
  readonly path: string;
  readonly body: Bytes;
}

const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** Undefined for anything but the one canonical spelling: atob passes over missing padding and what is left in the last bits. */
function fromBase64(text: string): Bytes | undefined {
  try {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    return base64(bytes) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** RFC 9421 §2.5 */
const signatureBase = (target: Omit<Target, "body">, digest: string, parameters: string): Bytes =>
  utf8(
    `"@method": ${target.method}\n"@path": ${target.path}\n"content-digest": ${digest}\n"@signature-params": ${parameters}`,
  );

/** What signatures are made of: by WebCrypto, but for a verifier that has something nearer. */
export interface Hashes {
  sha256(bytes: Bytes): Bytes | Promise<Bytes>;
  hmacSha256(secret: Bytes, bytes: Bytes): Bytes | Promise<Bytes>;
}

const digestOf = async (body: Bytes, hashes: Hashes): Promise<string> =>
  `sha-256=:${base64(await hashes.sha256(body))}:`;

/** Importing is half the work of a short HMAC: a secret that is kept keeps its key. */
const imported = new WeakMap<Bytes, CryptoKey>();

async function hmac(secret: Bytes, bytes: Bytes): Promise<Bytes> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key =
    imported.get(secret) ??
    (await crypto.subtle.importKey("raw", secret, algorithm, false, ["sign"]));
  imported.set(secret, key);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes));
}

const webHashes: Hashes = { sha256, hmacSha256: hmac };

/** The headers `content-digest`, `signature-input` and `signature` for a request; `now` in Unix milliseconds. */
export async function signRequest(
  target: Target,
  keyId: string,
  key: SigningKey,
  now: number = Date.now(),
): Promise<Record<string, string>> {
  const digest = await digestOf(target.body, webHashes);
  const nonce = base64url(crypto.getRandomValues(new Uint8Array(16)));
  const created = Math.floor(now / 1000);
  const parameters = `${components};created=${created};keyid="${keyId}";nonce="${nonce}";alg="${key.alg}"`;
  const base = signatureBase(target, digest, parameters);
  const signature =
    key.alg === "ed25519" ? await signEd25519(key.seed, base) : await hmac(key.secret, base);
  return {
    "content-digest": digest,
    "signature-input": `${label}=${parameters}`,
    signature: `${label}=:${base64(signature)}:`,
  };
}

function parametersOf(text: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const [, name, quoted, plain] of text.matchAll(/;([a-z]+)=(?:"([^"]*)"|(\d+))/g)) {
    if (name === undefined || parameters.has(name)) throw new Problem("signature-invalid");
    parameters.set(name, quoted ?? plain ?? "");
  }
  return parameters;
}

/** Where the nonces of genuine signatures are remembered. */
export interface Nonces {
  /**
   * False for one that was used before. `now` in Unix milliseconds; `created`, in Unix seconds, and the key's id are the
   * signature's own.
   */
  accept(nonce: string, now: number, created: number, keyId: string): boolean | Promise<boolean>;
}

/** A signature made by a clock ahead of the verifier's can be replayed for twice the window. */
const nonceMilliseconds = 2 * signatureWindowSeconds * 1000;

/** Remembers the nonces of one verifier for as long as their signatures could be replayed. */
export class NonceWindow implements Nonces {
  readonly #until = new Map<string, number>();

  /** False where the nonce was used within the window, or where too many are remembered; `now` in Unix milliseconds. */
  accept(nonce: string, now: number): boolean {
    // A Map keeps insertion order, and every entry lives equally long: the expired ones are in front. One that is due much
    // later is of before a clock was set back: its signature is too far ahead to be taken again.
    for (const [old, until] of this.#until) {
      if (until > now && until - now <= 2 * nonceMilliseconds) break;
      this.#until.delete(old);
    }
    if (this.#until.has(nonce) || this.#until.size >= noncesMax) return false;
    this.#until.set(nonce, now + nonceMilliseconds);
    return true;
  }
}

/** A valid key that is nobody's, the encoding of Ed25519's base point (RFC 8032 §5.1): for refusals that cost what others do. */
export const nobodysPublicKey: Bytes = new Uint8Array(32).fill(0x66).fill(0x58, 0, 1);

/** Stand-ins for a key that is not known, so that an unknown id is refused for the same work as a wrong signature. */
const nobody: Readonly<Record<CheckingKey["alg"], CheckingKey>> = {
  "hmac-sha256": { alg: "hmac-sha256", secret: new Uint8Array(32) },
  ed25519: { alg: "ed25519", publicKey: nobodysPublicKey },
};

const isAlgorithm = (text: string | undefined): text is CheckingKey["alg"] =>
  text !== undefined && Object.hasOwn(nobody, text);

/** Problem: signature-invalid, where these are not the bytes that were signed; `digest` as `verifyHead` returned it. */
export async function requireDigest(
  digest: string,
  body: Bytes,
  hashes: Hashes = webHashes,
): Promise<void> {
  if (digest !== (await digestOf(body, hashes))) throw new Problem("signature-invalid");
}

/**
 * Verifies the signature by the headers alone, which name the body's digest: what nobody signed need not be read. Key ids
 * cannot be guessed by it: one that `keyOf` does not know is refused after the same steps as a signature that is wrong.
 * Returns the id of the key that signed, and what the body's digest must be, for `requireDigest`.
 * Throws Problem signature-missing, signature-invalid or signature-stale. `now` in Unix milliseconds.
 */
export async function verifyHead(
  target: Omit<Target, "body">,
  headers: Headers,
  keyOf: (keyId: string) => CheckingKey | undefined,
  nonces: Nonces,
  now: number = Date.now(),
  hashes: Hashes = webHashes,
): Promise<{ keyId: string; digest: string }> {
  const input = headers.get("signature-input");
  const signatureHeader = headers.get("signature");
  const digest = headers.get("content-digest");
  if (input === null || signatureHeader === null || digest === null)
    throw new Problem("signature-missing");
  const [, covered, written] = inputForm.exec(input) ?? [];
  const [, encoded = ""] = signatureForm.exec(signatureHeader) ?? [];
  const signature = fromBase64(encoded);
  if (covered === undefined || written === undefined || signature === undefined)
    throw new Problem("signature-invalid");
  const parameters = parametersOf(written);
  const keyId = parameters.get("keyid") ?? "";
  const nonce = parameters.get("nonce") ?? "";
  const alg = parameters.get("alg");
  if (!isAlgorithm(alg) || nonce.length < 16) throw new Problem("signature-invalid");
  const known = keyOf(keyId);
  const genuine = known?.alg === alg;
  const key = genuine ? known : nobody[alg];
  const base = signatureBase(target, digest, covered);
  const holds =
    key.alg === "ed25519"
      ? await verifyEd25519(key.publicKey, signature, base)
      : equalBytes(await hashes.hmacSha256(key.secret, base), signature);
  if (!holds || !genuine) throw new Problem("signature-invalid");
  const created = Number(parameters.get("created") ?? Number.NaN);
  if (!(Math.abs(now / 1000 - created) <= signatureWindowSeconds))
    throw new Problem("signature-stale");
  // Only a genuine signature may use up a nonce.
  if (!(await nonces.accept(nonce, now, created, keyId))) throw new Problem("signature-stale");
  return { keyId, digest };
}

/**
 * `verifyHead` and `requireDigest` in one, for a body that was read whole; returns the id of the key that signed. A body that
 * is not the one that was signed uses up no nonce.
 */
export async function verifyRequest(
  target: Target,
  headers: Headers,
  keyOf: (keyId: string) => CheckingKey | undefined,
  nonces: Nonces,
  now: number = Date.now(),
): Promise<string> {
  const digest = headers.get("content-digest");
  if (digest !== null && headers.has("signature") && headers.has("signature-input"))
    await requireDigest(digest, target.body);
  return (await verifyHead(target, headers, keyOf, nonces, now)).keyId;
}
