// The mark by which the first chunk knows, without opening a database, that something is kept on this device; and answers
// that an earlier version of the page kept in localStorage, which must not be lost.
import type { Submission } from "../../sdk/schema/submission.ts";
import { hasDrafts } from "./drafts.ts";
import { hasAnswers, keep } from "./kept.ts";
import { keptMark } from "./kept-mark.ts";

/** Earlier entries are named maily.kept.<campaign>.<pseudonym>. */
const earlier = `${keptMark}.`;
/** Beyond it the rest waits for the next visit. */
const broughtMax = 50;

/** Storage that is denied throws at the first touch. */
function quietly<Value>(work: () => Value): Value | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

export function mark(): void {
  quietly(() => localStorage.setItem(keptMark, "1"));
}

const names = (): readonly string[] => quietly(() => Object.keys(localStorage)) ?? [];

export const isMarked = (): boolean => names().includes(keptMark);

/** Takes the mark away once nothing is kept any more; a database that does not open may well have something. */
export async function unmark(): Promise<void> {
  try {
    if (isMarked() && !(await hasAnswers()) && !(await hasDrafts()))
      quietly(() => localStorage.removeItem(keptMark));
  } catch {
    // The next visit looks again.
  }
}

/** Moves what an earlier version kept; what cannot be moved stays where it is. */
export async function bringOver(): Promise<void> {
  const found = names().filter((name) => name.startsWith(earlier));
  for (const name of found.slice(0, broughtMax)) {
    const submission = quietly(
      () => JSON.parse(localStorage.getItem(name) ?? "") as Submission, // Written by the earlier version.
    );
    if (submission && !(await keep(name.slice(earlier.length), submission, "unless-kept")))
      continue;
    mark();
    quietly(() => localStorage.removeItem(name));
  }
}
