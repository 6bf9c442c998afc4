import { createPublicKey, randomBytes, verify } from "node:crypto";
import { expect, test } from "vitest";
import { hex, utf8 } from "../../sdk/bytes.ts";
import { publicKeyOfSeed, signEd25519, verifyEd25519 } from "../../sdk/ed25519.ts";
import { fromHex } from "../vectors/read.ts";

const bytes = (length: number) => Uint8Array.from(randomBytes(length));

test("RFC 8032 §7.1, test 1", async () => {
  const seed = fromHex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  expect(hex(await publicKeyOfSeed(seed))).toBe(
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
  );
  expect(hex(await signEd25519(seed, new Uint8Array()))).toBe(
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  );
});

test("OpenSSL verifies what is signed here", async () => {
  const seed = bytes(32);
  const message = utf8("message");
  const key = createPublicKey({
    key: Buffer.concat([
      Buffer.from("302a300506032b6570032100", "hex"),
      await publicKeyOfSeed(seed),
    ]),
    format: "der",
    type: "spki",
  });
  expect(verify(null, message, key, await signEd25519(seed, message))).toBe(true);
});

test("more keys than are kept verify, each its own", async () => {
  const message = utf8("message");
  const seeds = Array.from({ length: 300 }, () => bytes(32));
  for (const seed of [...seeds, ...seeds.slice(0, 5)]) {
    const publicKey = await publicKeyOfSeed(seed);
    const signature = await signEd25519(seed, message);
    expect(await verifyEd25519(publicKey, signature, message)).toBe(true);
    expect(await verifyEd25519(publicKey, signature, utf8("massage"))).toBe(false);
  }
});

test("refuses keys and signatures of a wrong length, and a key that is no point", async () => {
  const seed = bytes(32);
  const message = utf8("message");
  const [publicKey, signature] = [await publicKeyOfSeed(seed), await signEd25519(seed, message)];
  expect(await verifyEd25519(publicKey.slice(1), signature, message)).toBe(false);
  expect(await verifyEd25519(publicKey, signature.slice(1), message)).toBe(false);
  expect(await verifyEd25519(fromHex(`02${"00".repeat(31)}`), signature, message)).toBe(false);
});
