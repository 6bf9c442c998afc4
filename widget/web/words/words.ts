// Everything the page itself says, a language a file. {0}, {1} are filled in. Authors' texts are not here.
import type { Region } from "../../../sdk/region.ts";
import type { Packed } from "../unpacked.ts";

export interface AskingWords {
  readonly loading: string;
  readonly offline: string;
  readonly reload: string;
  readonly language: string;
  readonly start: string;
  readonly next: string;
  readonly back: string;
  readonly progress: string;
  readonly optional: string;
  readonly clear: string;
  readonly choose: string;
  readonly upTo: string;
  readonly atLeast: string;
  readonly yes: string;
  readonly no: string;
  readonly agreed: string;
  readonly characters: string;
  readonly slide: string;
  readonly rankHint: string;
  readonly keepOrder: string;
  readonly up: string;
  readonly down: string;
  readonly moved: string;
  readonly review: string;
  readonly beforeSending: string;
  readonly change: string;
  readonly unanswered: string;
  readonly notice: string;
  readonly controller: string;
  readonly retention: string;
  readonly fullNotice: string;
  readonly needed: string;
  readonly neededWhy: string;
  readonly yourChoice: string;
  readonly privacyControl: string;
  readonly send: string;
  readonly sending: string;
  readonly sealed: string;
  readonly withdrawEarlier: string;
  /** By `AnswerFault`, where native controls let a reader come to it; for the rest `missing` says enough. */
  readonly faults: Readonly<Record<"missing" | "too-few" | "out-of-range" | "too-long", string>>;
  readonly regions: Readonly<Record<Region, string>>;
}

/** What a language's file has: the parts of every `en….ts` beside it. */
export interface SaidWords {
  readonly asking: Packed<AskingWords>;
  readonly later: Packed<LaterWords>;
}

/** Why a reader who pressed send is asked once more. */
export type Note = "notice" | "consent" | "control" | "clock" | "length" | "again";

/** Why a reader cannot answer, or cannot go on. */
export type Reason =
  | "pending"
  | "closed"
  | "expired"
  | "uninvited"
  | "forged"
  | "unknown"
  | "keys"
  | "control"
  | "withdrawn"
  | "outdated"
  | "offline"
  | "insecure"
  | "other";

export interface LaterWords {
  readonly thanks: string;
  readonly arrived: string;
  /** How many percent of the points each result has. */
  readonly scores: string;
  readonly share: string;
  readonly shareCopied: string;
  readonly shareFailed: string;
  readonly receipt: string;
  readonly receiptWhy: string;
  readonly agreedTo: string;
  readonly declined: string;
  readonly given: string;
  readonly taken: string;
  readonly region: string;
  readonly kept: string;
  readonly number: string;
  readonly copy: string;
  readonly copied: string;
  readonly download: string;
  readonly changeAnswer: string;
  readonly withdraw: string;
  readonly withdrawAsk: string;
  readonly withdrawWhat: string;
  readonly withdrawYes: string;
  readonly withdrawNo: string;
  readonly withdrawFailed: string;
  readonly withdrawing: string;
  readonly withdrawn: string;
  readonly withdrawnWhat: string;
  readonly answerAgain: string;
  readonly waiting: string;
  readonly waitingOffline: string;
  readonly waitingBusy: string;
  readonly waitingStored: string;
  readonly waitingUnstored: string;
  /** Instead of `arrived`, where another tab of this browser sent the answer. */
  readonly elsewhere: string;
  /** Keeps the answers so far on this device; {0} in `paused` and `returningWhat` is a day. */
  readonly pause: string;
  readonly paused: string;
  readonly pauseForget: string;
  readonly pauseFailed: string;
  readonly returning: string;
  readonly returningWhat: string;
  readonly returnFailed: string;
  readonly goOn: string;
  readonly startAnew: string;
  readonly tryNow: string;
  readonly trying: string;
  readonly confirm: string;
  readonly confirmWhat: string;
  readonly confirmWait: string;
  readonly confirmNow: string;
  readonly confirmSend: string;
  readonly confirmNot: string;
  readonly notes: Readonly<Record<Note, string>>;
  readonly reasons: Readonly<Record<Reason, readonly [title: string, what: string]>>;
}

/** Why there is nothing to answer in a site's frame. */
export type FramedReason = "unknown" | "unplaced" | "undecided" | "away" | "other";

/** What only a page in a site's frame says. */
export interface FramedWords {
  /** The label of the button that closes it. */
  readonly close: string;
  readonly reasons: Readonly<Record<FramedReason, readonly [title: string, what: string]>>;
}

type Filled = (text: string, parts: readonly (string | number)[]) => string;

// As English counts: others bring what they take.
let filledIn: Filled = (text, parts) =>
  text.replace(/\{(\d)(.*?)\}/g, (_, index: string, forms: string) => {
    const part = parts[Number(index)] ?? "";
    return forms.split("|")[part === 1 ? 1 : 2]?.replace("#", `${part}`) ?? `${part}`;
  });

/** From now on texts are filled in so. */
export const fillBy = (better: Filled): void => {
  filledIn = better;
};

/** A text of the page with its parts: `{0}`, or its plural forms `{0|# day|# days}` (sdk/filled.ts). */
export const fill = (text: string, ...parts: readonly (string | number)[]): string =>
  filledIn(text, parts);
