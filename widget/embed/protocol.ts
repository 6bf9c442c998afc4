// What a site's page and the frame of the edge say to each other (SPEC §4.6). Types alone: both sides are built apart.

/** From the frame to its parent, whoever that is: nothing in it is anybody's secret. */
export interface Hello {
  readonly maily: 1;
  /** Random; whoever answers has read it, and so is the window it was sent to. */
  readonly nonce: string;
}

/** What a site may set; texts as they stand in the element's attributes, checked by the frame. */
export interface Settings {
  readonly embedKey?: string | undefined;
  /** A personal invitation, where the site has one; else the visitor is anonymous. */
  readonly invitation?: string | undefined;
  readonly language?: string | undefined;
  /** "light" or "dark"; else what the visitor prefers. */
  readonly theme?: string | undefined;
  /** Answers by question id, to begin with. */
  readonly prefill?: unknown;
  /** Hidden fields by id. */
  readonly fields?: unknown;
  /** "reader": this browser stays one reader. */
  readonly once?: string | undefined;
}

/** The answer to `Hello`, with the port that everything else goes through. */
export interface Welcome extends Hello {
  readonly settings: Settings;
  /** Custom properties of the element: `--maily-accent` is `accent`. */
  readonly tokens: Readonly<Record<string, string>>;
}

/** What a site hears of: never an answer, nor anything it could be worked out from. */
export interface MailyEvents {
  /** The first question can be answered. */
  readonly ready: { readonly title: string };
  /** Half of it, or 300 pixels, are in sight for the first time. */
  readonly view: undefined;
  /** A question is shown. Its id is left out where the way depends on answers: it would tell them. */
  readonly question: { readonly number: number; readonly id?: string };
  /** A question has got its first answer; never which, nor that it was changed. */
  readonly answer: { readonly number: number; readonly id?: string };
  /** The edge has acknowledged it. */
  readonly submit: { readonly receiptId: string };
  /** This visitor cannot answer now. */
  readonly refuse: { readonly code: string };
  /** It was closed, answered or not. */
  readonly close: undefined;
  /** The widget cannot be shown. */
  readonly error: { readonly code: string };
}

/** What the frame sends through the port. The second kind is for the loader alone. */
export type Report =
  | { [Type in keyof MailyEvents]: { readonly type: Type; readonly detail: MailyEvents[Type] } }[
      | "ready"
      | "view"
      | "question"
      | "answer"
      | "submit"
      | "refuse"
      | "error"]
  | { readonly type: "height"; readonly detail: number }
  /** The button's label, in the reader's language. */
  | { readonly type: "words"; readonly detail: string }
  /** Escape was pressed, which a page around a frame does not see. */
  | { readonly type: "escape"; readonly detail?: undefined }
  /** Another step: its beginning should be in sight. */
  | { readonly type: "moved"; readonly detail?: undefined };

/** What the loader sends through the port: the reader has opened it, and reads on inside. */
export type Order = "focus";
