// The cases of choices.json: roots, and what each code or shuffle under them comes to.
import { createCipheriv } from "node:crypto";
import { base64url, concat, hex, u16, u8, type Bytes } from "../../sdk/bytes.ts";
import {
  choiceKey,
  createChoiceRoot,
  openChoiceRoot,
  sealChoices,
  shuffleOrder,
  type ChoiceScope,
} from "../../sdk/node/choices.ts";
import { regionPublicKey } from "../../sdk/node/region-key.ts";
import { regions } from "../../sdk/region.ts";
import { fixedBytes, flipped } from "./deterministic.ts";

/** How a region comes to a root: `enc` opened with `seed` under the rest. With `coins`, how the renderer came to `enc`. */
export interface RootCase {
  readonly name: string;
  readonly seed: string;
  readonly tenant: number;
  readonly campaign: string;
  readonly region: string;
  readonly keyId: number;
  readonly enc: string;
  readonly coins?: string;
  readonly choiceRoot: string;
}

export interface ChoiceCase {
  readonly comment: string;
  /** `choice-invalid` is the problem of an answer with such a code. */
  readonly expect: "opened" | "shuffled" | "choice-invalid";
  /** A root by its name. */
  readonly root: string;
  readonly reader: string;
  readonly code?: string;
  readonly question?: number;
  readonly option?: number;
  /** Of a shuffle: how many options, and the order they come in. */
  readonly count?: number;
  readonly order?: readonly number[];
}

const seed = fixedBytes("choices region key", 32);
const usual: ChoiceScope = {
  tenant: 1234,
  campaign: fixedBytes("choices campaign", 8),
  region: "eu",
  keyId: 7,
};
const reader = fixedBytes("choices reader", 16);
const otherReader = fixedBytes("another reader", 16);

const rootJson = (
  name: string,
  scope: ChoiceScope,
  by: Bytes,
  enc: Bytes,
  choiceRoot: Bytes,
): RootCase => ({
  name,
  seed: hex(by),
  ...scope,
  campaign: hex(scope.campaign),
  enc: hex(enc),
  choiceRoot: hex(choiceRoot),
});

/** The usual root and the region's others, and what comes of the usual `enc` wherever it does not belong. */
export async function choiceRoots(): Promise<RootCase[]> {
  const made = new Map<string, RootCase>();
  let usualEnc = new Uint8Array();
  const own: [string, ChoiceScope][] = [
    ...regions.map((region): [string, ChoiceScope] => [
      region === "eu" ? "usual" : `region ${region}`,
      { ...usual, region },
    ]),
    ["the greatest of everything", { ...usual, tenant: 0xffffffff, keyId: 255 }],
  ];
  for (const [name, scope] of own) {
    const coins = fixedBytes(`choices coins, ${name}`, 64);
    const { enc, choiceRoot } = await createChoiceRoot(regionPublicKey(seed), scope, coins);
    if (name === "usual") usualEnc = enc;
    made.set(name, { ...rootJson(name, scope, seed, enc, choiceRoot), coins: hex(coins) });
  }
  const foreign: [string, ChoiceScope, Bytes?, Bytes?][] = [
    ["another campaign", { ...usual, campaign: fixedBytes("another campaign", 8) }],
    ["another tenant", { ...usual, tenant: 1235 }],
    ["another region", { ...usual, region: "us" }],
    ["another key id", { ...usual, keyId: 8 }],
    ["another region's key", usual, fixedBytes("another region key", 32)],
    ["an enc with a flipped bit", usual, seed, flipped(usualEnc, 700, 3)],
  ];
  for (const [name, scope, by = seed, enc = usualEnc] of foreign)
    made.set(name, rootJson(name, scope, by, enc, await openChoiceRoot(enc, by, scope)));
  return [...made.values()];
}

const bytesOf = (text: string): Bytes => Uint8Array.from(Buffer.from(text, "hex"));

const codeOf = (key: Bytes, question: number, option: number): string =>
  sealChoices(key, [{ question, option, channel: "amp" }])[0] ?? "";

/** Any block under a reader's key, right or wrong. */
function sealedBlock(key: Bytes, block: Bytes): Bytes {
  const cipher = createCipheriv("aes-256-ecb", key, null).setAutoPadding(false);
  return Uint8Array.from(cipher.update(block));
}

const indexPairs: [number, number][] = [
  [0, 0],
  [0, 1],
  [1, 0],
  [2, 5],
  [4, 9],
  [49, 49],
  [0, 100],
  [255, 256],
  [256, 255],
  [0xffff, 0],
  [0, 0xffff],
  [0xffff, 0xffff],
];

function goodCases(roots: readonly RootCase[]): ChoiceCase[] {
  const own = roots.filter((root) => root.coins !== undefined);
  const readers: [string, Bytes][] = [
    ["a reader", reader],
    ["another reader", otherReader],
    ["a reader of zeros", new Uint8Array(16)],
    ["a reader of ones", new Uint8Array(16).fill(255)],
  ];
  return own.flatMap((root) =>
    readers.flatMap(([who, bytes], index) =>
      (root.name === "usual" && index === 0 ? indexPairs : indexPairs.slice(3, 4)).map(
        ([question, option]): ChoiceCase => ({
          comment: `${root.name}: question ${question}, option ${option} of ${who}`,
          expect: "opened",
          root: root.name,
          reader: hex(bytes),
          code: codeOf(choiceKey(bytesOf(root.choiceRoot), bytes), question, option),
          question,
          option,
        }),
      ),
    ),
  );
}

/** The block of question 2, option 5, and each way it can be wrong under the right key. */
function blockCases(key: Bytes): [string, Bytes][] {
  const right = concat(u16(2), u16(5), u8(1), u8(1), new Uint8Array(10));
  return [
    ...Array.from({ length: 12 }, (_, index): [string, Bytes] => [
      `its fixed byte ${index + 4} flipped`,
      sealedBlock(key, flipped(right, index + 4, index % 8)),
    ]),
    ["channel 2", sealedBlock(key, concat(u16(2), u16(5), u8(2), u8(1), new Uint8Array(10)))],
    ["channel 255", sealedBlock(key, concat(u16(2), u16(5), u8(255), u8(1), new Uint8Array(10)))],
    ["version 0", sealedBlock(key, concat(u16(2), u16(5), u8(1), u8(0), new Uint8Array(10)))],
    [
      "the version of a shuffle",
      sealedBlock(key, concat(u16(2), u16(5), u8(0), u8(2), new Uint8Array(10))),
    ],
    ["a block of zeros", sealedBlock(key, new Uint8Array(16))],
    ["a block of ones", sealedBlock(key, new Uint8Array(16).fill(255))],
    ["its bytes backwards", sealedBlock(key, right.slice().reverse())],
    ["nothing encrypted", right],
  ];
}

function textCases(code: string, other: string): [string, string][] {
  const bytes = Buffer.from(code, "base64url");
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const last = alphabet.indexOf(code.slice(-1));
  return [
    ["no text", ""],
    ["a character less", code.slice(0, -1)],
    ["a character more", `${code}A`],
    ["two characters more", `${code}AA`],
    ["15 bytes", bytes.subarray(0, 15).toString("base64url")],
    ["17 bytes", base64url(concat(bytes, u8(0)))],
    ["32 bytes, two codes", base64url(concat(bytes, Buffer.from(other, "base64url")))],
    ["itself twice", code + code],
    ["half of another code", code.slice(0, 11) + other.slice(11)],
    ...[1, 2, 4, 8].map((bits): [string, string] => [
      `stray bits ${bits} in its last character`,
      code.slice(0, -1) + (alphabet[last | bits] ?? ""),
    ]),
    ["padding", `${code}==`],
    ["one character of padding", `${code}=`],
    ["a plus for a character", `+${code.slice(1)}`],
    ["a solidus for a character", `/${code.slice(1)}`],
    ["a space at the end", `${code} `],
    ["a space before", ` ${code}`],
    ["a line break within", `${code.slice(0, 10)}\n${code.slice(10)}`],
    ["a zero byte within", `${code.slice(0, 10)}\0${code.slice(11)}`],
    ["a letter beyond ASCII within", `${code.slice(0, 10)}ä${code.slice(11)}`],
    ["hexadecimal", hex(bytes)],
    ["zeros", "A".repeat(22)],
    ["an option's index", "5"],
  ];
}

const bad = (comment: string, root: string, by: Bytes, text: string): ChoiceCase => ({
  comment,
  expect: "choice-invalid",
  root,
  reader: hex(by),
  code: text,
});

function badCases(roots: readonly RootCase[]): ChoiceCase[] {
  const usualRoot = roots.find(({ name }) => name === "usual");
  if (usualRoot === undefined) throw new Error("no usual root");
  const key = choiceKey(bytesOf(usualRoot.choiceRoot), reader);
  const code = codeOf(key, 2, 5);
  const sealed = Uint8Array.from(Buffer.from(code, "base64url"));
  return [
    bad("a code of another reader", "usual", otherReader, code),
    bad("a code of a reader whose last bit differs", "usual", flipped(reader, 15), code),
    ...roots
      .filter(({ name }) => name !== "usual")
      .map(({ name }) => bad(`a code of the usual root under: ${name}`, name, reader, code)),
    ...blockCases(key).map(([comment, block]) => bad(comment, "usual", reader, base64url(block))),
    ...Array.from({ length: 16 }, (_, index) =>
      bad(
        `the code's byte ${index} flipped`,
        "usual",
        reader,
        base64url(flipped(sealed, index, (index * 3) % 8)),
      ),
    ),
    ...textCases(code, codeOf(key, 2, 6)).map(([comment, text]) =>
      bad(`spelt with ${comment}`, "usual", reader, text),
    ),
  ];
}

function shuffleCases(roots: readonly RootCase[]): ChoiceCase[] {
  const cases: [root: string, by: Bytes, question: number, count: number][] = [
    ["usual", reader, 0, 0],
    ["usual", reader, 0, 1],
    ["usual", reader, 0, 2],
    ["usual", otherReader, 0, 2],
    ["usual", reader, 0, 10],
    ["usual", otherReader, 0, 10],
    ["usual", reader, 1, 10],
    ["usual", reader, 49, 50],
    ["usual", reader, 0xffff, 60],
    ["region us", reader, 0, 10],
    ["region apac", reader, 0, 10],
    ["the greatest of everything", reader, 300, 11],
  ];
  return cases.map(([root, by, question, count], index) => {
    const { choiceRoot = "" } = roots.find(({ name }) => name === root) ?? {};
    return {
      comment: `shuffle ${index}: ${count} options of question ${question}, ${root}`,
      expect: "shuffled",
      root,
      reader: hex(by),
      question,
      count,
      order: shuffleOrder(choiceKey(bytesOf(choiceRoot), by), question, count),
    };
  });
}

export const choiceCases = (roots: readonly RootCase[]): ChoiceCase[] => [
  ...goodCases(roots),
  ...badCases(roots),
  ...shuffleCases(roots),
];
