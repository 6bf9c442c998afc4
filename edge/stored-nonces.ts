// Nonces of signed requests on disk, for as long as their signatures could be sent again.
import { signatureWindowSeconds, type Nonces } from "../sdk/http-signature.ts";

/**
 * Requests signed by one key that are remembered: more than an address may send meanwhile (edge/limits.ts). Beyond it what the
 * key signs is refused as stale, and no other key's.
 */
export const storedNoncesMax = 16_384;
/** Forgotten with each request: more than it adds. */
const forgottenMax = 16;
/** A verifier takes a signature for one window after it was made; whose clock is behind as much as is tolerated, for two. */
const keptSeconds = 2 * signatureWindowSeconds;

/** Key ids have no colon. Keys of one prefix sort by `created`: ten digits, until the year 2286. */
const prefixOf = (keyId: string): string => `nonce:${keyId}:`;

export class StoredNonces implements Nonces {
  readonly #storage: DurableObjectStorage;
  /** By key id; counted once in the object's life, at the key's first request. */
  readonly #kept = new Map<string, number>();

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Only for a signature that is genuine: whoever invents key ids would fill the memory. */
  accept(nonce: string, now: number, created: number, keyId: string): boolean {
    const { kv } = this.#storage;
    const prefix = prefixOf(keyId);
    let kept =
      this.#kept.get(keyId) ?? Array.from(kv.list({ prefix, limit: storedNoncesMax })).length;
    const oldest = Array.from(kv.list({ prefix, limit: forgottenMax }), ([key]) => key);
    for (const key of oldest)
      if (createdOf(key, prefix) + keptSeconds < now / 1_000 && kv.delete(key)) kept -= 1;
    const key = `${prefix}${created}:${nonce}`;
    const accepted = kept < storedNoncesMax && kv.get(key) === undefined;
    if (accepted) kv.put(key, 1);
    this.#kept.set(keyId, accepted ? kept + 1 : kept);
    return accepted;
  }
}

/** Unix seconds of a key such as `nonce:tenant-1-1:1795267200:…`. */
const createdOf = (key: string, prefix: string): number =>
  Number(key.slice(prefix.length).split(":")[0]);
