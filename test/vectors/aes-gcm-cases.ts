// The cases of aes-gcm.json, computed by OpenSSL through node:crypto, not by our own implementation.
import { createCipheriv } from "node:crypto";
import { concat, hex, type Bytes } from "../../sdk/bytes.ts";
import { fixedBytes, flipped } from "./deterministic.ts";

export interface AesGcmCase {
  readonly comment: string;
  readonly expect: "opened" | "refused";
  readonly key: string;
  readonly nonce: string;
  readonly aad: string;
  readonly pt: string;
  /** Ciphertext and tag. */
  readonly ct: string;
}

interface Operands {
  readonly key: Bytes;
  readonly nonce: Bytes;
  readonly aad: Bytes;
  readonly pt: Bytes;
}

function byOpenSsl({ key, nonce, aad, pt }: Operands): Bytes {
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(aad);
  return concat(cipher.update(pt), cipher.final(), cipher.getAuthTag());
}

const caseOf = (
  comment: string,
  expect: AesGcmCase["expect"],
  operands: Operands,
  ct: Bytes,
): AesGcmCase => ({
  comment,
  expect,
  key: hex(operands.key),
  nonce: hex(operands.nonce),
  aad: hex(operands.aad),
  pt: hex(operands.pt),
  ct: hex(ct),
});

const operandsOf = (label: string, ptBytes: number, aadBytes: number): Operands => ({
  key: fixedBytes(`${label} key`, 32),
  nonce: fixedBytes(`${label} nonce`, 12),
  aad: fixedBytes(`${label} aad`, aadBytes),
  pt: fixedBytes(`${label} pt`, ptBytes),
});

const edges = [
  0, 1, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 47, 48, 49, 63, 64, 65, 95, 96, 97, 128, 255,
];

export function aesGcmCases(): AesGcmCase[] {
  const cases: AesGcmCase[] = [];
  const good = (comment: string, operands: Operands) =>
    cases.push(caseOf(comment, "opened", operands, byOpenSsl(operands)));
  for (const bytes of edges) good(`${bytes} bytes of text`, operandsOf(`pt ${bytes}`, bytes, 13));
  for (const bytes of edges) good(`${bytes} bytes of aad`, operandsOf(`aad ${bytes}`, 40, bytes));
  for (const bytes of [256, 512, 1024, 2048, 4096])
    good(`an answer of ${bytes} bytes`, operandsOf(`answer ${bytes}`, bytes, 111));
  for (const byte of [0x00, 0xff, 0x80, 0x01])
    good(`every byte 0x${byte.toString(16)}`, {
      key: new Uint8Array(32).fill(byte),
      nonce: new Uint8Array(12).fill(byte),
      aad: new Uint8Array(20).fill(byte),
      pt: new Uint8Array(60).fill(byte),
    });
  good("nothing but key and nonce", operandsOf("nothing", 0, 0));

  const operands = operandsOf("bad", 60, 20);
  const ct = byOpenSsl(operands);
  const bad = (comment: string, changed: Partial<Operands>, changedCt = ct) =>
    cases.push(caseOf(comment, "refused", { ...operands, ...changed }, changedCt));
  for (let index = 0; index < 16; index++)
    bad(
      `bit ${index % 8} of the tag's byte ${index} flipped`,
      {},
      flipped(ct, 60 + index, index % 8),
    );
  for (const index of [0, 15, 16, 31, 32, 47, 48, 59])
    bad(`byte ${index} of the ciphertext changed`, {}, flipped(ct, index, 7));
  for (const index of [0, 15, 16, 19])
    bad(`byte ${index} of the aad changed`, { aad: flipped(operands.aad, index) });
  for (const index of [0, 11])
    bad(`byte ${index} of the nonce changed`, { nonce: flipped(operands.nonce, index) });
  for (const index of [0, 15, 16, 31])
    bad(`byte ${index} of the key changed`, { key: flipped(operands.key, index, 3) });
  bad("no aad", { aad: new Uint8Array() });
  bad("an aad with a zero more", { aad: concat(operands.aad, new Uint8Array(1)) });
  bad("an aad with a byte less", { aad: operands.aad.slice(0, -1) });
  bad(
    "a ciphertext with a zero more before the tag",
    {},
    concat(ct.slice(0, 60), new Uint8Array(1), ct.slice(60)),
  );
  bad("a ciphertext with a byte less before the tag", {}, concat(ct.slice(0, 59), ct.slice(60)));
  bad(
    "a byte moved from aad to ciphertext",
    { aad: operands.aad.slice(0, -1) },
    concat(operands.aad.slice(-1), ct),
  );
  bad("a tag of zeros", {}, concat(ct.slice(0, 60), new Uint8Array(16)));
  bad("a tag of ones", {}, concat(ct.slice(0, 60), new Uint8Array(16).fill(0xff)));
  bad("a tag cut to 12 bytes", {}, ct.slice(0, 72));
  bad("a tag alone", {}, ct.slice(60));
  bad("fewer bytes than a tag", {}, ct.slice(0, 15));
  bad("nothing", {}, new Uint8Array());
  return cases;
}
