// Drawn for this page in one line, in the colour of the text around them. What they mean is said in words beside them.
import type { JSX } from "preact";

const envelope =
  "M4.5 9.5h19a2 2 0 0 1 2 2V14M4.5 9.5a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h11M3 11l11 8 11-8";

/** Paths on a square of 32. */
const drawings = {
  /** A postmark: it has arrived. */
  arrived:
    "M14 6a10 10 0 1 0 0 20 10 10 0 0 0 0-20zM9.5 16l3 3 6-6.5M25 11c1.5-1.2 3 1.2 5 0M26 16c1.5-1.2 2 1.2 4 0M25 21c1.5-1.2 3 1.2 5 0",
  /** A letter and a clock: it will go by itself. */
  waiting: `${envelope}M23 17a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM23 20v3l2 1.5`,
  /** A letter that meets no connection. */
  offline: `${envelope}M18.5 28.5 27.5 19.5M27.5 28.5 18.5 19.5`,
  /** A letter that is taken back. */
  returned: "M27 25v-6a6 6 0 0 0-6-6H5M11 7l-6 6 6 6",
  /** A letter of which nobody knows whose it is. */
  doubted: `${envelope}M20.5 20.2a2.7 2.7 0 1 1 4 2.4c-.9.5-1.4 1-1.4 2M23.1 28v.01`,
  /** Shut. */
  closed:
    "M8 14h16a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2H8a2 2 0 0 1-2-2v-9a2 2 0 0 1 2-2zM10.5 14v-3.5a5.5 5.5 0 0 1 11 0V14M16 19v3",
  /** Not yet, or no more. */
  time: "M16 5a11 11 0 1 0 0 22 11 11 0 0 0 0-22zM16 9.5V16l4 2.5",
  /** A sealed letter. */
  sealed:
    "M5 8h22a2 2 0 0 1 2 2v13a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V10a2 2 0 0 1 2-2zM3.5 9.5 13 16.2M28.5 9.5 19 16.2M16 14a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z",
} as const;

export type Drawing = keyof typeof drawings;

export const Drawn = ({ what }: { what: Drawing }): JSX.Element => (
  <svg viewBox="0 0 32 32" aria-hidden="true">
    <path d={drawings[what]} />
  </svg>
);

/** Above what happened. */
export const Mark = ({ what }: { what: Drawing }): JSX.Element => (
  <span class="mark">
    <Drawn what={what} />
  </span>
);
