// Everything the preference page itself says, a language a file. {0}, {1} are filled in. What it shares with the page that
// asks (regions, notice) is in widget/web/words.

/** Why an act did not succeed. */
export type Fault =
  | "offline"
  | "busy"
  | "forged"
  | "over"
  | "notice"
  | "keys"
  | "clock"
  | "consent"
  | "other";

/** Why there is nothing to set. */
export type Refusal = "unknown" | "offline" | "uninvited" | "insecure";

export interface PreferenceWords {
  readonly title: string;
  readonly lead: string;
  readonly unsubscribe: string;
  readonly unsubscribeWhat: string;
  readonly unsubscribed: string;
  readonly unsubscribedWhat: string;
  readonly undo: string;
  readonly again: string;
  readonly working: string;
  readonly choices: string;
  readonly choicesWhat: string;
  readonly before: string;
  readonly beforeNothing: string;
  readonly beforeShown: string;
  readonly topics: string;
  readonly frequency: string;
  readonly consent: string;
  readonly neededWhy: string;
  readonly save: string;
  readonly saved: string;
  readonly over: string;
  readonly data: string;
  readonly dataWhat: string;
  readonly copy: string;
  readonly copyWhat: string;
  readonly copyFile: string;
  readonly copyNothing: string;
  readonly copyAnswers: string;
  readonly copyCounts: string;
  readonly copyEarlier: string;
  readonly copyChoices: string;
  readonly copyRequests: string;
  readonly copyUnreadable: string;
  readonly withdraw: string;
  readonly withdrawAsk: string;
  readonly withdrawWhat: string;
  readonly withdrawYes: string;
  readonly withdrawn: string;
  readonly withdrawnWhat: string;
  readonly receipt: string;
  readonly erase: string;
  readonly eraseAsk: string;
  readonly eraseWhat: string;
  readonly eraseYes: string;
  readonly erased: string;
  readonly erasedWhat: string;
  readonly cancel: string;
  readonly faults: Readonly<Record<Fault, string>>;
  readonly refusals: Readonly<Record<Refusal, readonly [title: string, what: string]>>;
}
