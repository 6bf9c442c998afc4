// X25519 (RFC 7748) by WebCrypto; where the platform lacks it, noble's, which the page fetches only then.
import { concat, type Bytes } from "../bytes.ts";

/** RFC 8410 §7: a PKCS#8 private key around the 32 bytes that follow. */
const pkcs8Prefix = Uint8Array.from([
  0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x04, 0x22, 0x04, 0x20,
]);

/** RFC 7748 §4.1: u = 9. */
export const basePoint: Bytes = Uint8Array.from({ length: 32 }, (_, index) =>
  index === 0 ? 9 : 0,
);

/** A private key's X25519 function. Rejects where the result would be zero (RFC 7748 §6.1). */
export type ScalarMultiply = (publicKey: Bytes) => Promise<Bytes>;

async function byWebCrypto(privateKey: Bytes): Promise<ScalarMultiply> {
  const pkcs8 = concat(pkcs8Prefix, privateKey);
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, "X25519", false, ["deriveBits"]);
  pkcs8.fill(0);
  return async (publicKey) => {
    const peer = await crypto.subtle.importKey("raw", publicKey, "X25519", false, []);
    return new Uint8Array(
      await crypto.subtle.deriveBits({ name: "X25519", public: peer }, key, 256),
    );
  };
}

/** What a browser without X25519 in WebCrypto runs; exported for its test. */
export async function byNoble(privateKey: Bytes): Promise<ScalarMultiply> {
  const { x25519 } = await import("../curve25519.ts");
  // A copy: the caller may wipe its own.
  const own = privateKey.slice();
  return async (publicKey) => x25519(own, publicKey);
}

let lacking = false;

export async function scalarMultiplier(privateKey: Bytes): Promise<ScalarMultiply> {
  if (lacking) return byNoble(privateKey);
  try {
    return await byWebCrypto(privateKey);
  } catch {
    // Any 32 bytes are a private key, so what WebCrypto refuses here is the algorithm.
    lacking = true;
    return byNoble(privateKey);
  }
}
