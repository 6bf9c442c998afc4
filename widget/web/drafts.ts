// What a reader asked to continue later on this device: the answers so far, encrypted. Nothing is kept unless the reader
// presses for it. The key was made for this one draft and cannot be taken out of the browser: a copy of its files, or a
// script that reads the database, holds ciphertext. Whoever can open this page in this browser, with the link, can go on.
import type { Answers } from "../../sdk/schema/answer.ts";
import { changeEntry, entriesOf, entryOf } from "./database.ts";

export const draftDaysMax = 7;
export const draftsMax = 20;
const dayMilliseconds = 86_400_000;
const ivBytes = 12;

/** Where a reader was: everything but consent, which is given when sending. */
export interface Draft {
  readonly answers: Answers;
  /** The question that was asked, where they come one by one. */
  readonly question?: string;
}

interface Entry {
  readonly name: string;
  readonly key: CryptoKey;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly sealed: ArrayBuffer;
  /** Unix milliseconds. */
  readonly until: number;
}

/** Bound to whose it is and until when: moved or prolonged, it does not open. */
const contextOf = (name: string, until: number): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(`maily draft v1\n${name}\n${until}`);

const isOver = ({ until }: Entry): boolean =>
  Date.now() >= until || until > Date.now() + (draftDaysMax + 1) * dayMilliseconds;

async function draftsNow(): Promise<readonly Entry[]> {
  const entries = await entriesOf<Entry>("drafts", draftsMax);
  for (const { name } of entries.filter(isOver)) await forgetDraft(name);
  return entries.filter((entry) => !isOver(entry));
}

/** Encrypts and keeps it until the campaign closes, or for `draftDaysMax`. Undefined where storage is denied or full. */
export async function keepDraft(
  name: string,
  draft: Draft,
  closesAt: string,
): Promise<number | undefined> {
  const until = Math.min(Date.now() + draftDaysMax * dayMilliseconds, Date.parse(closesAt));
  try {
    const others = (await draftsNow()).filter((entry) => entry.name !== name);
    if (others.length >= draftsMax) return undefined;
    // A key for each saving: no initialisation vector can come twice.
    const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, [
      "encrypt",
      "decrypt",
    ]);
    const iv = crypto.getRandomValues(new Uint8Array(ivBytes));
    const sealed = await crypto.subtle.encrypt(
      { name: "AES-GCM", iv, additionalData: contextOf(name, until) },
      key,
      new TextEncoder().encode(JSON.stringify(draft)),
    );
    await changeEntry<Entry>("drafts", name, () => ({ name, key, iv, sealed, until }));
    return until;
  } catch {
    return undefined;
  }
}

async function entryFor(name: string): Promise<Entry | undefined> {
  const entry = await entryOf<Entry>("drafts", name).catch(() => undefined);
  if (entry === undefined || !isOver(entry)) return entry;
  await forgetDraft(name);
  return undefined;
}

/** Until when a draft is kept, in Unix milliseconds; undefined where there is none. */
export const draftUntil = async (name: string): Promise<number | undefined> =>
  (await entryFor(name))?.until;

/** Undefined where there is none, or it does not open. */
export async function openDraft(name: string): Promise<Draft | undefined> {
  const entry = await entryFor(name);
  if (entry === undefined) return undefined;
  const { key, iv, sealed, until } = entry;
  try {
    const opened = await crypto.subtle.decrypt(
      { name: "AES-GCM", iv, additionalData: contextOf(name, until) },
      key,
      sealed,
    );
    return JSON.parse(new TextDecoder().decode(opened)) as Draft; // Encrypted here, under a key that only this browser has.
  } catch {
    return undefined;
  }
}

export async function forgetDraft(name: string): Promise<void> {
  await changeEntry<Entry>("drafts", name, () => undefined).catch(() => undefined);
}

/** Rejects where storage is denied. */
export const hasDrafts = async (): Promise<boolean> => (await draftsNow()).length > 0;
