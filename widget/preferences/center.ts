// What the preference page is at: changed only here and by the functions that call `change`.
import type { ParsedInvitation } from "../../sdk/invitation-body.ts";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import type { Speech, Visit } from "../web/page.ts";
import type { Fault, PreferenceWords, Refusal } from "./words/words.ts";

/** Whoever holds an invitation, also one that has expired, or to a campaign that is over. */
export interface Guest extends Pick<Visit, "purposes" | "withheld"> {
  readonly manifest: Manifest;
  /** As it stood in the link. */
  readonly invitation: string;
  readonly invited: ParsedInvitation;
  /** Choices are no longer taken. */
  readonly over: boolean;
}

interface Kept {
  /** ISO 8601. */
  readonly receivedAt: string;
}

/** What the region writes (server/copy.ts), as far as it is shown here; the file has all of it. */
export interface OwnCopy {
  readonly answers: readonly (Kept & {
    readonly current: boolean;
    readonly answers: readonly {
      readonly question: string;
      readonly asked?: string;
      readonly answer: unknown;
    }[];
  })[];
  /** Newest first. */
  readonly preferences: readonly (Kept & {
    readonly topics: readonly string[];
    readonly frequency?: string;
    readonly consent: { readonly purposes: readonly string[] };
  })[];
  readonly requests: readonly (Kept & { readonly request: string })[];
  readonly withdrawals: readonly Kept[];
  readonly unreadable: readonly Kept[];
}

export type ActName = "subscription" | "save" | "before" | "copy" | "withdraw" | "erase";

export type Act =
  | { readonly at: "idle" }
  /** Asked whether it is meant. */
  | { readonly at: "asking" }
  | { readonly at: "working" }
  | { readonly at: "failed"; readonly fault: Fault }
  | { readonly at: "done"; readonly receipt?: string };

export interface Center {
  readonly at: "open";
  readonly speech: Speech;
  readonly words: PreferenceWords;
  readonly visit: Guest;
  readonly unsubscribed: boolean;
  readonly acts: Readonly<Record<ActName, Act>>;
  readonly topics: readonly string[];
  readonly frequency: string | undefined;
  /** Ids of the purposes that are the reader's choice and were chosen. */
  readonly agreed: readonly string[];
  /** As it was last fetched, and its text. */
  readonly copy?: { readonly read: OwnCopy; readonly text: string };
}

export interface Shut {
  readonly at: "shut";
  readonly speech: Speech;
  readonly words: PreferenceWords;
  readonly refusal: Refusal;
}

let page: Center | Shut | undefined;
let draw: (page: Center | Shut) => void = () => {};

/** `listener` is called with every page from now on. */
export function onChange(listener: (page: Center | Shut) => void): void {
  draw = listener;
}

export function show(next: Center | Shut): void {
  page = next;
  draw(next);
}

/** The page where it is open; undefined otherwise, so that a late event changes nothing. */
export const current = (): Center | undefined => (page?.at === "open" ? page : undefined);

export function change(changes: Partial<Omit<Center, "at">>): void {
  const center = current();
  if (center !== undefined) show({ ...center, ...changes });
}

export function mark(name: ActName, act: Act): void {
  const center = current();
  if (center !== undefined) change({ acts: { ...center.acts, [name]: act } });
}

/** Says the page in another language. */
export function speak(speech: Speech, words: PreferenceWords): void {
  if (page !== undefined) show({ ...page, speech, words });
}

const idle: Act = { at: "idle" };

/** Nothing done yet, nothing chosen: what was chosen before is sealed. */
export const begun = (visit: Guest, speech: Speech, words: PreferenceWords): Center => ({
  at: "open",
  speech,
  words,
  visit,
  unsubscribed: false,
  acts: { subscription: idle, save: idle, before: idle, copy: idle, withdraw: idle, erase: idle },
  topics: [],
  frequency: undefined,
  agreed: [],
});
