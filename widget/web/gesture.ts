// Whose press it is. Programs that check mails open their links, run the page and press what they find; what counts is
// pressed by a person, who has seen what it says.

/** How long what a press answers must have been in sight. */
export const dwellMilliseconds = 800;

/** By the clock of `Event.timeStamp`. */
let seenSince = 0;

/** What stands on the page is new to the reader, or has only now come into sight. */
export const appear = (): void => {
  seenSince = performance.now();
};

/** Made by the browser for an input device, never by a script, and no sooner than somebody can have read and aimed. */
export const isReaders = ({ isTrusted, timeStamp }: Event): boolean =>
  isTrusted && timeStamp - seenSince >= dwellMilliseconds;
