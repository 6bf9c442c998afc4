// X-Wing (draft-connolly-cfrg-xwing-kem; KEM 0x647a of draft-ietf-hpke-pq): ML-KEM-768 and X25519 together. What a page
// runs is here; what opens, in xwing-decap.ts.
import { concat, equalBytes, type Bytes } from "../bytes.ts";
import { mlKem768 } from "./ml-kem.ts";
import { Npk } from "./suite.ts";
import { basePoint, scalarMultiplier } from "./x25519.ts";

export const x25519Bytes = 32;
const coinsBytes = 64;
const mlKemCoinsBytes = 32;
const mlKemPublicKeyBytes = Npk - x25519Bytes;

/** draft-connolly-cfrg-xwing-kem §5.3: `\.//^\`. */
const label = Uint8Array.of(0x5c, 0x2e, 0x2f, 0x2f, 0x5e, 0x5c);

export interface Encapsulation {
  readonly enc: Bytes;
  readonly sharedSecret: Bytes;
}

/** draft-connolly-cfrg-xwing-kem §5.3: the input of SHA3-256 that gives the shared secret. */
export const combination = (mlKemSecret: Bytes, x25519Secret: Bytes, ctX: Bytes, pkX: Bytes) =>
  concat(mlKemSecret, x25519Secret, ctX, pkX, label);

/** draft-connolly-cfrg-xwing-kem §5.4: `coins` are ML-KEM's 32 bytes, then the ephemeral X25519 private key. */
async function encapWith(pkR: Bytes, coins: Bytes): Promise<Encapsulation> {
  const pkX = pkR.slice(mlKemPublicKeyBytes);
  const multiplying = scalarMultiplier(coins.subarray(mlKemCoinsBytes)).then((multiply) =>
    Promise.all([multiply(basePoint), multiply(pkX)]),
  );
  const [mlKem, [ctX, x25519Secret]] = await Promise.all([mlKem768(), multiplying]);
  const { ciphertext, sharedSecret } = mlKem.encapsulate(
    pkR.subarray(0, mlKemPublicKeyBytes),
    coins.subarray(0, mlKemCoinsBytes),
  );
  return {
    enc: concat(ciphertext, ctX),
    sharedSecret: mlKem.sha3(combination(sharedSecret, x25519Secret, ctX, pkX)),
  };
}

/** W3C "Modern Algorithms in the Web Cryptography API", as far as it is used here; not yet in TypeScript's own types. */
interface EncapsulatingCrypto {
  importKey(
    format: "raw-public",
    key: Bytes,
    algorithm: string,
    extractable: boolean,
    usages: readonly ["encapsulateBits"],
  ): Promise<CryptoKey>;
  encapsulateBits(
    algorithm: string,
    key: CryptoKey,
  ): Promise<{ sharedKey: ArrayBuffer; ciphertext: ArrayBuffer }>;
}

const algorithm = "MLKEM768-X25519";

/** A key of the browser's own X-Wing; undefined where it has none. */
async function nativeKey(subtle: EncapsulatingCrypto, pkR: Bytes): Promise<CryptoKey | undefined> {
  if (typeof subtle.encapsulateBits !== "function") return undefined;
  return subtle
    .importKey("raw-public", pkR, algorithm, false, ["encapsulateBits"])
    .catch(() => undefined);
}

/** How a fresh encapsulation to one public key is made. */
type Encapsulator = () => Promise<Encapsulation>;

async function newEncapsulator(pkR: Bytes): Promise<Encapsulator> {
  // The platform's types end before this draft; what is absent is found out by trying.
  const subtle = crypto.subtle as unknown as EncapsulatingCrypto;
  const key = await nativeKey(subtle, pkR);
  if (key)
    return async () => {
      const { sharedKey, ciphertext } = await subtle.encapsulateBits(algorithm, key);
      return { enc: new Uint8Array(ciphertext), sharedSecret: new Uint8Array(sharedKey) };
    };
  return () => encapWith(pkR, crypto.getRandomValues(new Uint8Array(coinsBytes)));
}

/** How many public keys stay ready: those of the regions, and one epoch's change. */
const readyKeysMax = 6;
const ready: { pkR: Bytes; encapsulator: Promise<Encapsulator> }[] = [];

function encapsulatorOf(pkR: Bytes): Promise<Encapsulator> {
  const found = ready.find((entry) => equalBytes(entry.pkR, pkR));
  if (found) return found.encapsulator;
  const own = pkR.slice();
  const encapsulator = newEncapsulator(own);
  ready.unshift({ pkR: own, encapsulator });
  ready.length = Math.min(ready.length, readyKeysMax);
  return encapsulator;
}

/**
 * A fresh shared secret and its encapsulation to `pkR`, 1,216 bytes. `coins`, 64 bytes, replace the randomness in vectors
 * and tests, and nowhere else. Throws for bytes that are no public key (FIPS 203 §7.2, RFC 7748 §6.1).
 */
export async function encap(pkR: Bytes, coins?: Bytes): Promise<Encapsulation> {
  if (pkR.length !== Npk) throw new TypeError(`an X-Wing public key has ${Npk} bytes`);
  return coins ? encapWith(pkR, coins) : (await encapsulatorOf(pkR))();
}
