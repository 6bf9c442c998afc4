// Addresses of the common chains: base58check (Bitcoin, Litecoin, Dogecoin, Tron), bech32 and bech32m (BIP 173, 350), and
// Ethereum's forty hexadecimal digits, whose check needs a hash that Node does not have.
import { hash } from "node:crypto";
import { standsAlone, type Finding } from "./finding.ts";

const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const base58Form = /[1-9A-HJ-NP-Za-km-z]{26,35}/g;
/** First byte of an address' 25. */
const versions = new Set([0, 5, 48, 50, 30, 22, 65]);

const sha256 = (bytes: Uint8Array): Uint8Array => hash("sha256", bytes, "buffer");

function isBase58check(text: string): boolean {
  let value = 0n;
  for (const character of text) value = value * 58n + BigInt(base58.indexOf(character));
  const hex = value.toString(16);
  if (hex.length > 50) return false;
  const bytes = Buffer.from(hex.padStart(50, "0"), "hex");
  const check = sha256(sha256(bytes.subarray(0, 21)));
  return (
    versions.has(bytes[0] ?? -1) && bytes.subarray(21).every((byte, index) => byte === check[index])
  );
}

const bech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const bech32Form = /(?:bc|tb|ltc)1[ac-hj-np-z02-9]{11,87}/gi;
const generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

function isBech32(written: string): boolean {
  const text = written.toLowerCase();
  if (text !== written && text.toUpperCase() !== written) return false;
  const one = text.lastIndexOf("1");
  const prefix = Array.from(text.slice(0, one), (character) => character.charCodeAt(0));
  const values = [
    ...prefix.map((code) => code >> 5),
    0,
    ...prefix.map((code) => code & 31),
    ...Array.from(text.slice(one + 1), (character) => bech32.indexOf(character)),
  ];
  let check = 1;
  for (const value of values) {
    const top = check >>> 25;
    check = ((check & 0x1ffffff) << 5) ^ value;
    for (const [bit, term] of generator.entries()) if ((top >> bit) & 1) check ^= term;
  }
  return check === 1 || check === 0x2bc830a3;
}

const ethereum = /0x[0-9a-fA-F]{40}/g;

export function* cryptoAddressesIn(text: string): Generator<Finding> {
  const forms: readonly [RegExp, (found: string) => boolean][] = [
    [base58Form, isBase58check],
    [bech32Form, isBech32],
    [ethereum, () => true],
  ];
  for (const [form, holds] of forms)
    for (const { index: start, 0: found } of text.matchAll(form)) {
      const end = start + found.length;
      if (standsAlone(text, start, end) && holds(found))
        yield { start, end, kind: "crypto-address" };
    }
}
