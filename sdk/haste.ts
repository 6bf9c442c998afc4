// Answers too fast for a person: link scanners open every link of a mail within seconds, and some press the buttons. The
// edge tells the reader with it, the region decides by it; both by the times of admission alone. No dependencies.

/** Two different answers of one reader this close are held. */
export const pairMilliseconds = 2_000;
/** And so are this many within `severalMilliseconds`. */
export const several = 3;
export const severalMilliseconds = 10_000;

/** Whether an answer at `times[index]` is held; `times` are the admissions of one reader's answers, ascending, Unix milliseconds. */
export function isHeld(times: readonly number[], index: number): boolean {
  const close = (from: number, to: number, within: number): boolean => {
    const [first, last] = [times[from], times[to]];
    return first !== undefined && last !== undefined && last - first <= within;
  };
  if (close(index - 1, index, pairMilliseconds) || close(index, index + 1, pairMilliseconds))
    return true;
  for (let first = index - several + 1; first <= index; first++)
    if (close(first, first + several - 1, severalMilliseconds)) return true;
  return false;
}

/** The same of one more answer, admitted at `at`. */
export function wouldBeHeld(times: readonly number[], at: number): boolean {
  const all = [...times, at].sort((left, right) => left - right);
  return isHeld(all, all.indexOf(at));
}
