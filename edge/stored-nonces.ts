// Nonces of signed requests on disk, for as long as their signatures could be sent again.
import { signatureWindowSeconds, type Nonces } from "../sdk/http-signature.ts";

/** Operators' requests within the window, of all tenants; beyond it everything new is refused as stale. */
export const storedNoncesMax = 4_096;
/** Forgotten with each request: more than it adds. */
const forgottenMax = 16;
const prefix = "nonce:";

/** Unix seconds of a key such as `nonce:1795267200:…`: keys sort by them. */
const createdOf = (key: string): number => Number(key.slice(prefix.length).split(":")[0]);

export class StoredNonces implements Nonces {
  readonly #storage: DurableObjectStorage;
  /** Counted once in the object's life, at its first request. */
  #kept: number | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  accept(nonce: string, now: number, created: number): boolean {
    const { kv } = this.#storage;
    this.#kept ??= Array.from(kv.list({ prefix, limit: storedNoncesMax })).length;
    const oldest = Array.from(kv.list({ prefix, limit: forgottenMax }), ([key]) => key);
    for (const key of oldest)
      if (createdOf(key) + signatureWindowSeconds < now / 1_000 && kv.delete(key)) this.#kept -= 1;
    const key = `${prefix}${created}:${nonce}`;
    if (kv.get(key) !== undefined || this.#kept >= storedNoncesMax) return false;
    kv.put(key, 1);
    this.#kept += 1;
    return true;
  }
}
