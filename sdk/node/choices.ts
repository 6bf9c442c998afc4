// Sealed choices (SPEC §3.8): an option of one reader as 22 characters that only the region can read. Made where mails
// are rendered, opened where answers are ingested; both on Node, whose AES is the processor's.
import { createCipheriv, createDecipheriv, createHmac, type KeyObject } from "node:crypto";
import {
  base64url,
  concat,
  equalBytes,
  fromBase64url,
  readUint,
  u16,
  u32,
  u8,
  utf8,
  type Bytes,
} from "../bytes.ts";
import { setupBaseS } from "../hpke/hpke.ts";
import { setupBaseR } from "../hpke/open-base.ts";
import { regionCodes, type Region } from "../region.ts";

const exporterContext = utf8("choice root");
const readerContext = utf8("maily reader v1\0");
const rootBytes = 32;
const blockBytes = 16;
const version = 1;
const shuffleVersion = 2;
const channels = { amp: 1 } as const;

export type ChoiceChannel = keyof typeof channels;

/** The campaign and region key that a choice root belongs to; `campaign` 8 bytes. */
export interface ChoiceScope {
  readonly tenant: number;
  readonly campaign: Bytes;
  readonly region: Region;
  readonly keyId: number;
}

/** Indices in the campaign's definition, from 0. */
export interface Choice {
  readonly question: number;
  readonly option: number;
  readonly channel: ChoiceChannel;
}

const choicesInfo = (scope: ChoiceScope): Bytes =>
  concat(
    utf8("application/vnd.maily.choices v1\0"),
    u32(scope.tenant),
    scope.campaign,
    u8(regionCodes[scope.region]),
    u8(scope.keyId),
  );

/** The renderer's side, once a campaign and region: `enc` (1,120 bytes) goes into the signed campaign, the root (32 bytes) stays secret. */
export async function createChoiceRoot(
  publicKey: Bytes,
  scope: ChoiceScope,
  coins?: Bytes,
): Promise<{ enc: Bytes; choiceRoot: Bytes }> {
  const { enc, context } = await setupBaseS(publicKey, choicesInfo(scope), coins);
  return { enc, choiceRoot: await context.exportSecret(exporterContext, rootBytes) };
}

/** The region's side: the same root from `enc` and the region key's 32-byte seed. */
export async function openChoiceRoot(enc: Bytes, seed: Bytes, scope: ChoiceScope): Promise<Bytes> {
  const context = await setupBaseR(enc, seed, choicesInfo(scope));
  return context.exportSecret(exporterContext, rootBytes);
}

/**
 * One reader's key, 32 bytes; `reader` is the 16-byte pseudonym. Who makes many keys of one root gives it as a KeyObject,
 * which is five times as fast.
 */
export const choiceKey = (choiceRoot: Bytes | KeyObject, reader: Bytes): Bytes =>
  Uint8Array.from(createHmac("sha256", choiceRoot).update(readerContext).update(reader).digest());

const blockOf = ({ question, option, channel }: Choice): Bytes =>
  concat(u16(question), u16(option), u8(channels[channel]), u8(version), new Uint8Array(10));

/** The plaintext blocks of `choices`, 16 bytes each: the same for every reader, so made once a campaign. */
export const choiceBlocks = (choices: readonly Choice[]): Bytes => concat(...choices.map(blockOf));

/** Whole blocks of one reader, encrypted each by itself. */
function encrypted(readerKey: Bytes, blocks: Bytes): Buffer {
  // Every block is an own permutation of a block that no other choice has: ECB hides what a single block hides.
  const cipher = createCipheriv("aes-256-ecb", readerKey, null).setAutoPadding(false);
  return cipher.update(blocks);
}

/** Two characters of base64url for each 12 bits, as they lie in memory: a code is eleven of them. */
const characterPairs = new Uint16Array(4096);
const pairBytes = new Uint8Array(characterPairs.buffer);
for (let bits = 0; bits < 4096; bits++) {
  // 12 bits and 12 zeros: the first two of four characters.
  const text = base64url(Uint8Array.of(bits >> 4, (bits & 15) << 4, 0));
  pairBytes[bits * 2] = text.charCodeAt(0);
  pairBytes[bits * 2 + 1] = text.charCodeAt(1);
}
const codeCharacters = 22;
const codePairs = codeCharacters / 2;

/** Grown to the longest list of codes so far, and written again for each reader: a million readers leave no garbage. */
let written = new Uint16Array(64 * codePairs);
let writtenText = Buffer.from(written.buffer);

/**
 * All codes of one reader, packed: 22 characters each, in the order of the choices that `choiceBlocks` was given.
 * Deterministic on purpose (SPEC §3.8).
 */
export function sealBlocks(readerKey: Bytes, blocks: Bytes): string {
  const sealed = encrypted(readerKey, blocks);
  const pairs = (sealed.length / blockBytes) * codePairs;
  if (written.length < pairs) {
    written = new Uint16Array(pairs);
    writtenText = Buffer.from(written.buffer);
  }
  let at = 0;
  for (let offset = 0; offset < sealed.length; offset += blockBytes) {
    // Three bytes are two pairs; the sixteenth byte is a pair of its own, whose last four bits are zeros.
    for (let index = offset; index < offset + 15; index += 3) {
      const group =
        ((sealed[index] ?? 0) << 16) | ((sealed[index + 1] ?? 0) << 8) | (sealed[index + 2] ?? 0);
      written[at++] = characterPairs[group >>> 12] ?? 0;
      written[at++] = characterPairs[group & 0xfff] ?? 0;
    }
    written[at++] = characterPairs[(sealed[offset + 15] ?? 0) << 4] ?? 0;
  }
  return writtenText.toString("latin1", 0, pairs * 2);
}

/** Packed codes, one by one. */
export const unpackCodes = (packed: string): string[] =>
  Array.from({ length: packed.length / codeCharacters }, (_, index) =>
    packed.slice(index * codeCharacters, (index + 1) * codeCharacters),
  );

/** The codes of one reader, in the order of `choices`. */
export const sealChoices = (readerKey: Bytes, choices: readonly Choice[]): string[] =>
  unpackCodes(sealBlocks(readerKey, choiceBlocks(choices)));

/**
 * The order in which a mail made for one reader shows the `count` options of a question with `shuffle`: a permutation of
 * 0 … count - 1, the same whenever it is asked for (SPEC §3.8, Shuffling).
 */
export function shuffleOrder(readerKey: Bytes, question: number, count: number): number[] {
  const blocks = new Uint8Array(count * blockBytes);
  for (let option = 0; option < count; option++)
    blocks.set(
      [question >>> 8, question, option >>> 8, option, 0, shuffleVersion],
      option * blockBytes,
    );
  const sealed = encrypted(readerKey, blocks);
  // Six bytes are as much as a number holds; where they are equal, which nobody will see, the rest decides.
  const heads = Array.from({ length: count }, (_, option) =>
    sealed.readUIntBE(option * blockBytes, 6),
  );
  const block = (option: number): Buffer =>
    sealed.subarray(option * blockBytes, (option + 1) * blockBytes);
  return heads
    .map((_, option) => option)
    .sort(
      (left, right) =>
        (heads[left] ?? 0) - (heads[right] ?? 0) || Buffer.compare(block(left), block(right)),
    );
}

/** The choice a code stands for, or undefined for every code this reader's key did not make. Compares without early exit. */
export function openChoice(readerKey: Bytes, code: string): Choice | undefined {
  const sealed = fromBase64url(code);
  if (sealed?.length !== blockBytes) return undefined;
  const decipher = createDecipheriv("aes-256-ecb", readerKey, null).setAutoPadding(false);
  const block = Uint8Array.from(decipher.update(sealed));
  const choice = {
    question: readUint(block, 0, 2),
    option: readUint(block, 2, 2),
    channel: "amp",
  } as const;
  return equalBytes(block, blockOf(choice)) ? choice : undefined;
}
