import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  randomBytes,
  sign,
  verify as verifyByOpenSsl,
} from "node:crypto";
import { describe, expect, test } from "vitest";
import { concat, hex, utf8 } from "../../sdk/bytes.ts";
import { verify, x25519 } from "../../sdk/curve25519.ts";
import { basePoint, byNoble, scalarMultiplier } from "../../sdk/hpke/x25519.ts";
import { fromHex } from "../vectors/read.ts";

const bytes = (length: number) => Uint8Array.from(randomBytes(length));

describe("X25519 where WebCrypto lacks it", () => {
  for (const [comment, scalar, point, wanted] of [
    [
      "§5.2, first",
      "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
      "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
      "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
    ],
    [
      "§5.2, second",
      "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
      "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
      "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
    ],
  ] as const)
    test(`RFC 7748 ${comment}`, () => {
      expect(hex(x25519(fromHex(scalar), fromHex(point)))).toBe(wanted);
    });

  test("RFC 7748 §5.2, a thousand times over itself", () => {
    let k = basePoint;
    let u = basePoint;
    for (let round = 0; round < 1000; round++) [k, u] = [x25519(k, u), k];
    expect(hex(k)).toBe("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
  }, 60_000);

  test("is WebCrypto's for 300 random keys and points", async () => {
    for (let round = 0; round < 300; round++) {
      const [key, point] = [bytes(32), bytes(32)];
      const [ours, theirs] = [await byNoble(key), await scalarMultiplier(key)];
      expect(hex(await ours(basePoint))).toBe(hex(await theirs(basePoint)));
      expect(hex(await ours(point))).toBe(hex(await theirs(point)));
    }
  }, 60_000);

  test("is OpenSSL's for points beyond the field", () => {
    for (const point of [`f0${"ff".repeat(31)}`, `ef${"ff".repeat(30)}7f`, "ff".repeat(32)]) {
      const { privateKey } = generateKeyPairSync("x25519");
      const raw = privateKey.export({ format: "der", type: "pkcs8" }).subarray(-32);
      const publicKey = createPublicKey({
        key: Buffer.concat([Buffer.from("302a300506032b656e032100", "hex"), fromHex(point)]),
        format: "der",
        type: "spki",
      });
      const theirs = diffieHellman({ privateKey, publicKey });
      expect(hex(x25519(Uint8Array.from(raw), fromHex(point)))).toBe(theirs.toString("hex"));
    }
  });

  for (const point of [
    "00".repeat(32),
    `01${"00".repeat(31)}`,
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    `ec${"ff".repeat(30)}7f`,
    `ed${"ff".repeat(30)}7f`,
  ])
    test(`refuses the point of small order ${point.slice(0, 8)}…`, async () => {
      expect(() => x25519(bytes(32), fromHex(point))).toThrow();
      const theirs = await scalarMultiplier(bytes(32));
      await expect(theirs(fromHex(point))).rejects.toThrow();
    });
});

describe("Ed25519 verification where WebCrypto lacks it", () => {
  // RFC 8032 §7.1, tests 1 to 3.
  for (const [publicKey, message, signature] of [
    [
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
      "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ],
    [
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
      "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ],
    [
      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
      "af82",
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ],
  ] as const)
    test(`RFC 8032 §7.1, a message of ${message.length / 2} bytes`, async () => {
      expect(verify(fromHex(publicKey), fromHex(signature), fromHex(message))).toBe(true);
      expect(verify(fromHex(publicKey), fromHex(signature), fromHex(`${message}00`))).toBe(false);
    });

  test("says what OpenSSL says for 60 signatures, and for each with a bit flipped", async () => {
    for (let round = 0; round < 60; round++) {
      const { privateKey, publicKey } = generateKeyPairSync("ed25519");
      const raw = Uint8Array.from(publicKey.export({ format: "der", type: "spki" }).subarray(-32));
      const message = bytes(round);
      const signature = Uint8Array.from(sign(null, message, privateKey));
      expect(verify(raw, signature, message)).toBe(true);
      const at = round % 64;
      signature[at] = (signature[at] ?? 0) ^ (1 << (round % 8));
      expect(verifyByOpenSsl(null, message, publicKey, signature)).toBe(false);
      expect(verify(raw, signature, message)).toBe(false);
    }
  }, 60_000);

  test("refuses an s that is not reduced, a key beyond the field, and a key that is no point", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const raw = Uint8Array.from(publicKey.export({ format: "der", type: "spki" }).subarray(-32));
    const message = utf8("m");
    const signature = Uint8Array.from(sign(null, message, privateKey));
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const s = BigInt(`0x${hex(signature.slice(32).reverse())}`) + order;
    const raised = fromHex(s.toString(16).padStart(64, "0")).reverse();
    expect(verify(raw, concat(signature.slice(0, 32), raised), message)).toBe(false);
    for (const key of ["ff".repeat(32), `ed${"ff".repeat(30)}7f`, `02${"00".repeat(31)}`])
      expect(verify(fromHex(key), signature, message)).toBe(false);
  });

  test("OpenSSL reads the seed that our PKCS#8 prefix wraps", () => {
    const seed = bytes(32);
    const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
    expect(createPrivateKey({ key: der, format: "der", type: "pkcs8" }).asymmetricKeyType).toBe(
      "ed25519",
    );
  });
});
