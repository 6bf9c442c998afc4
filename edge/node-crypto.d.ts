// What of workerd's node:crypto the edge uses. Node's own types would bring Node's globals, which workerd does not have.
declare module "node:crypto" {
  export interface KeyObject {
    readonly type: "private" | "public" | "secret";
  }
  interface DerKey {
    readonly key: Uint8Array;
    readonly format: "der";
    readonly type: "pkcs8" | "spki";
  }
  export function createPrivateKey(key: DerKey): KeyObject;
  export function createPublicKey(key: DerKey): KeyObject;
  export function hash(algorithm: "sha256", data: Uint8Array, encoding: "base64url"): string;
  /** `null`: the key's own algorithm, for Ed25519 the only one. */
  export function sign(algorithm: null, data: Uint8Array, key: KeyObject): Uint8Array<ArrayBuffer>;
  export function verify(
    algorithm: null,
    data: Uint8Array,
    key: KeyObject,
    signature: Uint8Array,
  ): boolean;
}
