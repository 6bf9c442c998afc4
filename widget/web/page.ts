// What the page is at: one union, changed only here and by the functions that call `change`.
import type { ParsedInvitation } from "../../sdk/invitation-body.ts";
import { directionOf, fallenBackTo, inLanguage } from "../../sdk/local-text.ts";
import type { AnswerFault } from "../../sdk/check-answers.ts";
import type { Answers } from "../../sdk/schema/answer.ts";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import type { Submission } from "../../sdk/schema/submission.ts";
import type { LocalText, Purpose } from "../../sdk/schema/widget.ts";
import { more } from "./more.ts";
import type { RegionKey } from "./region-key.ts";
import type { KindsWords } from "./words/kinds/words.ts";
import type { AskingWords, FramedWords, LaterWords, Note, Reason } from "./words/words.ts";

export interface Speech {
  readonly language: string;
  readonly asking: AskingWords;
  /** Words of the views that are fetched later; absent in English, as all below: it lies with what says it. */
  readonly saidLater?: (english: LaterWords) => LaterWords;
  /** Words of the further kinds, fetched; English where they are not to be had. */
  readonly saidOfKinds?: (english: KindsWords) => Promise<KindsWords>;
  /** The same of what only a frame says. */
  readonly saidOfFrames?: (english: FramedWords) => Promise<FramedWords>;
}

/** A campaign that this reader may answer now. */
export interface Visit {
  readonly manifest: Manifest;
  /** As it stood in the link. */
  readonly invitation: string;
  readonly invited: ParsedInvitation;
  readonly key: RegionKey;
  /** What the reader is asked to agree to. */
  readonly purposes: readonly Purpose[];
  /** What Global Privacy Control forbids to ask for. */
  readonly withheld: readonly Purpose[];
}

export type Faults = ReadonlyMap<string, AnswerFault>;

/** The steps whose button sends. */
export type SentFrom = "all" | "deciding" | "confirming";

export type Step =
  | { readonly at: "intro" }
  | { readonly at: "question"; readonly id: string; readonly faults: Faults }
  | { readonly at: "all"; readonly faults: Faults; readonly note?: Note }
  | { readonly at: "deciding"; readonly note?: Note }
  | { readonly at: "sending"; readonly from: SentFrom }
  | {
      readonly at: "waiting";
      readonly submission: Submission;
      /** Where the same answers are still in memory. */
      readonly from?: SentFrom;
      readonly stored: boolean;
      readonly offline: boolean;
      readonly trying: boolean;
    }
  /** `elsewhere`: another tab sent it, and only that one knows what it said. */
  | { readonly at: "thanked"; readonly receipt: string; readonly elsewhere?: boolean }
  /** An earlier visit was to be continued; until when, in Unix milliseconds. */
  | { readonly at: "returning"; readonly until: number; readonly failed?: boolean }
  /** Answers came faster than a person gives them: none counts until the reader sends again. */
  | { readonly at: "confirming"; readonly receipt: string }
  | {
      readonly at: "withdrawing";
      readonly state: "asking" | "sending" | "failed";
      readonly back: Step;
    }
  | { readonly at: "withdrawn"; readonly receipt: string }
  | { readonly at: "refused"; readonly reason: Reason };

/** No answer can be given: `closesAt` and `opensAt` where the reason names a day. */
export interface Shut {
  readonly at: "shut";
  readonly speech: Speech;
  readonly reason: Reason;
  readonly manifest?: Manifest;
}

export interface Open {
  readonly at: "open";
  readonly speech: Speech;
  readonly visit: Visit;
  readonly answers: Answers;
  /** Ids of the purposes that are the reader's choice and were chosen. */
  readonly agreed: readonly string[];
  readonly step: Step;
  /** For the live region: what a screen reader could not know otherwise. */
  readonly said: string;
}

export type Page = Shut | Open;

let page: Page | undefined;
let draw: (page: Page) => void = () => {};

/** `draw` is called with every page from now on. */
export function onChange(listener: (page: Page) => void): void {
  draw = listener;
}

export function show(next: Page): void {
  page = next;
  draw(next);
}

/** Draws what is, again: something it is drawn with has arrived. */
export function redraw(): void {
  if (page !== undefined) draw(page);
}

/** The page where it is open; undefined otherwise, so that a late event changes nothing. */
export const current = (): Open | undefined => (page?.at === "open" ? page : undefined);

export function change(changes: Partial<Omit<Open, "at" | "visit">> & { visit?: Visit }): void {
  const open = current();
  if (open !== undefined) show({ ...open, said: "", ...changes });
}

export const goTo = (step: Step): void => change({ step });

/** Says a page again in another language. */
export const speak = (speech: Speech): void => {
  if (page !== undefined) show({ ...page, speech });
};

type Spoken = Pick<Open, "speech"> & { readonly visit: Pick<Visit, "manifest"> };

const firstOf = ({ visit }: Spoken): string => visit.manifest.definition.languages[0] ?? "en";

/** An author's text in the reader's language. */
export const local = (at: Spoken, text: LocalText): string => {
  const said = inLanguage(text, at.speech.language, firstOf(at));
  return more ? more.withAnswers(at, said) : said;
};

/** For the element of an author's text that is not in the reader's language: what it is in, so that it is read aloud so. */
export function tongueOf(at: Spoken, text: LocalText): { lang?: string; dir?: "ltr" | "rtl" } {
  const lang = fallenBackTo(text, at.speech.language, firstOf(at));
  return lang === undefined ? {} : { lang, dir: directionOf(lang) };
}
