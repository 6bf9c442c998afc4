// Sealed choices (SPEC §3.8): an option of one reader as 22 characters that only the region can read. Made where mails
// are rendered, opened where answers are ingested; both on Node, whose AES is the processor's.
import { createCipheriv, createDecipheriv, createHmac } from "node:crypto";
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
import { setupBaseR, setupBaseS } from "../hpke/hpke.ts";
import { regionCodes, type Region } from "../region.ts";

const exporterContext = utf8("choice root");
const readerContext = utf8("maily reader v1\0");
const rootBytes = 32;
const blockBytes = 16;
const version = 1;
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

/** One reader's key, 32 bytes; `reader` is the 16-byte pseudonym. */
export const choiceKey = (choiceRoot: Bytes, reader: Bytes): Bytes =>
  Uint8Array.from(createHmac("sha256", choiceRoot).update(readerContext).update(reader).digest());

const blockOf = ({ question, option, channel }: Choice): Bytes =>
  concat(u16(question), u16(option), u8(channels[channel]), u8(version), new Uint8Array(10));

/** The codes of one reader, in the order of `choices`: one AES-256 block each, deterministic on purpose (SPEC §3.8). */
export function sealChoices(readerKey: Bytes, choices: readonly Choice[]): string[] {
  // Every block is an own permutation of a block that no other choice has: ECB hides what a single block hides.
  const cipher = createCipheriv("aes-256-ecb", readerKey, null).setAutoPadding(false);
  const blocks = cipher.update(concat(...choices.map(blockOf)));
  return choices.map((_, index) =>
    base64url(blocks.subarray(index * blockBytes, (index + 1) * blockBytes)),
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
