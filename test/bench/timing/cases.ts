// What must not take a time that tells a secret, and beside it what does, which the test must find.
import { createCipheriv } from "node:crypto";
import { base64url, equalBytes, type Bytes } from "../../../sdk/bytes.ts";
import { aesGcm, scalarAead, type Aead } from "../../../sdk/hpke/aead.ts";
import { mlKem768 } from "../../../sdk/hpke/ml-kem.ts";
import { openChoice } from "../../../sdk/node/choices.ts";
import { generateSeed, regionPublicKey } from "../../../sdk/node/region-key.ts";
import type { Case } from "./measure.ts";

const random = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));
const textBytes = 512;
const none = new Uint8Array(0);

/** Class 0 is always the same secret, class 1 a new one each time. */
const fixedOrRandom = (length: number) => {
  const fixed = random(length);
  return (kind: 0 | 1): Bytes => (kind === 0 ? fixed.slice() : random(length));
};

/** `bytes` with one bit of the byte at `at` flipped. */
function spoilt(bytes: Bytes, at: number): Bytes {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

async function aesCases(aead: Aead): Promise<Case[]> {
  const [key, nonce, aad, text] = [random(32), random(12), random(111), random(textBytes)];
  const [keys, texts] = [fixedOrRandom(32), fixedOrRandom(textBytes)];
  const ct = await aead.seal(key, nonce, aad, text);
  const title = `AES-256-GCM, ${aead.name}`;
  return [
    {
      name: `${title}: seal`,
      classes: "a fixed key, random keys",
      input: (kind) => [keys(kind)],
      run: ([secret = none]) => aead.seal(secret, nonce, aad, text),
    },
    {
      name: `${title}: seal`,
      classes: "a fixed text, random texts",
      input: (kind) => [texts(kind)],
      run: ([secret = none]) => aead.seal(key, nonce, aad, secret),
    },
    {
      name: `${title}: open`,
      classes: "text of zeros, random texts",
      input: (kind) => {
        const sealed = aead.seal(
          key,
          nonce,
          aad,
          kind === 0 ? new Uint8Array(textBytes) : random(textBytes),
        );
        if (sealed instanceof Promise) throw new Error("ours seal at once");
        return [sealed];
      },
      run: ([sealed = none]) => aead.open(key, nonce, aad, sealed),
    },
    {
      name: `${title}: refuse`,
      classes: "a tag wrong in its first byte, in its last",
      input: (kind) => [spoilt(ct, kind === 0 ? textBytes : ct.length - 1)],
      run: ([sealed = none]) => aead.open(key, nonce, aad, sealed),
    },
  ];
}

async function mlKemCases(): Promise<Case[]> {
  const mlKem = await mlKem768();
  const publicKey = regionPublicKey(generateSeed()).slice(0, 1184);
  const [coins, secrets] = [fixedOrRandom(32), fixedOrRandom(134)];
  return [
    {
      name: "ML-KEM-768: encapsulate",
      classes: "fixed coins, random coins",
      input: (kind) => [coins(kind)],
      run: ([secret = none]) => mlKem.encapsulate(publicKey, secret),
    },
    {
      name: "SHA3-256: combine",
      classes: "fixed secrets, random secrets",
      input: (kind) => [secrets(kind)],
      run: ([secret = none]) => mlKem.sha3(secret),
    },
  ];
}

function choiceCases(): Case[] {
  const readerKey = random(32);
  /** The code of a block that is wrong in one byte: question 1, option 2, AMP, version 1, ten zeros. */
  const codeSpoiltAt = (at: number): string => {
    const cipher = createCipheriv("aes-256-ecb", readerKey, null).setAutoPadding(false);
    const block = spoilt(Uint8Array.of(0, 1, 0, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), at);
    return base64url(cipher.update(block));
  };
  const codes = [codeSpoiltAt(4), codeSpoiltAt(15)];
  return [
    {
      name: "sealed choice: refuse",
      classes: "a block wrong in its first fixed byte, in its last",
      input: (kind) => [Uint8Array.of(kind)],
      run: ([kind = none]) => openChoice(readerKey, codes[kind[0] ?? 0] ?? ""),
    },
  ];
}

const compared = 16;
const compareCase = (
  name: string,
  run: (left: Uint8Array, right: Uint8Array) => boolean,
  length: number,
): Case => {
  const right = random(length);
  return {
    name,
    classes: "wrong in its first byte, in its last",
    input: (kind) => [spoilt(right, kind === 0 ? 0 : length - 1)],
    run: ([given = none]) => run(given, right),
  };
};

/** What nobody may write: it stops at the first byte that differs. */
export function leakyEqual(left: Uint8Array, right: Uint8Array): boolean {
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false;
  return true;
}

/** A comparison of so many bytes that stops early: a leak of microseconds that no noise hides. */
export const plainLeak = (): Case =>
  compareCase("control: a comparison of 16 KB that stops early", leakyEqual, 16_384);

/** What must be found, the plain leak and one as small as a tag's. */
export const leaks = (): Case[] => [
  plainLeak(),
  compareCase("control: a comparison of 16 bytes that stops early", leakyEqual, compared),
];

/** What must not be found. */
export const cases = async (): Promise<Case[]> => [
  ...(await aesCases(await aesGcm())),
  ...(await aesCases(await scalarAead())),
  ...(await mlKemCases()),
  ...choiceCases(),
  compareCase("comparison of 16 bytes", equalBytes, compared),
];
